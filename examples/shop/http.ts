// A web server in a hundred lines, so that the shop needs no framework: routes, forms, cookies,
// safe headers.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import { chooseLanguage, type Language } from './words.ts'

export interface Visit {
  path: string
  /** What the route's pattern caught. */
  id: string
  language: Language
  cookies: ReadonlyMap<string, string>
  headers: IncomingMessage['headers']
  /** The body as it came. */
  body: Buffer
  form: URLSearchParams
}

export interface Answer {
  status: number
  body: string
  headers?: Record<string, string | string[]>
}

export interface Route {
  method: 'GET' | 'POST'
  path: RegExp
  handle(visit: Visit): Answer | Promise<Answer>
  /** Called by other servers, not by our own pages. */
  forMachines?: true
}

export interface Site {
  routes: readonly Route[]
  /** The origin, besides our own, that a form may lead to. */
  formTarget: string
  /** Puts a refusal into the site's look. */
  refusal(status: number, language: Language): string
}

const MAX_BODY_BYTES = 64 * 1024
const YEAR_SECONDS = 31_536_000

export function serve(site: Site): Server {
  return createServer(async (request, response) => {
    const url =
      URL.parse(request.url ?? '/', 'http://shop.invalid') ?? new URL('http://shop.invalid/%')
    const cookies = readCookies(request.headers.cookie ?? '')
    const language = chooseLanguage(
      url.searchParams.get('lang') ?? cookies.get('lang'),
      request.headers['accept-language'],
    )
    const refuse = (status: number, headers = {}) => ({
      status,
      headers,
      body: site.refusal(status, language),
    })
    const answer = await find().catch((error: unknown) => {
      console.error(`${request.method} ${url.pathname}:`, error)
      return refuse(500)
    })
    const headers = { ...pageHeaders(site.formTarget), ...answer.headers }
    const remembered = url.searchParams.has('lang') && !('set-cookie' in headers)
    response.writeHead(answer.status, {
      ...headers,
      ...(remembered && { 'set-cookie': cookie('lang', language, YEAR_SECONDS) }),
    })
    response.end(answer.body)

    async function find(): Promise<Answer> {
      const there = site.routes.filter((route) => route.path.test(url.pathname))
      if (there.length === 0) return refuse(404)
      const method = request.method === 'HEAD' ? 'GET' : request.method
      const route = there.find((candidate) => candidate.method === method)
      if (!route) return refuse(405, { allow: there.map((each) => each.method).join(', ') })
      if (method === 'POST' && !route.forMachines && !isFromOurPage(request)) return refuse(403)
      const body = await readBody(request)
      if (body === undefined) return refuse(413, { connection: 'close' })
      return route.handle({
        path: url.pathname,
        id: route.path.exec(url.pathname)?.[1] ?? '',
        language,
        cookies,
        headers: request.headers,
        body,
        form: new URLSearchParams(body.toString('utf8')),
      })
    }
  })
}

export function page(body: string, headers: Answer['headers'] = {}): Answer {
  return { status: 200, body, headers }
}

/** "See other": after a form was sent, so that reloading does not send it again. */
export function goTo(location: string, headers: Answer['headers'] = {}): Answer {
  return { status: 303, body: '', headers: { location, ...headers } }
}

export function cookie(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`
}

/** A form on somebody else's page must not act in our customer's name. */
function isFromOurPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > MAX_BODY_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function readCookies(header: string): Map<string, string> {
  const pairs = header.split(';').map((pair) => pair.trim().split('=', 2))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}

function pageHeaders(formTarget: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
      `connect-src 'self'; form-action 'self' ${formTarget}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'strict-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  }
}
