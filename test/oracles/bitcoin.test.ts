// bitcoinjs-lib and bip32 as second opinion, both ways, on fresh random cases.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as ecc from '@bitcoinerlab/secp256k1'
import { BIP32Factory } from 'bip32'
import * as bitcoinjs from 'bitcoinjs-lib'
import { addressOf, readAddress } from '../../src/wallets/bitcoin/address.ts'
import { merkleRootOf, parseBlock } from '../../src/wallets/bitcoin/block.ts'
import { derive } from '../../src/wallets/bitcoin/derive.ts'
import { descriptorOfKey, readDescriptor } from '../../src/wallets/bitcoin/descriptor.ts'
import { readExtendedKey, type ScriptType } from '../../src/wallets/bitcoin/extended-key.ts'
import type { Network } from '../../src/wallets/bitcoin/networks.ts'
import { parseTransaction } from '../../src/wallets/bitcoin/transaction.ts'

bitcoinjs.initEccLib(ecc)
const bip32 = BIP32Factory(ecc)

const seed = process.env.SEED ?? randomBytes(8).toString('hex')
console.log(`random cases of SEED=${seed}`)

/** Bytes that only the seed and the label decide. */
function bytes(label: string, size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, i) =>
    createHash('sha256').update(`${seed}:${label}:${i}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, size)
}

function number(label: string, below: number): number {
  return bytes(label, 6).readUIntBE(0, 6) % below
}

const NETWORKS: readonly [Network, bitcoinjs.Network][] = [
  ['main', bitcoinjs.networks.bitcoin],
  ['testnet4', bitcoinjs.networks.testnet],
  ['regtest', bitcoinjs.networks.regtest],
]

const PAYMENTS: Record<
  ScriptType,
  (pubkey: Buffer, network: bitcoinjs.Network) => bitcoinjs.Payment
> = {
  p2pkh: (pubkey, network) => bitcoinjs.payments.p2pkh({ pubkey, network }),
  p2wpkh: (pubkey, network) => bitcoinjs.payments.p2wpkh({ pubkey, network }),
  'p2sh-p2wpkh': (pubkey, network) =>
    bitcoinjs.payments.p2sh({ redeem: bitcoinjs.payments.p2wpkh({ pubkey, network }), network }),
  p2tr: (pubkey, network) =>
    bitcoinjs.payments.p2tr({ internalPubkey: pubkey.subarray(1), network }),
}
const SCRIPT_TYPES: readonly ScriptType[] = ['p2pkh', 'p2wpkh', 'p2sh-p2wpkh', 'p2tr']

test('derives the addresses that bip32 and bitcoinjs-lib derive', () => {
  for (let i = 0; i < 6; i += 1) {
    for (const [network, theirs] of NETWORKS) {
      const account = bip32.fromSeed(bytes(`seed${i}`, 64), theirs).derivePath(`m/84'/0'/${i}'`)
      const xpub = account.neutered().toBase58()
      const key = readExtendedKey(xpub, network)
      assert('key' in key)
      assert.equal(key.key.text, xpub)
      for (const scriptType of SCRIPT_TYPES) {
        const descriptor = descriptorOfKey(key.key, scriptType)
        assert(descriptor)
        const again = readDescriptor(descriptor.text, network)
        assert('descriptor' in again)
        for (const branch of ['receive', 'change'] as const) {
          const index = number(`index${i}${scriptType}${branch}`, 0x8000_0000)
          const child = account.derive(branch === 'receive' ? 0 : 1).derive(index)
          const pubkey = Buffer.from(child.publicKey)
          const expected = PAYMENTS[scriptType](pubkey, theirs)
          for (const each of [descriptor, again.descriptor]) {
            const derived = derive(each, network, index, branch)
            assert(derived && expected.output)
            assert.equal(derived.address, expected.address)
            assert.deepEqual(derived.script, Buffer.from(expected.output))
          }
        }
      }
    }
  }
})

test('a private extended key of bip32 is refused on every network', () => {
  for (const [network, theirs] of NETWORKS) {
    const xprv = bip32.fromSeed(bytes('private', 32), theirs).toBase58()
    assert.deepEqual(readExtendedKey(xprv, network), { refusal: 'private_key' })
  }
})

test('reads and writes addresses as bitcoinjs-lib does, and refuses them with any letter changed', () => {
  for (let i = 0; i < 40; i += 1) {
    for (const [network, theirs] of NETWORKS) {
      const hash = bytes(`hash${i}`, 20)
      const wide = bytes(`wide${i}`, 32)
      const key = Buffer.from(ecc.pointFromScalar(bytes(`point${i}`, 32), true) ?? [])
      const outputs = [
        bitcoinjs.payments.p2pkh({ hash, network: theirs }),
        bitcoinjs.payments.p2sh({ hash, network: theirs }),
        bitcoinjs.payments.p2wpkh({ hash, network: theirs }),
        bitcoinjs.payments.p2wsh({ hash: wide, network: theirs }),
        bitcoinjs.payments.p2tr({ pubkey: key.subarray(1), network: theirs }),
      ]
      for (const { address, output } of outputs) {
        assert(address && output)
        assert.deepEqual(readAddress(address, network)?.script, Buffer.from(output))
        assert.equal(addressOf(output, network), address)
        assert.deepEqual(
          Buffer.from(bitcoinjs.address.toOutputScript(addressOf(output, network) ?? '', theirs)),
          Buffer.from(output),
        )
        const at = number(`letter${i}${address}`, address.length)
        const letter = address[at] === 'q' ? 'p' : 'q'
        const wrong = address.slice(0, at) + letter + address.slice(at + 1)
        assert.equal(readAddress(wrong, network), undefined, wrong)
      }
    }
  }
})

function randomTransaction(label: string): bitcoinjs.Transaction {
  const transaction = new bitcoinjs.Transaction()
  transaction.version = 1 + number(`${label}version`, 2)
  transaction.locktime = number(`${label}locktime`, 0xffff_ffff)
  const inputs = 1 + number(`${label}inputs`, 5)
  const segwit = number(`${label}segwit`, 2) === 1
  for (let i = 0; i < inputs; i += 1) {
    const script = bytes(`${label}script${i}`, number(`${label}size${i}`, 400))
    const sequence = number(`${label}sequence${i}`, 0x1_0000_0000)
    transaction.addInput(
      bytes(`${label}in${i}`, 32),
      number(`${label}vout${i}`, 9),
      sequence,
      script,
    )
    if (segwit) {
      const items = Array.from({ length: 1 + number(`${label}items${i}`, 3) }, (_, n) =>
        bytes(`${label}item${i}${n}`, number(`${label}itemsize${i}${n}`, 700)),
      )
      transaction.setWitness(i, items)
    }
  }
  for (let i = 0; i < 1 + number(`${label}outputs`, 300); i += 1) {
    const value = BigInt(number(`${label}value${i}`, 2_100_000_000_000_000))
    transaction.addOutput(bytes(`${label}out${i}`, number(`${label}outsize${i}`, 60)), value)
  }
  return transaction
}

test('parses transactions that bitcoinjs-lib writes', () => {
  for (let i = 0; i < 60; i += 1) {
    const theirs = randomTransaction(`tx${i}`)
    const ours = parseTransaction(Buffer.from(theirs.toBuffer()))
    assert(ours)
    assert.equal(ours.txid, theirs.getId())
    assert.equal(ours.wtxid, Buffer.from(theirs.getHash(true)).reverse().toString('hex'))
    assert.equal(ours.weight, theirs.weight())
    assert.equal(ours.vsize, theirs.virtualSize())
    assert.equal(ours.version, theirs.version)
    assert.equal(ours.locktime, theirs.locktime)
    assert.deepEqual(
      ours.inputs.map(({ txid, vout, sequence }) => [txid, vout, sequence]),
      theirs.ins.map(({ hash, index, sequence }) => [
        Buffer.from(hash).reverse().toString('hex'),
        index,
        sequence,
      ]),
    )
    assert.deepEqual(
      ours.outputs.map(({ sat, script }) => [BigInt(sat), script.toString('hex')]),
      theirs.outs.map(({ value, script }) => [value, Buffer.from(script).toString('hex')]),
    )
  }
})

test('refuses a transaction that ends early or goes on', () => {
  const whole = Buffer.from(randomTransaction('whole').toBuffer())
  for (let end = 0; end < whole.length; end += 1 + number(`cut${end}`, 40)) {
    assert.equal(parseTransaction(whole.subarray(0, end)), undefined)
  }
  assert.equal(parseTransaction(Buffer.concat([whole, Buffer.of(0)])), undefined)
})

test('parses blocks, and finds the merkle roots that bitcoinjs-lib finds', () => {
  for (let i = 0; i < 12; i += 1) {
    const coinbase = new bitcoinjs.Transaction()
    coinbase.addInput(Buffer.alloc(32), 0xffff_ffff, 0xffff_ffff, Buffer.from('03a0860100', 'hex'))
    coinbase.addOutput(bytes(`miner${i}`, 22), 5_000_000_000n)
    const count = number(`count${i}`, 12)
    const others = Array.from({ length: count }, (_, n) => randomTransaction(`block${i}:${n}`))
    const transactions = [coinbase, ...others]
    const root = Buffer.from(bitcoinjs.Block.calculateMerkleRoot(transactions))
    const header = Buffer.alloc(80)
    header.writeInt32LE(0x2000_0000)
    bytes(`prev${i}`, 32).copy(header, 4)
    root.copy(header, 36)
    header.writeUInt32LE(1_800_000_000 + i, 68)
    const body = transactions.map((each) => Buffer.from(each.toBuffer()))
    const raw = Buffer.concat([header, Buffer.of(transactions.length), ...body])
    const theirs = bitcoinjs.Block.fromBuffer(raw)
    const ours = parseBlock(raw)
    assert(ours)
    assert.equal(ours.hash, theirs.getId())
    assert.equal(ours.height, 100_000)
    const ids = transactions.map((each) => each.getId())
    assert.deepEqual(
      ours.transactions.map(({ txid }) => txid),
      ids,
    )
    assert.equal(merkleRootOf(ids), Buffer.from(root).reverse().toString('hex'))
    header.writeUInt8((header[40] ?? 0) ^ 1, 40)
    assert.equal(parseBlock(Buffer.concat([header, raw.subarray(80)])), undefined)
  }
})
