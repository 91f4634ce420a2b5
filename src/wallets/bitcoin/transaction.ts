// Transactions as bytes (BIP 144). Everything that settles a payment is read here, never taken from
// a server's own summary.

import { MAX_SAT } from './amounts.ts'
import { displayHash, doubleSha256, type Reader, readAll } from './bytes.ts'

export interface TransactionInput {
  txid: string
  vout: number
  sequence: number
}

export interface TransactionOutput {
  sat: number
  script: Buffer
}

export interface Transaction {
  txid: string
  wtxid: string
  version: number
  locktime: number
  inputs: TransactionInput[]
  outputs: TransactionOutput[]
  /** The first of a block, which makes new coins and spends none. */
  coinbase: boolean
  weight: number
  vsize: number
  /** It says that it may be replaced (BIP 125). Any unconfirmed one may be, whatever it says. */
  signalsReplacement: boolean
}

/** One transaction and nothing after it, or undefined. */
export function parseTransaction(bytes: Buffer): Transaction | undefined {
  return readAll(bytes, (reader) => readTransaction(reader, bytes))
}

/** `reader` reads `bytes`; the ids are the hash of what it went over. */
export function readTransaction(reader: Reader, bytes: Buffer): Transaction {
  const start = reader.position()
  const version = reader.take(4)
  // Marker and flag stand where a count of inputs would be, which is never zero.
  const segwit = reader.peek(0) === 0 && reader.peek(1) === 1
  if (segwit) reader.take(2)
  const bodyStart = reader.position()
  const inputs = list(reader, 41, readInput)
  const outputs = list(reader, 9, readOutput)
  const body = bytes.subarray(bodyStart, reader.position())
  const witness = segwit ? inputs.map(() => readWitness(reader)) : []
  // A witness that holds nothing has to be left out.
  const superfluous = segwit && witness.every((count) => count === 0)
  const locktime = reader.take(4)
  if (inputs.length === 0 || outputs.length === 0 || superfluous) reader.fail()
  const whole = bytes.subarray(start, reader.position())
  const stripped = segwit ? Buffer.concat([version, body, locktime]) : whole
  const weight = stripped.length * 3 + whole.length
  const [first] = inputs
  return {
    txid: displayHash(doubleSha256(stripped)),
    wtxid: displayHash(doubleSha256(whole)),
    version: version.readInt32LE(),
    locktime: locktime.readUInt32LE(),
    inputs,
    outputs,
    coinbase: inputs.length === 1 && first !== undefined && isNullOutpoint(first),
    weight,
    vsize: Math.ceil(weight / 4),
    signalsReplacement: inputs.some(({ sequence }) => sequence < 0xffff_fffe),
  }
}

/** What every coinbase seems to spend. Two that share it are not in conflict. */
export function isNullOutpoint({ txid, vout }: Pick<TransactionInput, 'txid' | 'vout'>): boolean {
  return vout === 0xffff_ffff && /^0{64}$/.test(txid)
}

function readInput(reader: Reader): TransactionInput {
  const txid = displayHash(reader.take(32))
  const vout = reader.u32()
  reader.take(reader.size())
  return { txid, vout, sequence: reader.u32() }
}

function readOutput(reader: Reader): TransactionOutput {
  const sat = reader.u64()
  if (sat > MAX_SAT) reader.fail()
  return { sat: Number(sat), script: reader.take(reader.size()) }
}

function readWitness(reader: Reader): number {
  const items = list(reader, 1, (r) => r.take(r.size()))
  return items.length
}

/** A counted list; the count cannot promise more than the bytes that are left could hold. */
function list<T>(reader: Reader, least: number, read: (reader: Reader) => T): T[] {
  const count = reader.size()
  if (count * least > reader.left()) reader.fail()
  return Array.from({ length: count }, () => read(reader))
}
