// Bytes as Bitcoin writes them: little endian, counts of varying length, hashes shown reversed.
import { createHash } from 'node:crypto'

export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

/** SHA-256 twice: what names transactions and blocks. */
export function hash256(data: Uint8Array): Buffer {
  return sha256(sha256(data))
}

/** RIPEMD-160 of SHA-256: what addresses hold of a key. */
export function hash160(data: Uint8Array): Buffer {
  return createHash('ripemd160').update(sha256(data)).digest()
}

/** A hash in the order people read it. */
export function shown(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString('hex')
}

/** A hash as it stands in the bytes, from the order people read it. */
export function unshown(hash: string): Buffer {
  return Buffer.from(hash, 'hex').reverse()
}

/** The bytes of an even number of hex digits, or undefined. */
export function fromHex(text: string): Buffer | undefined {
  return /^([0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined
}

export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

/** A count in one, three or five bytes. */
export function count(value: number): Buffer {
  if (value < 0xfd) return Buffer.of(value)
  const bytes = Buffer.alloc(value <= 0xffff ? 3 : 5)
  if (value <= 0xffff) {
    bytes[0] = 0xfd
    bytes.writeUInt16LE(value, 1)
  } else {
    bytes[0] = 0xfe
    bytes.writeUInt32LE(value, 1)
  }
  return bytes
}

/** Bytes behind their count. */
export function counted(bytes: Uint8Array): Buffer {
  return Buffer.concat([count(bytes.length), bytes])
}

/** Thrown by {@link Reader} where the bytes end too early or say nonsense. */
export class MalformedError extends Error {}

export interface Reader {
  take(length: number): Buffer
  uint32(): number
  int64(): bigint
  count(): number
  /** Looks ahead without moving; undefined behind the end. */
  peek(offset: number): number | undefined
  position(): number
  left(): number
}

export function createReader(bytes: Buffer): Reader {
  let at = 0
  const take = (length: number) => {
    if (length > bytes.length - at) throw new MalformedError('the bytes end too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const readCount = () => {
    const first = take(1).readUInt8()
    if (first < 0xfd) return first
    const [value, least] =
      first === 0xfd
        ? [take(2).readUInt16LE(), 0xfd]
        : first === 0xfe
          ? [take(4).readUInt32LE(), 0x10000]
          : [Number(take(8).readBigUInt64LE()), 0x1_0000_0000]
    if (value < least || value > 0x2000000) throw new MalformedError('a count out of range')
    return value
  }
  return {
    take,
    uint32: () => take(4).readUInt32LE(),
    int64: () => take(8).readBigInt64LE(),
    count: readCount,
    peek: (offset) => bytes[at + offset],
    position: () => at,
    left: () => bytes.length - at,
  }
}
