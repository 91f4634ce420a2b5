// Transactions: their bytes, their names, their size (BIP 141, BIP 144).
import {
  count,
  counted,
  createReader,
  hash256,
  int64,
  MalformedError,
  type Reader,
  shown,
  uint32,
  unshown,
} from './bytes.ts'

export interface Input {
  /** The transaction whose output is spent, as people read it. */
  txid: string
  vout: number
  script: Buffer
  sequence: number
  witness: Buffer[]
}

export interface Output {
  sat: bigint
  script: Buffer
}

export interface Draft {
  version: number
  inputs: Input[]
  outputs: Output[]
  locktime: number
}

export interface Transaction extends Draft {
  txid: string
  wtxid: string
  raw: Buffer
  weight: number
}

export const NULL_TXID = '0'.repeat(64)
/** Any transaction with this sequence may be replaced (BIP 125). */
export const REPLACEABLE = 0xfffffffd
export const MAX_SAT = 2_100_000_000_000_000n

export function isCoinbase({ inputs }: Draft): boolean {
  return inputs.length === 1 && inputs[0]?.txid === NULL_TXID && inputs[0].vout === 0xffffffff
}

export function outpoint(txid: string, vout: number): string {
  return `${txid}:${vout}`
}

export function vsizeOf({ weight }: Pick<Transaction, 'weight'>): number {
  return Math.ceil(weight / 4)
}

export function sumOf(outputs: readonly Output[]): bigint {
  return outputs.reduce((sum, { sat }) => sum + sat, 0n)
}

/** The draft with its bytes and names. */
export function finish(draft: Draft): Transaction {
  const stripped = write(draft, false)
  const raw = draft.inputs.some(({ witness }) => witness.length > 0) ? write(draft, true) : stripped
  return {
    ...draft,
    raw,
    txid: shown(hash256(stripped)),
    wtxid: shown(hash256(raw)),
    weight: stripped.length * 3 + raw.length,
  }
}

function write({ version, inputs, outputs, locktime }: Draft, withWitness: boolean): Buffer {
  return Buffer.concat([
    uint32(version),
    withWitness ? Buffer.of(0, 1) : Buffer.alloc(0),
    count(inputs.length),
    ...inputs.flatMap((input) => [
      unshown(input.txid),
      uint32(input.vout),
      counted(input.script),
      uint32(input.sequence),
    ]),
    count(outputs.length),
    ...outputs.map(writeOutput),
    ...(withWitness
      ? inputs.flatMap(({ witness }) => [count(witness.length), ...witness.map(counted)])
      : []),
    uint32(locktime),
  ])
}

export function writeOutput({ sat, script }: Output): Buffer {
  return Buffer.concat([int64(sat), counted(script)])
}

/** The one transaction that these bytes are, or undefined. */
export function parseTransaction(bytes: Buffer): Transaction | undefined {
  try {
    const reader = createReader(bytes)
    const transaction = readTransaction(reader)
    return reader.left() === 0 ? transaction : undefined
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Reads one transaction and moves on. Throws {@link MalformedError}. */
export function readTransaction(reader: Reader): Transaction {
  const version = reader.uint32()
  const extended = reader.peek(0) === 0
  if (extended && !reader.take(2).equals(Buffer.of(0, 1))) throw new MalformedError('a wrong flag')
  const inputs = Array.from({ length: reader.count() }, () => readInput(reader))
  if (inputs.length === 0) throw new MalformedError('no input')
  const outputs = Array.from({ length: reader.count() }, () => ({
    sat: reader.int64(),
    script: reader.take(reader.count()),
  }))
  if (extended) {
    for (const input of inputs) {
      input.witness = Array.from({ length: reader.count() }, () => reader.take(reader.count()))
    }
    if (inputs.every(({ witness }) => witness.length === 0)) {
      throw new MalformedError('an empty witness')
    }
  }
  return finish({ version, inputs, outputs, locktime: reader.uint32() })
}

function readInput(reader: Reader): Input {
  return {
    txid: shown(reader.take(32)),
    vout: reader.uint32(),
    script: reader.take(reader.count()),
    sequence: reader.uint32(),
    witness: [],
  }
}
