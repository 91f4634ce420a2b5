// For tests only: accounts made of the vectors' published test keys, a signer that plays Alipay,
// and ports that answer from a script.

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest, type Ports } from '../../ports.ts'
import type { AttemptOrder, Surface } from '../wallet.ts'
import { type AlipayAccount, readAccount } from './account.ts'

export interface VectorKeys {
  ids: { app_id: string; seller_id: string; aes_key_base64: string }
  certs: Record<string, string>
  [pair: string]: Record<string, string>
}

/** A file of test/vectors/alipay. */
export function loadVectors<T>(file: string): T {
  const url = new URL(`../../../test/vectors/alipay/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

export const vectorKeys = loadVectors<VectorKeys>('keys')

/** A published test key or certificate, e.g. `pem('app', 'private_pkcs8')`. */
export function pem(pair: string, name: string): string {
  const text = vectorKeys[pair]?.[name]
  if (text === undefined) throw new Error(`no ${name} of ${pair} in keys.json`)
  return text
}

export const privateKey = (pair: string) => createPrivateKey(pem(pair, 'private_pkcs8'))
export const publicKey = (pair: string) => createPublicKey(pem(pair, 'public'))

/** A moment at which every certificate of the vectors is valid. */
export const NOW = Date.parse('2027-01-01T00:00:00Z')

export function keyFields(more: Record<string, string> = {}): Record<string, string> {
  return {
    app_id: vectorKeys.ids.app_id,
    seller_id: vectorKeys.ids.seller_id,
    mode: 'key',
    private_key: pem('app', 'private_pkcs8'),
    alipay_public_key: pem('alipay', 'public'),
    ...more,
  }
}

export function certificateFields(more: Record<string, string> = {}): Record<string, string> {
  const { alipay_public_key: _unused, ...fields } = keyFields()
  return {
    ...fields,
    mode: 'certificate',
    app_cert: pem('certs', 'app_leaf'),
    alipay_cert: pem('certs', 'alipay_leaf') + pem('certs', 'sub_ca'),
    alipay_root_cert: pem('certs', 'root_bundle'),
    ...more,
  }
}

/** The account of these fields; a test that expects findings calls `readAccount` itself. */
export function accountOf(fields: Record<string, string>): AlipayAccount {
  const read = readAccount(fields)
  if ('findings' in read) {
    throw new Error(read.findings.map(({ code, param }) => `${code} ${param}`).join(', '))
  }
  return read.account
}

export function orderOf(surface: Surface, more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    walletReference: REFERENCE,
    surface,
    money: { amount: 8_888n, currency: 'CNY' },
    title: 'Coffee beans 1kg',
    expiresAt: NOW + 30 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/alipay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1',
    quitUrl: 'https://shop.example.com/cart',
    ...(surface === 'barcode' ? { authCode: '281234567890123456' } : {}),
    ...(surface === 'in_app' ? { payer: { openId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi9' } } : {}),
    ...more,
  }
}

/** A gateway answer as Alipay would send it (a string is a ciphertext); `members` stand between the node and the signature. */
export function signedAnswer(
  method: string,
  node: object | string,
  { key = privateKey('alipay'), members = '' }: { key?: KeyObject; members?: string } = {},
): string {
  const source = JSON.stringify(node)
  const signature = sign('sha256', Buffer.from(source), key).toString('base64')
  return `{"${method.replaceAll('.', '_')}_response":${source},${members}"sign":"${signature}"}`
}

export type Step = string | NetworkError | ((request: OutgoingRequest) => string | NetworkError)

export interface Script {
  ports: Ports
  /** What was sent, with all parameters decoded. */
  sent: { request: OutgoingRequest; parameters: Map<string, string> }[]
  clock: { time: number }
}

/** Ports whose network answers with these bodies in turn and fails when asked once too often. */
export function script(...steps: Step[]): Script {
  const sent: Script['sent'] = []
  const clock = { time: NOW }
  const quiet = () => undefined
  const ports: Ports = {
    clock: { now: () => clock.time },
    random: { bytes: (size) => Uint8Array.from({ length: size }, (_, index) => index) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    network: {
      send: async (request): Promise<OutgoingAnswer> => {
        const step = steps[sent.length]
        sent.push({ request, parameters: parametersOf(request) })
        if (step === undefined) throw new Error(`no answer prepared for ${request.url}`)
        const answer = typeof step === 'function' ? step(request) : step
        if (answer instanceof NetworkError) throw answer
        return { status: 200, headers: {}, body: Buffer.from(answer) }
      },
    },
  }
  return { ports, sent, clock }
}

function parametersOf(request: OutgoingRequest): Map<string, string> {
  const body = new URLSearchParams(String(request.body ?? ''))
  return new Map([...new URL(request.url).searchParams, ...body])
}

export const REFERENCE = 'TB20270101000001'
/** The members of a success and of a trade, as most answers have them. */
export const OK = { code: '10000', msg: 'Success', out_trade_no: REFERENCE }
export const TRADE = { trade_no: '2027010122001400000500000001', total_amount: '88.88' }

/** A business refusal. */
export const failed = (subCode: string, more: object = {}) => ({
  code: '40004',
  msg: 'Business Failed',
  sub_code: subCode,
  sub_msg: 'x',
  ...more,
})

/** The same answer without its signature. */
export const unsigned = (method: string, node: object) =>
  JSON.stringify({ [`${method.replaceAll('.', '_')}_response`]: node })

export const lost = new NetworkError('timeout', true, 'no answer')
export const refusedConnection = new NetworkError('refused', false, 'connection refused')
