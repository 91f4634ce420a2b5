// The file by which Apple sees that a domain is the merchant's ("Maintaining Your Environment",
// "Verify your merchant domain").

import { parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { DomainFile } from '../wallet.ts'

export const DOMAIN_FILE_PATH = '/.well-known/apple-developer-merchantid-domain-association'

const MAX_CHARACTERS = 64 * 1024

/**
 * Whether a text is such a file as Apple hands out: hexadecimal digits that spell a JSON object with
 * `pspId`, `version` and `signature`. What Apple signed there is for Apple to verify.
 */
export function isDomainFile(text: string): boolean {
  if (text.length > MAX_CHARACTERS || !/^(?:[0-9A-Fa-f]{2})+$/.test(text)) return false
  const json = decodeUtf8(Buffer.from(text, 'hex'))
  const file = json === undefined ? undefined : parseJsonObject(json)
  return (
    typeof file?.pspId === 'string' &&
    typeof file.version === 'number' &&
    typeof file.signature === 'string'
  )
}

/** Served for the account's own domains only. */
export function domainFile(
  account: { domains: readonly string[]; domainAssociation: string | undefined },
  domain: string,
): DomainFile | undefined {
  const { domains, domainAssociation } = account
  if (domainAssociation === undefined || !domains.includes(domain.toLowerCase())) return undefined
  return { path: DOMAIN_FILE_PATH, body: domainAssociation }
}
