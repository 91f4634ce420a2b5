// Output descriptors: the checksum (BIP 380), and the few forms this node reads.
import { fromHex } from './bytes.ts'
import { addressOf, kindOf, scriptOf } from './script.ts'

const INPUT =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const TERMS = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn]

/** The eight letters behind a descriptor's `#`. */
export function checksumOf(text: string): string {
  let code = 1n
  const feed = (symbol: number) => {
    const top = code >> 35n
    code = ((code & 0x7ffffffffn) << 5n) ^ BigInt(symbol)
    for (const [bit, term] of TERMS.entries()) if ((top >> BigInt(bit)) & 1n) code ^= term
  }
  let group = 0
  let inGroup = 0
  for (const character of text) {
    const place = INPUT.indexOf(character)
    feed(place & 31)
    group = group * 3 + (place >> 5)
    inGroup += 1
    if (inGroup === 3) {
      feed(group)
      group = 0
      inGroup = 0
    }
  }
  if (inGroup > 0) feed(group)
  for (let i = 0; i < 8; i += 1) feed(0)
  code ^= 1n
  return Array.from(
    { length: 8 },
    (_, i) => OUTPUT[Number((code >> BigInt(35 - 5 * i)) & 31n)],
  ).join('')
}

/** How a node describes a script it knows nothing more about. */
export function describe(script: Buffer): string {
  const address = addressOf(script)
  const kind = kindOf(script)
  const hex = script.toString('hex')
  const body =
    kind === 'witness_v1_taproot'
      ? `rawtr(${hex.slice(4)})`
      : kind === 'pubkey'
        ? `pk(${hex.slice(2, -2)})`
        : address === undefined
          ? `raw(${hex})`
          : `addr(${address})`
  return `${body}#${checksumOf(body)}`
}

/** The script behind `raw(…)` or `addr(…)`, or what a node says of the text. */
export function readDescriptor(text: string): Buffer | { wrong: string } {
  const [body = '', checksum, ...more] = text.split('#')
  if (more.length > 0) return { wrong: "Multiple '#' symbols" }
  if (checksum !== undefined && checksum !== checksumOf(body)) {
    const computed = checksumOf(body)
    return {
      wrong: `Provided checksum '${checksum}' does not match computed checksum '${computed}'`,
    }
  }
  const [, name, inside = ''] = /^(raw|addr)\((.*)\)$/.exec(body) ?? []
  if (name === 'raw') return fromHex(inside) ?? { wrong: 'Raw script is not hex' }
  if (name === 'addr') return scriptOf(inside) ?? { wrong: 'Address is not valid' }
  return { wrong: `'${body}' is not a valid descriptor function` }
}
