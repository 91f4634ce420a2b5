// Blocks as bytes, and the proof that a transaction stands in one.

import { displayHash, doubleSha256, readAll, readHex } from './bytes.ts'
import { readTransaction, type Transaction } from './transaction.ts'

export interface BlockHeader {
  hash: string
  previous: string
  merkleRoot: string
  /** Unix seconds, by the miner's clock. */
  time: number
}

export interface Block extends BlockHeader {
  transactions: Transaction[]
  /** From the coinbase (BIP 34); a node's word on it is taken where there is one. */
  height: number | undefined
}

/** The 80 bytes of a header, or undefined. */
export function parseHeader(bytes: Buffer): BlockHeader | undefined {
  if (bytes.length !== 80) return undefined
  return {
    hash: displayHash(doubleSha256(bytes)),
    previous: displayHash(bytes.subarray(4, 36)),
    merkleRoot: displayHash(bytes.subarray(36, 68)),
    time: bytes.readUInt32LE(68),
  }
}

/** A whole block whose transactions are those its header promises, or undefined. */
export function parseBlock(bytes: Buffer): Block | undefined {
  const header = parseHeader(bytes.subarray(0, 80))
  if (!header) return undefined
  const read = readAll(bytes, (reader) => {
    reader.take(80)
    const count = reader.size()
    // No transaction has fewer than 60 bytes.
    if (count * 60 > reader.left()) reader.fail()
    return Array.from({ length: count }, () => readTransaction(reader, bytes))
  })
  const [coinbase, ...others] = read ?? []
  if (!read || !coinbase?.coinbase || others.some((each) => each.coinbase)) return undefined
  if (merkleRootOf(read.map(({ txid }) => txid)) !== header.merkleRoot) return undefined
  return { ...header, transactions: read, height: heightOf(bytes) }
}

/**
 * The root over transaction ids. Undefined for a list that repeats its end: another list would have
 * the same root (CVE-2012-2459).
 */
export function merkleRootOf(txids: readonly string[]): string | undefined {
  let level = txids.map(wire)
  while (level.length > 1) {
    const next: Buffer[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]
      const right = level[i + 1]
      if (!left || right?.equals(left)) return undefined
      next.push(doubleSha256(Buffer.concat([left, right ?? left])))
    }
    level = next
  }
  const [root] = level
  return root && displayHash(root)
}

/** The root that a branch of neighbors leads to from the transaction at `position`. */
export function merkleRootFrom(
  txid: string,
  position: number,
  branch: readonly string[],
): string | undefined {
  if (!Number.isInteger(position) || position < 0 || position >= 2 ** branch.length)
    return undefined
  let at = wire(txid)
  let place = position
  for (const neighbor of branch) {
    const other = wire(neighbor)
    if (other.length !== 32) return undefined
    at = doubleSha256(Buffer.concat(place % 2 === 1 ? [other, at] : [at, other]))
    place = Math.floor(place / 2)
  }
  return displayHash(at)
}

const COINBASE_SCRIPT = 80

/** The number that the coinbase's script begins with (BIP 34). */
function heightOf(bytes: Buffer): number | undefined {
  return readAll(bytes.subarray(COINBASE_SCRIPT), (reader) => {
    reader.size()
    reader.take(4)
    if (reader.peek(0) === 0) reader.take(2)
    reader.size()
    reader.take(36)
    const script = reader.take(reader.size())
    reader.take(reader.left())
    const [size = 0] = script
    if (size >= 0x51 && size <= 0x60) return size - 0x50
    if (size < 1 || size > 4 || script.length < size + 1) return undefined
    return script.readUIntLE(1, size)
  })
}

function wire(hash: string): Buffer {
  return readHex(hash)?.reverse() ?? Buffer.alloc(0)
}
