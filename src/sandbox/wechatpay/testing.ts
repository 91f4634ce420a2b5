// For tests only: a sandbox with merchants, requests signed by hand, a merchant that listens.
import { createPrivateKey, sign } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { type Setup, setup } from '../test-support.ts'

export const NOW = Date.parse('2026-03-20T18:06:40+08:00')

export interface Merchant {
  mchid: string
  appid: string
  mini: string
  mobile: string
  apiV3Key: string
  apiV2Key: string
  publicKeyId: string
  publicKey: string
  serial: string
  privateKey: string
  raw: JsonObject
}

export async function merchantOf(world: Setup, given: JsonObject = {}): Promise<Merchant> {
  return readMerchant(await world.control('wechatpay/merchants', given))
}

export function readMerchant(raw: JsonObject): Merchant {
  const apps = isObject(raw.apps) ? raw.apps : {}
  const [own = {}] = Array.isArray(raw.certificates) ? raw.certificates.filter(isObject) : []
  return {
    mchid: String(raw.mchid),
    appid: String(apps.official),
    mini: String(apps.mini),
    mobile: String(apps.mobile),
    apiV3Key: String(raw.api_v3_key),
    apiV2Key: String(raw.api_v2_key),
    publicKeyId: String(raw.public_key_id),
    publicKey: String(raw.public_key),
    serial: String(own.serial),
    privateKey: String(own.private_key),
    raw,
  }
}

export interface Heard {
  status: number
  headers: Headers
  text: string
  body: JsonObject
}

export type Call = (
  method: string,
  target: string,
  body?: unknown,
  change?: Change,
) => Promise<Heard>

export interface Change {
  /** In Unix seconds. */
  timestamp?: number
  authorization?: string
  headers?: Record<string, string>
}

let nonces = 0

/** Requests signed by hand, right unless `change` says otherwise. */
export function caller(world: Setup, merchant: Merchant, now: number = NOW): Call {
  const key = createPrivateKey(merchant.privateKey)
  return async (method, target, body, change = {}) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const timestamp = change.timestamp ?? Math.floor(now / 1000)
    nonces += 1
    const nonce = `n${nonces}`
    const message = `${method}\n${target}\n${timestamp}\n${nonce}\n${text}\n`
    const signature = sign('sha256', Buffer.from(message), key).toString('base64')
    const parameters = {
      mchid: merchant.mchid,
      nonce_str: nonce,
      signature,
      timestamp,
      serial_no: merchant.serial,
    }
    const written = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
    const answer = await fetch(world.sandbox.url + target, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'test',
        'content-type': 'application/json',
        authorization: change.authorization ?? `WECHATPAY2-SHA256-RSA2048 ${written.join(',')}`,
        ...change.headers,
      },
      ...(text && { body: text }),
    })
    const heard = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      text: heard,
      body: parseObject(heard) ?? {},
    }
  }
}

/** A request with exactly these headers. */
export function bareCall(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

export function orderBody({ mchid, appid }: Merchant, outTradeNo: string): JsonObject {
  return {
    appid,
    mchid,
    description: '云南咖啡豆 1kg',
    out_trade_no: outTradeNo,
    notify_url: 'http://127.0.0.1:9/notify',
    amount: { total: 8_850, currency: 'CNY' },
  }
}

export function codeBody(merchant: Merchant, outTradeNo: string, authCode: string): JsonObject {
  const { notify_url: _url, ...body } = orderBody(merchant, outTradeNo)
  return {
    ...body,
    payer: { auth_code: authCode },
    scene_info: { store_info: { out_id: 'main' } },
  }
}

export interface Arrived {
  headers: IncomingHttpHeaders
  body: string
}

export interface Listener extends AsyncDisposable {
  url: string
  received: Arrived[]
  /** What to answer from now on. Default 204. */
  status: number
  arrived(count: number): Promise<Arrived[]>
}

/** A merchant's notify_url on this machine. */
export async function listenForJson(): Promise<Listener> {
  const received: Arrived[] = []
  const waiting: { count: number; done: (all: Arrived[]) => void }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part) => (body += part))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.statusCode = listener.status
      response.end()
      for (const { count, done } of waiting) if (received.length >= count) done(received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const listener: Listener = {
    url: `http://127.0.0.1:${address.port}/notify`,
    received,
    status: 204,
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
  return listener
}

/** A sandbox whose clocks stand at {@link NOW}, one merchant, and its caller. */
export async function start(given: JsonObject = {}) {
  const world = await setup({ clock: { now: () => NOW } })
  const merchant = await merchantOf(world, given)
  return { world, merchant, call: caller(world, merchant) }
}
