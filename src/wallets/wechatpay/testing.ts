// For tests only: accounts made of the vectors' published test keys, a signer that plays WeChat Pay,
// and ports that answer from a script.

import { createCipheriv, createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest, type Ports } from '../../ports.ts'
import type { AttemptOrder, Finding, RawNotification, Surface } from '../wallet.ts'
import { readAccount, type WechatPayAccount } from './account.ts'

interface MerchantKeys {
  mchid: string
  appid: string
  appid_mini: string
  appid_app: string
  api_v3_key: string
  api_v2_key: string
  cert_serial: string
  private_key_pem: string
  public_key_pem: string
  cert_pem: string
}

interface PlatformKeys {
  kind: 'certificate' | 'public_key'
  id: string
  effective_time?: string
  expire_time?: string
  private_key_pem: string
  public_key_pem: string
  cert_pem?: string
}

export type MerchantName = 'm1' | 'm2'
export type PlatformName = 'cert_old' | 'cert_new' | 'pubkey'

export interface VectorKeys {
  merchants: Record<MerchantName, MerchantKeys>
  platform: Record<PlatformName, PlatformKeys>
  attacker: { private_key_pem: string; public_key_pem: string; cert_pem: string }
}

/** A file of test/vectors/wechatpay. */
export function loadVectors<T>(file: string): T {
  const url = new URL(`../../../test/vectors/wechatpay/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

export const vectorKeys = loadVectors<VectorKeys>('keys')
export const merchantKeys = vectorKeys.merchants.m1
export const privateKeyOf = (pem: string) => createPrivateKey(pem)

/** A moment at which every certificate of the vectors is valid. */
export const NOW = Date.parse('2026-03-25T10:00:00+08:00')
export const REFERENCE = 'TB20260325000001'

const ALL_KEYS: readonly PlatformName[] = ['pubkey', 'cert_old', 'cert_new']

export function fieldsOf(
  keyset: readonly PlatformName[] = ALL_KEYS,
  more: Record<string, string> = {},
  merchant: MerchantName = 'm1',
): Record<string, string> {
  const own = vectorKeys.merchants[merchant]
  const { pubkey } = vectorKeys.platform
  const certificates = keyset.map((name) => vectorKeys.platform[name].cert_pem ?? '').join('\n')
  return {
    mchid: own.mchid,
    appid: own.appid,
    mini_appid: own.appid_mini,
    app_appid: own.appid_app,
    private_key: own.private_key_pem,
    merchant_cert: own.cert_pem,
    api_v3_key: own.api_v3_key,
    ...(keyset.includes('pubkey') && {
      public_key_id: pubkey.id,
      public_key: pubkey.public_key_pem,
    }),
    ...(certificates.trim() !== '' && { platform_certs: certificates }),
    ...more,
  }
}

/** The account of these fields; a test that expects findings calls `readAccount` itself. */
export function accountOf(fields: Record<string, string> = fieldsOf()): WechatPayAccount {
  const read = readAccount(fields)
  if ('findings' in read) {
    throw new Error(read.findings.map(({ code, param }) => `${code} ${param}`).join(', '))
  }
  return read.account
}

/** The codes of what is wrong with these fields, in order; none where nothing is. */
export function faultsOf(fields: Record<string, string>): string[] {
  const read = readAccount(fields)
  return 'findings' in read ? read.findings.map(({ code }: Finding) => code) : []
}

export function orderOf(surface: Surface, more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    walletReference: REFERENCE,
    surface,
    money: { amount: 5_600n, currency: 'CNY' },
    title: '手冲咖啡 Coffee',
    expiresAt: NOW + 30 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/wechatpay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1?x=1&y=2',
    quitUrl: 'https://shop.example.com/cart',
    payerAddress: '203.0.113.9',
    ...(surface === 'barcode' ? { authCode: '130061098828009406' } : {}),
    ...(surface === 'in_app' ? { payer: { openId: 'oTEST00000000000000000000001' } } : {}),
    ...more,
  }
}

/** A transaction as WeChat Pay tells it. */
export function transaction(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    appid: merchantKeys.appid,
    mchid: merchantKeys.mchid,
    out_trade_no: REFERENCE,
    transaction_id: '4200002500202603250000000001',
    trade_type: 'NATIVE',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    success_time: '2026-03-25T09:59:58+08:00',
    payer: { openid: 'oTEST00000000000000000000001' },
    amount: { total: 5_600, payer_total: 5_100, currency: 'CNY', payer_currency: 'CNY' },
    ...more,
  }
}

export interface Signing {
  by?: PlatformName
  now?: number
}

/** The headers with which WeChat Pay sends this body. */
export function signedHeaders(
  body: string,
  { by = 'pubkey', now = NOW }: Signing = {},
): Record<string, string> {
  const { id, private_key_pem: pem } = vectorKeys.platform[by]
  const timestamp = String(Math.floor(now / 1000))
  const nonce = 'c5ac7061fccab6bf3e254dcf98995b8c'
  const signed = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`)
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': id,
    'wechatpay-signature': sign('sha256', signed, pem).toString('base64'),
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    'request-id': '08F78BB5AF0610D302189BB6EF65-0',
  }
}

/** An answer of WeChat Pay's, signed; an undefined body is an empty one. */
export function answer(status: number, body?: unknown, signing: Signing = {}): OutgoingAnswer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: signedHeaders(text, signing), body: Buffer.from(text) }
}

/** The same answer without what proves it. */
export function unsigned(status: number, body: unknown): OutgoingAnswer {
  return { ...answer(status, body), headers: { 'content-type': 'application/json' } }
}

/** AEAD_AES_256_GCM as WeChat Pay makes it. */
export function seal(plaintext: string, associatedData: string, key = merchantKeys.api_v3_key) {
  const nonce = 'p5B4nP0mih6L'
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  cipher.setAAD(Buffer.from(associatedData))
  const sealed = [cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return {
    algorithm: 'AEAD_AES_256_GCM',
    nonce,
    associated_data: associatedData,
    ciphertext: Buffer.concat(sealed).toString('base64'),
  }
}

export interface Noticed extends Signing {
  event?: string
  original?: string
  key?: string
}

/** A notification with this plaintext. */
export function notification(plaintext: string, how: Noticed = {}): RawNotification {
  const { event = 'TRANSACTION.SUCCESS', original = 'transaction', key } = how
  const body = JSON.stringify({
    id: '2da21bdd-13f7-51c0-a1d2-52d178a4ba0c',
    create_time: '2026-03-25T10:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: '支付成功',
    resource: { original_type: original, ...seal(plaintext, original, key) },
  })
  const headers = signedHeaders(body, how)
  return { contentType: 'application/json', headers, body: Buffer.from(body) }
}

export type Step =
  | OutgoingAnswer
  | NetworkError
  | ((request: OutgoingRequest) => OutgoingAnswer | NetworkError)

export interface Script {
  ports: Ports
  sent: OutgoingRequest[]
  clock: { time: number }
}

/** Ports whose network answers these in turn and fails when asked once too often. */
export function script(...steps: Step[]): Script {
  const sent: OutgoingRequest[] = []
  const clock = { time: NOW }
  const quiet = () => undefined
  const ports: Ports = {
    clock: { now: () => clock.time },
    random: { bytes: (size) => Uint8Array.from({ length: size }, (_, index) => index) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    network: {
      send: async (request): Promise<OutgoingAnswer> => {
        const step = steps[sent.length]
        sent.push(request)
        if (step === undefined) throw new Error(`no answer prepared for ${request.url}`)
        const given = typeof step === 'function' ? step(request) : step
        if (given instanceof NetworkError) throw given
        return given
      },
    },
  }
  return { ports, sent, clock }
}

/** Paths that were called, in order. */
export function paths({ sent }: Script): string[] {
  return sent.map(({ url }) => new URL(url).pathname)
}

export function bodyOf(request: OutgoingRequest | undefined): Record<string, unknown> {
  return JSON.parse(String(request?.body))
}

export const lost = new NetworkError('timeout', true, 'no answer')
export const refusedConnection = new NetworkError('refused', false, 'connection refused')
export const notThere = { code: 'ORDER_NOT_EXIST', message: '订单不存在' }
