// For tests only: a sandbox in memory, a merchant that listens, and the official client.
import { createPrivateKey, createSign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AlipaySdk } from 'alipay-sdk'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './server.ts'

export interface Setup extends AsyncDisposable {
  sandbox: Sandbox
  /** POST with a body, GET without. The answer's JSON object. */
  control(path: string, body?: JsonObject, method?: string): Promise<JsonObject>
  application(given?: JsonObject): Promise<Credentials>
}

export interface Credentials {
  appId: string
  sellerId: string
  sdk: AlipaySdk
  raw: JsonObject
}

export async function setup(options: Partial<SandboxOptions> = {}): Promise<Setup> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const control = async (path: string, body?: JsonObject, method?: string) => {
    const answer = await fetch(`${sandbox.url}/control/${path}`, {
      method: method ?? (body ? 'POST' : 'GET'),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const read: unknown = await answer.json()
    if (!isObject(read)) throw new TypeError('the control API answers objects')
    return read
  }
  return {
    sandbox,
    control,
    application: async (given = {}) =>
      clientOf(await control('alipay/applications', { mode: 'key', ...given }), sandbox.url),
    [Symbol.asyncDispose]: sandbox.close,
  }
}

/** The official client set up from what the control API hands out, nothing changed but the address. */
export function clientOf(raw: JsonObject, endpoint: string): Credentials {
  const text = (name: string) => String(raw[name])
  const certificates = raw.mode === 'certificate'
  const sdk = new AlipaySdk({
    appId: text('app_id'),
    privateKey: text('app_private_key'),
    keyType: 'PKCS8',
    gateway: text('gateway_url'),
    endpoint,
    ...(raw.content_key !== undefined && { encryptKey: text('content_key') }),
    ...(certificates
      ? {
          appCertContent: text('app_certificate'),
          alipayPublicCertContent: text('alipay_certificate'),
          alipayRootCertContent: text('root_certificate'),
        }
      : { alipayPublicKey: text('alipay_public_key') }),
  })
  return { appId: text('app_id'), sellerId: text('seller_id'), sdk, raw }
}

export interface Merchant extends AsyncDisposable {
  url: string
  /** Everything received so far, as decoded parameters. */
  received: Record<string, string>[]
  /** What to answer from now on. Default `success`. */
  answer: string
  /** Resolves when `count` notifications in all have arrived. */
  arrived(count: number): Promise<Record<string, string>[]>
}

/** A merchant's notify_url on this machine. */
export async function listen(): Promise<Merchant> {
  const received: Record<string, string>[] = []
  const waiting: { count: number; done: (all: Record<string, string>[]) => void }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      received.push(Object.fromEntries(new URLSearchParams(body)))
      response.end(merchant.answer)
      for (const { count, done } of waiting) if (received.length >= count) done(received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const merchant: Merchant = {
    url: `http://127.0.0.1:${portOf(server.address())}/notify`,
    received,
    answer: 'success',
    arrived: (count) =>
      new Promise((done) => {
        if (received.length >= count) done(received)
        else waiting.push({ count, done })
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return merchant
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string')
    throw new TypeError('not listening on a port')
  return address.port
}

let count = 0
/** A merchant's order number no other test has. */
export function orderNumber(): string {
  count += 1
  return `TB${process.pid}_${count}`
}

/** The list under `name` of an answer, as objects. */
export function listOf(object: JsonObject, name: string): JsonObject[] {
  const list = object[name]
  if (!Array.isArray(list)) throw new TypeError(`${name} is no list`)
  return list.filter(isObject)
}

/** A request made by hand: what `parameters` say is signed and sent, right or wrong. */
export function gatewayCall(sandbox: Sandbox, { raw }: Credentials) {
  const key = createPrivateKey({
    key: Buffer.from(String(raw.app_private_key), 'base64'),
    format: 'der',
    type: 'pkcs8',
  })
  return async (
    method: string,
    content: object | string,
    change: Record<string, string | undefined> = {},
  ) => {
    const all: Record<string, string | undefined> = {
      app_id: String(raw.app_id),
      method,
      charset: 'utf-8',
      sign_type: 'RSA2',
      timestamp: '2026-03-09 18:05:07',
      version: '1.0',
      biz_content: typeof content === 'string' ? content : JSON.stringify(content),
      ...change,
    }
    const present = Object.entries(all).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const source = present
      .filter(([, value]) => value !== '')
      .map((pair) => pair.join('='))
      .sort()
      .join('&')
    const sign = change.sign ?? createSign('sha256').update(source).sign(key, 'base64')
    const query = new URLSearchParams([
      ...present.filter(([name]) => name !== 'sign'),
      ['sign', sign],
    ])
    if ('sign' in change && change.sign === undefined) query.delete('sign')
    const answer = await fetch(`${sandbox.url}/gateway.do?${query}`, { method: 'POST' })
    const text = await answer.text()
    const body = parseObject(text) ?? {}
    const [node] = Object.keys(body)
    const inside = node === undefined ? undefined : body[node]
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text,
      node,
      body,
      answer: isObject(inside) ? inside : {},
    }
  }
}
