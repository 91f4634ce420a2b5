// What WeChat Pay checks of a request before it looks at anything else (sheet section 4.1).
import { rsaMatches } from './crypto.ts'
import type { Merchant, MerchantCertificate, Merchants } from './merchants.ts'
import { type Refusal, refuse } from './refusals.ts'

export interface SignedRequest {
  method: string
  /** Path and query as they came. */
  target: string
  authorization: string
  body: Buffer
}

export interface Caller {
  merchant: Merchant
  certificate: MerchantCertificate
}

export interface Unauthorized {
  reason:
    | 'missing_parameter'
    | 'bad_scheme'
    | 'bad_parameter'
    | 'unknown_merchant'
    | 'unknown_serial'
    | 'timestamp_skew'
    | 'bad_signature'
  refusal: Refusal
  /** Known once the merchant is: then the refusal is signed. */
  merchant?: Merchant
}

export const TOLERANCE_SECONDS = 300

const SCHEME = 'WECHATPAY2-SHA256-RSA2048'
const NAMES = ['mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'] as const
type Name = (typeof NAMES)[number]

export function isUnauthorized(verdict: Caller | Unauthorized): verdict is Unauthorized {
  return 'refusal' in verdict
}

/** Who sent this, or why that cannot be said. `now` is in Unix seconds. */
export function authorize(
  request: SignedRequest,
  merchants: Merchants,
  now: number,
): Caller | Unauthorized {
  const given = readHeader(request.authorization)
  if ('reason' in given) return given
  const merchant = merchants.byId(given.mchid)
  if (!merchant) return deny('unknown_merchant', 'mchid', '商户号不存在')
  const known = (verdict: Unauthorized): Unauthorized => ({ ...verdict, merchant })
  const certificate = merchants
    .certificates(merchant.mchid)
    .find(({ serial }) => serial === given.serial_no)
  if (!certificate) {
    return known(
      deny('unknown_serial', 'serial_no', '商户证书序列号有误，请使用签名私钥匹配的证书序列号'),
    )
  }
  if (Math.abs(now - Number(given.timestamp)) >= TOLERANCE_SECONDS) {
    return known(
      deny(
        'timestamp_skew',
        'timestamp',
        'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟',
      ),
    )
  }
  const head = `${request.method}\n${request.target}\n${given.timestamp}\n${given.nonce_str}\n`
  const message = Buffer.concat([Buffer.from(head), request.body, Buffer.from('\n')])
  if (!rsaMatches(message, given.signature, certificate.publicKey)) {
    return known(denySignature(request, message))
  }
  return { merchant, certificate }
}

function readHeader(header: string): Record<Name, string> | Unauthorized {
  if (header === '') return deny('missing_parameter', 'authorization', 'Http头缺少Authorization')
  const [scheme = ''] = header.split(' ', 1)
  if (scheme !== SCHEME)
    return deny('bad_scheme', 'authorization', 'Http头Authorization认证类型不正确')
  const found = new Map<string, string>()
  for (const part of header.slice(scheme.length + 1).split(',')) {
    const [, name, value] = /^\s*([a-z_]+)="([^"]*)"\s*$/.exec(part) ?? []
    if (name === undefined || value === undefined || found.has(name)) {
      return deny('bad_parameter', 'authorization', 'Http头Authorization值格式错误')
    }
    found.set(name, value)
  }
  const values: Partial<Record<Name, string>> = {}
  for (const name of NAMES) {
    const value = found.get(name)
    if (!value) return deny('missing_parameter', name, `Http头Authorization值缺少${name}`)
    if (!GRAMMAR[name].test(value)) {
      return deny('bad_parameter', name, `Http头Authorization值${name}格式错误`)
    }
    values[name] = value
  }
  if (found.size > NAMES.length)
    return deny('bad_parameter', 'authorization', 'Http头Authorization值格式错误')
  const { mchid = '', nonce_str = '', signature = '', timestamp = '', serial_no = '' } = values
  return { mchid, nonce_str, signature, timestamp, serial_no }
}

const GRAMMAR: Record<Name, RegExp> = {
  mchid: /^\d{1,32}$/,
  nonce_str: /^[0-9A-Za-z]{1,32}$/,
  signature: /^[A-Za-z0-9+/]+={0,2}$/,
  timestamp: /^\d{1,10}$/,
  serial_no: /^[0-9A-Za-z_]{1,64}$/,
}

function deny(reason: Unauthorized['reason'], field: string, message: string): Unauthorized {
  const refusal = refuse(401, 'SIGN_ERROR', message, 268443699)
  return {
    reason,
    refusal: { ...refusal, detail: { location: 'authorization', field, issue: reason } },
  }
}

// What WeChat Pay signed in its place, so that the two can be held against each other.
function denySignature({ method, target }: SignedRequest, message: Buffer): Unauthorized {
  const refusal = refuse(401, 'SIGN_ERROR', '错误的签名，验签失败', 268443699)
  const detail = {
    location: 'authorization',
    field: 'signature',
    detail: { issue: 'sign not match' },
    sign_information: {
      method,
      url: target,
      truncated_sign_message: message.toString('utf8').slice(0, 256),
      sign_message_length: message.length,
    },
  }
  return { reason: 'bad_signature', refusal: { ...refusal, detail } }
}
