// Addresses and the scripts they stand for (sheet 2.2; BIP 141, 173, 350).

import { base58, bech32, bech32m } from '@scure/base'
import { doubleSha256, readHex } from './bytes.ts'
import { type Network, PARAMETERS } from './networks.ts'

export type AddressType = 'p2pkh' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'p2tr' | 'witness_unknown'

export interface Destination {
  type: AddressType
  script: Buffer
}

/** Below this many satoshi a node does not relay an output of the type (sheet 2.2, measured). */
export const DUST_LIMIT: Readonly<Record<Exclude<AddressType, 'witness_unknown'>, number>> = {
  p2pkh: 546,
  p2sh: 540,
  p2wpkh: 294,
  p2wsh: 330,
  p2tr: 330,
}

/** The script an address of this network stands for, or undefined when it is no such address. */
export function readAddress(text: string, network: Network): Destination | undefined {
  const { prefix } = PARAMETERS[network]
  return text.toLowerCase().startsWith(`${prefix}1`)
    ? readSegwit(text, prefix)
    : readBase58(text, network)
}

/** The address of a script, or undefined for a script that has none. */
export function addressOf(script: Uint8Array, network: Network): string | undefined {
  const bytes = Buffer.from(script)
  const { prefix, p2pkh, p2sh } = PARAMETERS[network]
  const { length } = bytes
  if (length === 25 && starts(bytes, '76a914') && ends(bytes, '88ac')) {
    return base58WithCheck(p2pkh, bytes.subarray(3, 23))
  }
  if (length === 23 && starts(bytes, 'a914') && ends(bytes, '87')) {
    return base58WithCheck(p2sh, bytes.subarray(2, 22))
  }
  const version = witnessVersion(bytes[0])
  if (version === undefined || length < 4 || length > 42 || bytes[1] !== length - 2)
    return undefined
  const program = bytes.subarray(2)
  if (version === 0 && ![20, 32].includes(program.length)) return undefined
  const coder = version === 0 ? bech32 : bech32m
  return coder.encode(prefix, [version, ...coder.toWords(program)])
}

/** The payload of base58 text that ends in four bytes of its double hash, or undefined. */
export function readBase58Check(text: string): Buffer | undefined {
  // The longest thing read here has 82 bytes, and decoding costs the square of the length.
  if (text.length > 120 || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(text)) return undefined
  const bytes = Buffer.from(base58.decode(text))
  if (bytes.length < 5) return undefined
  const payload = bytes.subarray(0, -4)
  return doubleSha256(payload).subarray(0, 4).equals(bytes.subarray(-4)) ? payload : undefined
}

function readBase58(text: string, network: Network): Destination | undefined {
  const payload = readBase58Check(text)
  if (payload?.length !== 21) return undefined
  const { p2pkh, p2sh } = PARAMETERS[network]
  const hash = payload.subarray(1)
  if (payload[0] === p2pkh) return { type: 'p2pkh', script: pubKeyHashScript(hash) }
  if (payload[0] === p2sh) return { type: 'p2sh', script: scriptHashScript(hash) }
  return undefined
}

// What @scure/base demands of a decodable text is checked first, because it throws otherwise.
function readSegwit(text: string, prefix: string): Destination | undefined {
  if (text.length > 90) return undefined
  const first = bech32.decodeUnsafe(text)
  const decoded = first ?? bech32m.decodeUnsafe(text)
  const [version, ...words] = decoded?.words ?? []
  if (decoded?.prefix !== prefix || version === undefined || version > 16) return undefined
  // Version 0 has the older checksum, all others the newer one (BIP 350).
  if ((version === 0) !== (first !== undefined)) return undefined
  const program = bech32.fromWordsUnsafe(words)
  if (!program || program.length < 2 || program.length > 40) return undefined
  if (version === 0 && ![20, 32].includes(program.length)) return undefined
  return {
    type: segwitType(version, program.length),
    script: witnessScript(version, program),
  }
}

function segwitType(version: number, size: number): AddressType {
  if (version === 0) return size === 20 ? 'p2wpkh' : 'p2wsh'
  return version === 1 && size === 32 ? 'p2tr' : 'witness_unknown'
}

export function pubKeyHashScript(hash: Uint8Array): Buffer {
  return Buffer.concat([bytesOf('76a914'), hash, bytesOf('88ac')])
}

export function scriptHashScript(hash: Uint8Array): Buffer {
  return Buffer.concat([bytesOf('a914'), hash, bytesOf('87')])
}

/** A witness program: OP_0, or OP_1 to OP_16, then the program (BIP 141). */
export function witnessScript(version: number, program: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(version === 0 ? 0 : 0x50 + version, program.length), program])
}

function witnessVersion(opcode: number | undefined): number | undefined {
  if (opcode === 0) return 0
  return opcode !== undefined && opcode >= 0x51 && opcode <= 0x60 ? opcode - 0x50 : undefined
}

function base58WithCheck(version: number, hash: Uint8Array): string {
  const payload = Buffer.concat([Uint8Array.of(version), hash])
  return base58.encode(Buffer.concat([payload, doubleSha256(payload).subarray(0, 4)]))
}

const starts = (bytes: Buffer, text: string) => bytes.toString('hex').startsWith(text)
const ends = (bytes: Buffer, text: string) => bytes.toString('hex').endsWith(text)

function bytesOf(text: string): Buffer {
  return readHex(text) ?? Buffer.alloc(0)
}
