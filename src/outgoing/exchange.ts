// One request and its answer over a dispatcher, with the knowledge whether anything was sent.

import type { Dispatcher } from 'undici'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest } from '../ports.ts'

export interface Limits {
  connectTimeoutMs: number
  timeoutMs: number
  maxBytes: number
  /** What becomes of a larger answer: `refuse` it, or `cut` it and take its beginning. */
  larger: 'refuse' | 'cut'
}

/**
 * Sends `request` once. The time to connect includes the wait for a free connection; until it
 * stands nothing was sent, from then on everything that fails may have reached the other side.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: OutgoingRequest,
  limits: Limits,
): Promise<OutgoingAnswer> {
  const url = new URL(request.url)
  return new Promise((resolve, reject) => {
    let settled = false
    let connection: Dispatcher.DispatchController | undefined
    const chunks: Buffer[] = []
    const answer = { status: 0, headers: {}, size: 0 }

    const settle = (end: () => void) => {
      if (settled) return
      settled = true
      clearTimeout(connecting)
      clearTimeout(answering)
      end()
    }
    const fail = (error: NetworkError) =>
      settle(() => {
        reject(error)
        connection?.abort(error)
      })
    const succeed = () =>
      settle(() => {
        const { status, headers } = answer
        resolve({ status, headers, body: Buffer.concat(chunks) })
      })

    const connecting = setTimeout(() => {
      fail(new NetworkError('connect_timeout', false, `no connection to ${url.host} in time`))
    }, limits.connectTimeoutMs)
    const answering = setTimeout(() => {
      fail(new NetworkError('timeout', !!connection, `no answer from ${url.host} in time`))
    }, limits.timeoutMs)

    const handler: Dispatcher.DispatchHandler = {
      // Called with a connection that stands, before the first byte is written.
      onRequestStart(controller) {
        if (settled) return controller.abort(new Error('given up before it was sent'))
        clearTimeout(connecting)
        connection = controller
      },
      onResponseStart(_controller, status, headers) {
        answer.status = status
        answer.headers = flat(headers)
      },
      onResponseData(controller, chunk) {
        const room = limits.maxBytes - answer.size
        chunks.push(chunk.subarray(0, room))
        answer.size += chunk.length
        if (answer.size <= limits.maxBytes) return
        if (limits.larger === 'cut') succeed()
        else fail(new NetworkError('too_large', true, `the answer of ${url.host} is too large`))
        controller.abort(new Error('the answer is too large'))
      },
      onResponseEnd: succeed,
      onResponseError(_controller, error) {
        fail(connection ? lostAnswer(error, url) : notSent(error, url))
      },
    }
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        // Our own timers watch the whole exchange.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    )
  })
}

function notSent(error: Error, url: URL): NetworkError {
  if (error instanceof NetworkError) return error
  const code = codeOf(error)
  return new NetworkError(reasonBefore(code), false, `no connection to ${url.host}: ${code}`)
}

function lostAnswer(error: Error, url: URL): NetworkError {
  const code = codeOf(error)
  return new NetworkError(reasonAfter(code), true, `the answer of ${url.host} was lost: ${code}`)
}

// TLS 1.3 tells a client certificate's refusal only when the connection stands on our side already.
function reasonAfter(code: string): NetworkError['reason'] {
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'too_large'
  return code.startsWith('ERR_SSL_') ? 'tls' : 'reset'
}

function reasonBefore(code: string): NetworkError['reason'] {
  if (/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(code)) return 'dns'
  if (/^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/.test(code)) return 'connect_timeout'
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_)/.test(code))
    return 'tls'
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES)$/.test(code)) return 'refused'
  return 'reset'
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    [value ?? ''].flat().join(', '),
  ])
  return Object.fromEntries(entries)
}
