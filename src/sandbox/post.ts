// Posts messages to merchants over kept connections; silence is an answer too.
import http from 'node:http'
import https from 'node:https'

export interface Posted {
  /** Absent: no answer came. */
  status?: number
  /** The answer's beginning, or why there was none. */
  answer: string
}

export interface Poster {
  /** `headers` beside the length; without them the body is a form. */
  post(url: string, body: string, headers?: Record<string, string>): Promise<Posted>
  /** Cuts every connection. */
  close(): void
}

const CONNECTIONS = 64
const TIMEOUT_MS = 10_000
const KEPT_CHARACTERS = 200
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }

export function createPoster({ timeoutMs = TIMEOUT_MS } = {}): Poster {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: CONNECTIONS }),
  }
  const open = new Set<http.ClientRequest>()

  function post(
    address: string,
    body: string,
    headers: Record<string, string> = FORM,
  ): Promise<Posted> {
    const url = new URL(address)
    const secure = url.protocol === 'https:'
    return new Promise((resolve) => {
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent: agents[secure ? 'https:' : 'http:'],
        timeout: timeoutMs,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
      const end = (posted: Posted) => {
        open.delete(request)
        resolve(posted)
      }
      open.add(request)
      request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)))
      request.on('error', (error) => end({ answer: error.message }))
      request.on('response', (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          if (answer.length < KEPT_CHARACTERS) answer += part
        })
        response.on('error', (error) => end({ answer: error.message }))
        response.on('end', () => {
          const kept = answer.slice(0, KEPT_CHARACTERS)
          end(
            response.statusCode === undefined
              ? { answer: kept }
              : { status: response.statusCode, answer: kept },
          )
        })
      })
      request.end(body)
    })
  }

  return {
    post,
    close() {
      for (const request of open) request.destroy(new Error('the sandbox stops'))
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}
