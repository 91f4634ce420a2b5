// Keys and certificates as people paste them: PEM blocks (RFC 7468), or bare base64.

import { decodeBase64, encodeBase64 } from './base64.ts'

export interface PemBlock {
  /** What the armor says, e.g. `CERTIFICATE`; empty for bare base64. */
  label: string
  der: Buffer
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

/**
 * Every armored block in order of appearance. Text between blocks, CRLF and bodies squeezed into
 * one line are tolerated; a body that is not base64 refuses the whole text (undefined).
 */
export function readPem(text: string): PemBlock[] | undefined {
  const blocks: PemBlock[] = []
  for (const [, label = '', body = ''] of text.matchAll(BLOCK)) {
    const der = decodeBase64(body.replace(/\s+/g, ''))
    if (der === undefined || der.length === 0) return undefined
    blocks.push({ label, der })
  }
  return blocks
}

/**
 * Armored blocks and bare base64 pieces, the latter separated by blank lines or commas. Undefined
 * when something in the text is neither.
 */
export function readPemOrBare(text: string): PemBlock[] | undefined {
  const armored = readPem(text)
  if (armored === undefined) return undefined
  const blocks = [...armored]
  for (const piece of text.replace(BLOCK, '\n\n').split(/,|\r?\n[ \t]*\r?\n/)) {
    const bare = piece.replace(/\s+/g, '')
    if (bare === '') continue
    const der = decodeBase64(bare)
    if (der === undefined) return undefined
    blocks.push({ label: '', der })
  }
  return blocks
}

export function writePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
