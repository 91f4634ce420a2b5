// Bitcoin: what an address and a block cost.

import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Block, parseBlock } from '../../src/wallets/bitcoin/block.ts'
import { derive } from '../../src/wallets/bitcoin/derive.ts'
import { readDescriptor } from '../../src/wallets/bitcoin/descriptor.ts'
import { type Comparison, must } from './compare.ts'

const TRANSACTIONS = 2_000

export function bitcoinComparisons(): Comparison[] {
  return [derives('wpkh-multipath', 1), derives('tr-keypath', 2), parses()]
}

interface DescriptorCase {
  id: string
  input: string
  receiveAddresses: { address: string }[]
}

function load<T>(file: string): T {
  const url = new URL(`../../test/vectors/bitcoin/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

function derives(id: string, multiplications: number): Comparison {
  const { cases } = load<{ cases: DescriptorCase[] }>('descriptors')
  const { input } = must(
    cases.find((each) => each.id === id),
    id,
  )
  const read = readDescriptor(input, 'main')
  if ('refusal' in read) throw new Error(read.refusal)
  const { descriptor } = read
  const first = must(derive(descriptor, 'main', 0), 'address')
  const parent = secp256k1.Point.fromBytes(first.publicKey)
  const chainCode = createHash('sha256').update(first.publicKey).digest()
  let [index, count] = [0, 0]
  return {
    does: `derive an address (${descriptor.scriptType})`,
    whole: () => must(derive(descriptor, 'main', index++ & 0xffff), 'address'),
    bare: () => {
      const data = Buffer.alloc(37)
      data.writeUInt32BE(count++ & 0xffff, 33)
      let point = parent
      for (let i = 0; i < multiplications; i++) {
        const tweak = createHmac('sha512', chainCode).update(data).digest('hex').slice(0, 64)
        point = point.add(secp256k1.Point.BASE.multiply(BigInt(`0x${tweak}`)))
      }
      return point.toBytes(true)
    },
    algorithm: `HMAC-SHA512 and secp256k1 multiply, ${multiplications} x`,
  }
}

function parses(): Comparison {
  const { hex, ids } = aBlock()
  const bytes = Buffer.from(hex, 'hex')
  const read = (): Block => must(parseBlock(bytes), 'block')
  must(read().transactions.length === ids.length, 'whole block')
  const pieces = read().transactions.map(() => Buffer.alloc(222, 7))
  const pairs = Buffer.alloc(64, 7)
  return {
    does: `parse a block of ${TRANSACTIONS} transactions`,
    whole: read,
    // Each transaction's id with and without its witness, and the tree above them.
    bare: () => {
      for (const piece of pieces) {
        doubleSha256(piece)
        doubleSha256(piece)
      }
      for (let i = 0; i < pieces.length; i++) doubleSha256(pairs)
    },
    algorithm: 'double SHA-256 of what is in it',
  }
}

/** A block of the vectors' payment with another lock time each, under its true root. */
function aBlock(): { hex: string; ids: Buffer[] } {
  const { blocks, transactions } = load<{
    blocks: { hex: string }[]
    transactions: { id: string; hex: string }[]
  }>('chain_data')
  const small = must(blocks.at(-1)?.hex, 'block with a coinbase alone')
  const payment = Buffer.from(
    must(
      transactions.find(({ id }) => id === 'p2wpkh-payment'),
      'payment',
    ).hex,
    'hex',
  )
  const coinbase = must(parseBlock(Buffer.from(small, 'hex')), 'small block').transactions[0]
  const ids: Buffer[] = [Buffer.from(must(coinbase, 'coinbase').txid, 'hex').reverse()]
  const parts: Buffer[] = [Buffer.from(small, 'hex').subarray(81)]
  for (let i = 1; i < TRANSACTIONS; i++) {
    const copy = Buffer.from(payment)
    copy.writeUInt32LE(i, copy.length - 4)
    parts.push(copy)
    ids.push(idOf(copy))
  }
  const count = Buffer.alloc(3)
  count.writeUInt8(0xfd)
  count.writeUInt16LE(TRANSACTIONS, 1)
  const header = Buffer.from(small, 'hex').subarray(0, 80)
  rootOf(ids).copy(header, 36)
  return { hex: Buffer.concat([header, count, ...parts]).toString('hex'), ids }
}

/** Of a payment with one input: without marker and flag in front and witness behind. */
function idOf(payment: Buffer): Buffer {
  const outputs = payment.readUInt8(48)
  let end = 49
  for (let i = 0; i < outputs; i++) end += 9 + payment.readUInt8(end + 8)
  return doubleSha256(
    Buffer.concat([payment.subarray(0, 4), payment.subarray(6, end), payment.subarray(-4)]),
  )
}

function rootOf(ids: readonly Buffer[]): Buffer {
  let level = [...ids]
  while (level.length > 1) {
    const pairs = level.flatMap((left, i) => (i % 2 ? [] : [[left, level[i + 1] ?? left]]))
    level = pairs.map((pair) => doubleSha256(Buffer.concat(pair)))
  }
  return must(level[0], 'root')
}

function doubleSha256(bytes: Uint8Array): Buffer {
  const once = createHash('sha256').update(bytes).digest()
  return createHash('sha256').update(once).digest()
}
