// The exact bytes that are signed and verified: requests, returns, notifications, response nodes.

import { type KeyObject, sign, verify } from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../../encoding/base64.ts'
import { scanObject } from '../../encoding/json.ts'

export type Parameters = Iterable<readonly [string, string]>

/** The only algorithm: RSA2. A message never chooses another (sheet 4.4). */
export const SIGN_TYPE = 'RSA2'

/**
 * The text that a request signature covers (sheet 4.1): everything but `sign` and blank values,
 * sorted by name, joined unescaped.
 */
export function requestText(parameters: Parameters): string {
  return joined(sorted(parameters).filter(([name, value]) => name !== 'sign' && !isBlank(value)))
}

/** Signs `text` with RSASSA-PKCS1-v1_5 and SHA-256, as one line of base64. */
export function signText(text: string, key: KeyObject): string {
  return encodeBase64(sign('sha256', Buffer.from(text, 'utf8'), key))
}

/** True when one of `keys` made `signature` (strict base64) over `text`. */
export function verifyText(text: string, signature: string, keys: readonly KeyObject[]): boolean {
  const bytes = decodeBase64(signature)
  if (bytes === undefined || bytes.length === 0) return false
  const data = Buffer.from(text, 'utf8')
  return keys.some((key) => verify('sha256', data, key, bytes))
}

/**
 * The texts that a notification or return may have been signed over (sheet 4.4 and 4.5), likeliest
 * first. Rule V1 leaves `sign` and `sign_type` out; V2, for old message types only, keeps
 * `sign_type`. Implementations disagree about blank values and `alipay_cert_sn`, so both ways.
 */
export function* notificationTexts(
  parameters: Parameters,
  rule: 'V1' | 'V2' = 'V1',
): Generator<string> {
  const unsigned = rule === 'V1' ? ['sign', 'sign_type'] : ['sign']
  const pairs = sorted(parameters).filter(([name]) => !unsigned.includes(name))
  const seen = new Set<string>()
  for (const certSn of [false, true]) {
    const known = certSn ? pairs : pairs.filter(([name]) => name !== 'alipay_cert_sn')
    for (const blanks of [false, true]) {
      const text = joined(blanks ? known : known.filter(([, value]) => !isBlank(value)))
      if (!seen.has(text)) yield text
      seen.add(text)
    }
  }
}

/** The text that the signature covers, or undefined when no key and no reading fits. */
export function verifyNotification(
  parameters: ReadonlyMap<string, string>,
  keys: readonly KeyObject[],
  rule: 'V1' | 'V2' = 'V1',
): string | undefined {
  const signature = parameters.get('sign') ?? ''
  for (const text of notificationTexts(parameters, rule)) {
    if (verifyText(text, signature, keys)) return text
  }
  return undefined
}

export type ResponseEnvelope =
  | { kind: 'malformed'; detail: string }
  | { kind: 'foreign'; detail: string }
  | {
      kind: 'node'
      /** True for the old `error_response`, which never tells of a success. */
      error: boolean
      /** The node exactly as received, with its braces or quotes. */
      source: string
      signature: string | undefined
      /** The certificate that is said to have signed; not itself covered by the signature. */
      certSn: string | undefined
    }

/**
 * Takes a gateway answer apart without touching a byte of the node (sheet 4.3). Members named
 * twice make it malformed; the node of another method makes it foreign.
 */
export function openResponse(body: string, method: string): ResponseEnvelope {
  const members = scanObject(body)
  if (members === undefined) return { kind: 'malformed', detail: 'not one JSON object' }
  const expected = `${method.replaceAll('.', '_')}_response`
  const nodes = [...members.keys()].filter((name) => name.endsWith('_response'))
  const [name, ...others] = nodes
  if (name === undefined) return { kind: 'malformed', detail: 'no response node' }
  if (others.length > 0) return { kind: 'malformed', detail: 'several response nodes' }
  if (name !== expected && name !== 'error_response') {
    return { kind: 'foreign', detail: `answer to another method: ${name}` }
  }
  const signature = stringMember(members.get('sign'))
  const certSn = stringMember(members.get('alipay_cert_sn'))
  if (signature === null || certSn === null) {
    return { kind: 'malformed', detail: 'sign or alipay_cert_sn is no string' }
  }
  const error = name !== expected
  return { kind: 'node', error, source: members.get(name) ?? '', signature, certSn }
}

/**
 * The text that the signature covers and that may be parsed: the node as received, or with every
 * `\/` written `/`, which is how some gateway nodes sign (sheet 4.3 step 4). Undefined otherwise.
 */
export function verifyResponse(
  source: string,
  signature: string,
  keys: readonly KeyObject[],
): string | undefined {
  if (verifyText(source, signature, keys)) return source
  if (!source.includes('\\/')) return undefined
  const unescaped = source.replaceAll('\\/', '/')
  return verifyText(unescaped, signature, keys) ? unescaped : undefined
}

type Pair = readonly [string, string]

function sorted(parameters: Parameters): Pair[] {
  return [...parameters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function joined(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function isBlank(value: string): boolean {
  return value.trim() === ''
}

/** The string of a raw JSON member: undefined when absent, null when it is no string. */
function stringMember(raw: string | undefined): string | null | undefined {
  if (raw === undefined) return undefined
  return raw.startsWith('"') ? String(JSON.parse(raw)) : null
}
