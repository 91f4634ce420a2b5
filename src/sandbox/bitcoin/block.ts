// Blocks: header, roots, proof of work at regtest's difficulty (BIP 34, BIP 141).
import { count, createReader, hash256, MalformedError, shown, uint32, unshown } from './bytes.ts'
import { type Draft, finish, NULL_TXID, readTransaction, type Transaction } from './transaction.ts'

export interface Block {
  hash: string
  previous: string
  height: number
  /** Unix seconds. */
  time: number
  nonce: number
  version: number
  merkleRoot: string
  header: Buffer
  raw: Buffer
  transactions: Transaction[]
  weight: number
}

export const BITS = 0x207fffff
const TARGET_TOP = 0x7f
const VERSION = 0x20000000
const HALVING = 150
const FIRST_SUBSIDY = 5_000_000_000n
const HEADER_SIZE = 80

/** What every regtest chain begins with (chainparams). */
export const GENESIS = Buffer.from(
  `0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f20020000000101000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000`,
  'hex',
)

/** What a block may create besides the fees; it halves every 150 blocks on regtest. */
export function subsidyAt(height: number): bigint {
  return FIRST_SUBSIDY >> BigInt(Math.min(63, Math.floor(height / HALVING)))
}

export function merkleRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes
  while (level.length > 1) level = nextLevel(level)
  return level[0] ?? Buffer.alloc(32)
}

function nextLevel(level: readonly Buffer[]): Buffer[] {
  const next: Buffer[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] ?? Buffer.alloc(32)
    // The last one of an odd number pairs with itself.
    next.push(hash256(Buffer.concat([left, level[i + 1] ?? left])))
  }
  return next
}

/** The hashes that lead from a transaction to the root, as Electrum and Esplora give them. */
export function merkleBranch(txids: readonly string[], position: number): string[] {
  const branch: string[] = []
  let level: Buffer[] = txids.map(unshown)
  for (let at = position; level.length > 1; at >>= 1) {
    branch.push(shown(level[at ^ 1] ?? level[at] ?? Buffer.alloc(32)))
    level = nextLevel(level)
  }
  return branch
}

/** A number as scripts write it, behind its length (BIP 34). */
function scriptNumber(value: number): Buffer {
  if (value >= 1 && value <= 16) return Buffer.of(0x50 + value)
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest & 0xff)
  if ((bytes.at(-1) ?? 0) & 0x80) bytes.push(0)
  return Buffer.of(bytes.length, ...bytes)
}

export interface Template {
  previous: string
  height: number
  time: number
  /** Where subsidy and fees go. */
  payTo: Buffer
  fees: bigint
  transactions: readonly Transaction[]
  /** Tells apart blocks that are alike otherwise. */
  extra: number
}

/** Mines: tries nonces until the hash is below the target. */
export function mine(template: Template): Block {
  const { previous, height, time } = template
  const transactions = [coinbase(template), ...template.transactions]
  const root = merkleRoot(transactions.map(({ txid }) => unshown(txid)))
  const start = Buffer.concat([
    uint32(VERSION),
    unshown(previous),
    root,
    uint32(time),
    uint32(BITS),
  ])
  for (let nonce = 0; ; nonce += 1) {
    const header = Buffer.concat([start, uint32(nonce)])
    if ((hash256(header)[31] ?? 0xff) >= TARGET_TOP) continue
    const raw = Buffer.concat([
      header,
      count(transactions.length),
      ...transactions.map((each) => each.raw),
    ])
    return blockOf(raw, height)
  }
}

function coinbase({ height, payTo, fees, transactions, extra }: Template): Transaction {
  const draft: Draft = {
    version: 2,
    inputs: [
      {
        txid: NULL_TXID,
        vout: 0xffffffff,
        script: Buffer.concat([scriptNumber(height), Buffer.of(4), uint32(extra)]),
        sequence: 0xffffffff,
        witness: [Buffer.alloc(32)],
      },
    ],
    outputs: [
      { sat: subsidyAt(height) + fees, script: payTo },
      { sat: 0n, script: commitment(transactions) },
    ],
    locktime: 0,
  }
  return finish(draft)
}

/** The root of the witnesses, where a node looks for it; the coinbase counts as zero (BIP 141). */
function commitment(transactions: readonly Transaction[]): Buffer {
  const root = merkleRoot([Buffer.alloc(32), ...transactions.map(({ wtxid }) => unshown(wtxid))])
  const hash = hash256(Buffer.concat([root, Buffer.alloc(32)]))
  return Buffer.concat([Buffer.from('6a24aa21a9ed', 'hex'), hash])
}

/** Reads a block that stands at `height`. Throws {@link MalformedError}. */
export function blockOf(raw: Buffer, height: number): Block {
  const reader = createReader(raw)
  const header = reader.take(HEADER_SIZE)
  const transactions = Array.from({ length: reader.count() }, () => readTransaction(reader))
  if (reader.left() > 0) throw new MalformedError('bytes behind the block')
  const stripped = raw.length - transactions.reduce((sum, each) => sum + witnessSize(each), 0)
  return {
    hash: shown(hash256(header)),
    previous: shown(header.subarray(4, 36)),
    height,
    time: header.readUInt32LE(68),
    nonce: header.readUInt32LE(76),
    version: header.readUInt32LE(0),
    merkleRoot: shown(header.subarray(36, 68)),
    header,
    raw,
    transactions,
    weight: stripped * 3 + raw.length,
  }
}

function witnessSize({ raw, weight }: Transaction): number {
  return raw.length - (weight - raw.length) / 3
}
