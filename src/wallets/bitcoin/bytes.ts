// Bytes as Bitcoin writes them: hex, double SHA-256, little-endian integers, reversed hashes.

import { createHash } from 'node:crypto'
import { ripemd160 } from '@noble/hashes/legacy.js'

/** The bytes of an even number of hex digits, or undefined. */
export function readHex(text: string): Buffer | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  return Buffer.from(text, 'hex')
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

export function doubleSha256(bytes: Uint8Array): Buffer {
  return sha256(sha256(bytes))
}

/** RIPEMD-160 of SHA-256. Not from OpenSSL, which offers RIPEMD-160 only where policy allows. */
export function hash160(bytes: Uint8Array): Buffer {
  return Buffer.from(ripemd160(sha256(bytes)))
}

/** A hash in the order people read it: reversed from the wire. */
export function displayHash(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex')
}

/** 64 lower-case hex digits, as a node names transactions and blocks. */
export function isHash(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

/** What a reader throws for bytes that are not what they should be; caught where it was called. */
export class Malformed extends Error {}

/** Reads from the start of `bytes`; throws {@link Malformed} when they end too early. */
export function createReader(bytes: Buffer) {
  let at = 0

  function take(size: number): Buffer {
    if (size > bytes.length - at) throw new Malformed('ends too early')
    at += size
    return bytes.subarray(at - size, at)
  }

  function u32(): number {
    return take(4).readUInt32LE()
  }

  function u64(): bigint {
    return take(8).readBigUInt64LE()
  }

  /** A compact size; only the shortest spelling, so that each transaction has one. */
  function size(): number {
    const first = take(1).readUInt8()
    if (first < 0xfd) return first
    const value = first === 0xfd ? take(2).readUInt16LE() : first === 0xfe ? u32() : Number(u64())
    const least = first === 0xfd ? 0xfd : first === 0xfe ? 0x1_0000 : 0x1_0000_0000
    if (value < least) throw new Malformed('size not in its shortest form')
    return value
  }

  return {
    take,
    u32,
    u64,
    size,
    peek: (offset: number): number | undefined => bytes[at + offset],
    position: () => at,
    left: () => bytes.length - at,
    fail: (): never => {
      throw new Malformed('breaks a rule')
    },
    ended: () => at === bytes.length,
  }
}

export type Reader = ReturnType<typeof createReader>

/** What `read` makes of `bytes`, or undefined when they are malformed or go on after it. */
export function readAll<T>(bytes: Buffer, read: (reader: Reader) => T): T | undefined {
  const reader = createReader(bytes)
  try {
    const value = read(reader)
    return reader.ended() ? value : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
