// Scripts as addresses name them, on the regtest network (BIP 173, BIP 350, chainparams).
import { base58check, bech32, bech32m } from '@scure/base'
import { sha256 } from './bytes.ts'

export const PREFIX = 'bcrt'
const P2PKH_VERSION = 0x6f
const P2SH_VERSION = 0xc4

export type ScriptKind =
  | 'pubkeyhash'
  | 'scripthash'
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'witness_v1_taproot'
  | 'witness_unknown'
  | 'pubkey'
  | 'nulldata'
  | 'nonstandard'

const base58 = base58check(sha256)

/** What the script is, by the names a node gives. */
export function kindOf(script: Buffer): ScriptKind {
  const { length } = script
  const at = (index: number) => script[index]
  if (length === 25 && at(0) === 0x76 && at(1) === 0xa9 && at(2) === 20 && at(24) === 0xac) {
    return 'pubkeyhash'
  }
  if (length === 23 && at(0) === 0xa9 && at(1) === 20 && at(22) === 0x87) return 'scripthash'
  if (length === 22 && at(0) === 0 && at(1) === 20) return 'witness_v0_keyhash'
  if (length === 34 && at(0) === 0 && at(1) === 32) return 'witness_v0_scripthash'
  if (length === 34 && at(0) === 0x51 && at(1) === 32) return 'witness_v1_taproot'
  const version = at(0) ?? 0
  if (length >= 4 && length <= 42 && version >= 0x51 && version <= 0x60 && at(1) === length - 2) {
    return 'witness_unknown'
  }
  if ((length === 35 || length === 67) && at(0) === length - 2 && at(length - 1) === 0xac) {
    return 'pubkey'
  }
  return at(0) === 0x6a ? 'nulldata' : 'nonstandard'
}

/** The address that stands for the script, or undefined where none does. */
export function addressOf(script: Buffer): string | undefined {
  const kind = kindOf(script)
  if (kind === 'pubkeyhash') return base58.encode(versioned(P2PKH_VERSION, script.subarray(3, 23)))
  if (kind === 'scripthash') return base58.encode(versioned(P2SH_VERSION, script.subarray(2, 22)))
  if (!kind.startsWith('witness')) return undefined
  const version = script[0] === 0 ? 0 : (script[0] ?? 0) - 0x50
  const code = version === 0 ? bech32 : bech32m
  return code.encode(PREFIX, [version, ...code.toWords(script.subarray(2))])
}

/** The script behind an address of this network, or undefined. Upper case is fine, mixed is not. */
export function scriptOf(address: string): Buffer | undefined {
  return witnessScript(address) ?? base58Script(address)
}

function base58Script(address: string): Buffer | undefined {
  const [version, ...hash] = attempt(() => base58.decode(address)) ?? []
  if (hash.length !== 20) return undefined
  if (version === P2PKH_VERSION) return Buffer.of(0x76, 0xa9, 20, ...hash, 0x88, 0xac)
  return version === P2SH_VERSION ? Buffer.of(0xa9, 20, ...hash, 0x87) : undefined
}

function witnessScript(address: string): Buffer | undefined {
  for (const code of [bech32, bech32m]) {
    const decoded = code.decodeUnsafe(address, 90)
    if (!decoded || decoded.prefix !== PREFIX) continue
    const [version = 32, ...words] = decoded.words
    const program = attempt(() => code.fromWords(words))
    if (!program || version > 16 || (version === 0) !== (code === bech32)) return undefined
    const isLong = program.length >= 2 && program.length <= 40
    if (!isLong || (version === 0 && program.length !== 20 && program.length !== 32)) {
      return undefined
    }
    return Buffer.of(version === 0 ? 0 : 0x50 + version, program.length, ...program)
  }
  return undefined
}

export function keyHashScript(keyHash: Uint8Array): Buffer {
  return Buffer.of(0, 20, ...keyHash)
}

function versioned(version: number, hash: Uint8Array): Uint8Array {
  return Uint8Array.of(version, ...hash)
}

// The decoders throw plain errors for texts that are no code at all.
function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}

/** Smallest amount a node relays to this script, in satoshi (policy, measured). */
export function dustLimit(script: Buffer): bigint {
  const kind = kindOf(script)
  if (kind === 'nulldata') return 0n
  const spending = kind.startsWith('witness') ? 67n : 148n
  return (8n + BigInt(script.length) + 1n + spending) * 3n
}

const OPCODES: Record<number, string> = {
  0: '0',
  79: '-1',
  106: 'OP_RETURN',
  118: 'OP_DUP',
  135: 'OP_EQUAL',
  136: 'OP_EQUALVERIFY',
  169: 'OP_HASH160',
  172: 'OP_CHECKSIG',
}

export interface Operation {
  code: number
  /** What a push puts on the stack. */
  data: Buffer | undefined
}

/** The script's operations, or undefined when a push runs over its end. */
export function operationsOf(script: Buffer): Operation[] | undefined {
  const operations: Operation[] = []
  for (let at = 0; at < script.length; ) {
    const code = script.readUInt8(at)
    at += 1
    const sizeBytes = { 76: 1, 77: 2, 78: 4 }[code] ?? 0
    if (at + sizeBytes > script.length) return undefined
    const length = sizeBytes > 0 ? script.readUIntLE(at, sizeBytes) : code < 76 ? code : 0
    at += sizeBytes
    if (at + length > script.length) return undefined
    const isPush = code > 0 && code <= 78
    operations.push({ code, data: isPush ? script.subarray(at, at + length) : undefined })
    at += length
  }
  return operations
}

/** The script in words, as a node writes them. */
export function asmOf(script: Buffer): string {
  const operations = operationsOf(script)
  if (!operations) return '[error]'
  return operations.map(({ code, data }) => (data ? pushed(data) : nameOf(code))).join(' ')
}

// A node shows short pushes as the numbers they stand for.
function pushed(data: Buffer): string {
  if (data.length > 4) return data.toString('hex')
  if (data.length === 0) return '0'
  const magnitude = Buffer.from(data)
  const last = magnitude.length - 1
  const top = magnitude.readUInt8(last)
  magnitude[last] = top & 0x7f
  const value = magnitude.readUIntLE(0, magnitude.length)
  return String(top & 0x80 ? -value : value)
}

function nameOf(code: number): string {
  if (code >= 0x51 && code <= 0x60) return String(code - 0x50)
  return OPCODES[code] ?? 'OP_UNKNOWN'
}
