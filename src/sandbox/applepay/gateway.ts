// Apple's gateway: a listener of its own that speaks TLS and lets merchants in by their identity
// certificate alone (sheet section 3.1).
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import { type JsonObject, parseObject, stringMember } from '../json.ts'
import type { Platform } from '../platform.ts'
import type { Authority } from './authority.ts'
import { derOf } from './authority.ts'
import type { AppleMerchants } from './merchants.ts'
import type { Sessions } from './sessions.ts'

export interface Gateway {
  /** Listens; 0 takes a free port. Throws for one that is in use. */
  listen(port: number): Promise<void>
  /** The origin, e.g. `https://127.0.0.1:18103`. */
  address(): string
  close(): Promise<void>
}

const PATHS = ['/paymentservices/startSession', '/paymentservices/paymentSession']
const MAX_BYTES = 64 * 1024
const DEFAULT_DELAY_SECONDS = 15

interface Reply {
  status: number
  body: JsonObject | string
}

export function openGateway(parts: {
  platform: Platform
  authority: Authority
  merchants: AppleMerchants
  sessions: Sessions
}): Gateway {
  const { platform, authority, merchants, sessions } = parts
  const server: Server = createServer(
    {
      cert: authority.server.certificate,
      key: authority.server.privateKey,
      ca: [authority.root, authority.merchantAuthority],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        platform.log.error({ error: String(error) }, 'the Apple Pay gateway failed')
        response.destroy()
      })
    },
  )

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request) {
      size += chunk.length
      if (size > MAX_BYTES) return send(response, refusal(413, 'the request is too large'))
      chunks.push(chunk)
    }
    const { socket } = request
    if (!(socket instanceof TLSSocket)) throw new TypeError('a connection without TLS')
    if (request.method !== 'POST' || !PATHS.includes(request.url ?? '')) {
      return send(response, refusal(404, 'there is nothing here'))
    }
    const body = parseObject(Buffer.concat(chunks).toString('utf8'))
    const answer = answerTo(body ?? {}, socket.getPeerCertificate())
    const slow = strikes('session_slow', body)
    if (!slow) return send(response, answer)
    const ms = (slow.seconds ?? DEFAULT_DELAY_SECONDS) * 1000
    setTimeout(() => send(response, answer), ms).unref()
  }

  function strikes(kind: string, body: JsonObject | undefined) {
    const order = stringMember(body ?? {}, 'merchantIdentifier') ?? ''
    return platform.faults.strikes({ wallet: 'applepay', kind, order })
  }

  function answerTo(body: JsonObject, peer: PeerCertificate): Reply {
    const wrong = checkBody(body)
    if (wrong) return refusal(400, wrong)
    const id = stringMember(body, 'merchantIdentifier') ?? ''
    const domain = (stringMember(body, 'initiativeContext') ?? '').toLowerCase()
    const merchant = merchants.byId(id)
    const own = merchant && derOf(merchant.identityCertificate).equals(peer.raw)
    if (!merchant || !own) {
      return refusal(417, `merchantId=${id} unauthorized to process transactions on behalf of`)
    }
    if (!merchant.domains.includes(domain) || strikes('session_417', body)) {
      return refusal(417, `${domain} is not registered for Apple Pay on the web`)
    }
    if (strikes('session_5xx', body)) return refusal(500, 'internal error')
    if (strikes('session_garbage', body)) return { status: 200, body: '<html></html>' }
    return {
      status: 200,
      body: sessions.open({
        merchantId: id,
        domain: strikes('session_other_domain', body) ? 'other.example' : domain,
        displayName: stringMember(body, 'displayName') ?? '',
        now: platform.clock.now(),
        expired: strikes('session_expired', body) !== undefined,
      }),
    }
  }

  return {
    async listen(port) {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    address() {
      const address = server.address()
      const port = address && typeof address === 'object' ? address.port : 0
      return `https://127.0.0.1:${port}`
    },
    async close() {
      if (!server.listening) return
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const MEMBERS = ['merchantIdentifier', 'displayName', 'initiative', 'initiativeContext']

function checkBody(body: JsonObject): string | undefined {
  const missing = MEMBERS.find((name) => stringMember(body, name) === undefined)
  if (missing !== undefined) return `${missing} is missing`
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) return `${unknown} is not known`
  const name = stringMember(body, 'displayName') ?? ''
  if (name === '' || [...name].length > 64) return 'displayName has 1 to 64 characters'
  if (body.initiative !== 'web') return 'initiative has to be web'
  const context = stringMember(body, 'initiativeContext') ?? ''
  return /^[A-Za-z0-9.-]{1,253}$/.test(context) ? undefined : 'initiativeContext is no host name'
}

function refusal(status: number, message: string): Reply {
  const statusMessage = `Payment Services Exception ${message}`
  return { status, body: { statusCode: String(status), statusMessage } }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/html' : 'application/json'
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(text)
}
