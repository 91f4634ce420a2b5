// bitcoinjs-lib and bip32 read and check what the sandbox's chain is made of, and sign for it.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import * as ecc from '@bitcoinerlab/secp256k1'
import { BIP32Factory } from 'bip32'
import * as bitcoinjs from 'bitcoinjs-lib'
import { merchantDescriptor } from '../../src/sandbox/bitcoin/hub-account.ts'
import { setup } from '../../src/sandbox/test-support.ts'

bitcoinjs.initEccLib(ecc)
const bip32 = BIP32Factory(ecc)
const network = bitcoinjs.networks.regtest

const seed = process.env.SEED ?? randomBytes(8).toString('hex')
console.log(`random cases of SEED=${seed}`)
const bytes = (label: string) => createHash('sha256').update(`${seed}:${label}`).digest()

const world = await setup()
after(() => world.sandbox.close())
const at = `${world.sandbox.url}/bitcoin/esplora`
const text = async (path: string) => (await fetch(`${at}${path}`)).text()
const control = async (path: string, body?: Record<string, unknown>) => {
  const answer = await world.control(`bitcoin/${path}`, body)
  assert.equal(answer.problem, undefined, JSON.stringify(answer))
  return answer
}

async function block(height: number): Promise<bitcoinjs.Block> {
  const answer = await fetch(`${at}/block/${await text(`/block-height/${height}`)}/raw`)
  return bitcoinjs.Block.fromBuffer(Buffer.from(await answer.arrayBuffer()))
}

/** Throws unless each input is signed for the coin that it spends. */
async function assertSigned(transaction: bitcoinjs.Transaction): Promise<void> {
  for (const [index, { hash, index: vout, witness }] of transaction.ins.entries()) {
    const txid = Buffer.from(hash).reverse().toString('hex')
    const spent = bitcoinjs.Transaction.fromHex(await text(`/tx/${txid}/hex`)).outs[vout]
    const [signature, publicKey] = witness
    assert(spent && signature && publicKey)
    const { output } = bitcoinjs.payments.p2wpkh({ pubkey: publicKey, network })
    assert(output && Buffer.from(spent.script).equals(output))
    const pubkeyHash = Buffer.from(output.subarray(2))
    const code = bitcoinjs.payments.p2pkh({ hash: pubkeyHash, network }).output
    assert(code)
    const digest = transaction.hashForWitnessV0(index, code, spent.value, 1)
    const decoded = bitcoinjs.script.signature.decode(signature)
    assert.equal(decoded.hashType, 1)
    assert(ecc.verify(digest, publicKey, decoded.signature), `input ${index}`)
  }
}

test('every block has its proof of work, its root, its witnesses, its parent', async () => {
  await control('pay', { address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', sat: 54_321 })
  await control('mine', { n: 2 })
  await control('reorg', { depth: 2, blocks: 4 })
  const height = Number(await text('/blocks/tip/height'))
  let previous: bitcoinjs.Block | undefined
  for (let each = 0; each <= height; each += 1) {
    const read = await block(each)
    assert(read.checkProofOfWork(), `work of ${each}`)
    assert(read.checkTxRoots(), `roots of ${each}`)
    if (previous) assert(Buffer.from(previous.getHash()).equals(read.prevHash ?? Buffer.alloc(0)))
    if (each > 0) {
      const [coinbase] = read.transactions ?? []
      const [number] = bitcoinjs.script.decompile(coinbase?.ins[0]?.script ?? Buffer.alloc(0)) ?? []
      const decoded = typeof number === 'number' ? number - 0x50 : undefined
      const written =
        decoded ??
        bitcoinjs.script.number.decode(number instanceof Uint8Array ? number : Buffer.alloc(0))
      assert.equal(written, each, 'the height stands in the coinbase (BIP 34)')
    }
    previous = read
  }
})

test('payments, higher fees and double spends are signed for the coins they spend', async () => {
  for (let round = 0; round < 6; round += 1) {
    const payer = round % 2 === 0 ? 'lilei' : 'hanmeimei'
    const sat = 1_000 + (bytes(`sat${round}`).readUInt32LE() % 50_000_000)
    // A point of the curve, where the library looks at it: any 32 bytes are none.
    const program = bip32.fromSeed(bytes(`to${round}`), network).publicKey.subarray(1)
    const address = bitcoinjs.address.toBech32(program, round % 3 === 0 ? 1 : 0, 'bcrt')
    const paid = await control('pay', { payer, address, sat, parts: 1 + (round % 3) })
    const transaction = bitcoinjs.Transaction.fromHex(String(paid.raw))
    assert.equal(transaction.getId(), paid.txid)
    await assertSigned(transaction)
    const received = transaction.outs.filter(
      (each) => bitcoinjs.address.fromOutputScript(each.script, network) === address,
    )
    assert.equal(
      received.reduce((sum, { value }) => sum + value, 0n),
      BigInt(sat),
    )
    const rival = await control(round % 2 === 0 ? 'bump' : 'double-spend', { txid: paid.txid })
    await assertSigned(bitcoinjs.Transaction.fromHex(String(rival.raw)))
    await control('mine', {})
  }
})

type Kind = 'p2pkh' | 'nested' | 'p2wpkh' | 'p2tr'
for (const kind of ['p2pkh', 'nested', 'p2wpkh', 'p2tr'] satisfies Kind[]) {
  test(`takes what bitcoinjs-lib signs for ${kind}, and nothing that is changed`, async () => {
    const key = bip32.fromSeed(bytes(`key ${kind}`), network)
    const internal = Buffer.from(key.publicKey.subarray(1))
    const tweak = bitcoinjs.crypto.taggedHash('TapTweak', internal)
    const segwit = bitcoinjs.payments.p2wpkh({ pubkey: key.publicKey, network })
    const made = {
      p2pkh: () => bitcoinjs.payments.p2pkh({ pubkey: key.publicKey, network }),
      nested: () => bitcoinjs.payments.p2sh({ redeem: segwit, network }),
      p2wpkh: () => segwit,
      p2tr: () => bitcoinjs.payments.p2tr({ internalPubkey: internal, network }),
    }[kind]()
    const paid = await control('pay', { address: made.address, sat: 200_000, mine: 1 })
    const before = bitcoinjs.Transaction.fromHex(String(paid.raw))
    const vout = before.outs.findIndex(({ value }) => value === 200_000n)
    const psbt = new bitcoinjs.Psbt({ network })
    const script = made.output ?? assert.fail('no script')
    psbt.addInput({
      hash: String(paid.txid),
      index: vout,
      ...(kind === 'p2pkh'
        ? { nonWitnessUtxo: before.toBuffer() }
        : { witnessUtxo: { script, value: 200_000n } }),
      ...(kind === 'nested' && segwit.output && { redeemScript: segwit.output }),
      ...(kind === 'p2tr' && { tapInternalKey: internal }),
    })
    psbt.addOutput({ address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', value: 199_000n })
    psbt.signInput(0, kind === 'p2tr' ? key.tweak(tweak) : key)
    psbt.finalizeAllInputs()
    const signed = psbt.extractTransaction()
    const post = (body: string) => fetch(`${at}/tx`, { method: 'POST', body })
    const changed = signed.clone()
    const [output] = changed.outs
    if (output) output.value -= 1n
    const refused = await post(changed.toHex())
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), /script-verify-flag-failed/)
    const taken = await post(signed.toHex())
    assert.equal(await taken.text(), signed.getId())
  })
}

test("the merchant's descriptor is that of the seed everybody knows", () => {
  const master = bip32.fromSeed(
    createHash('sha256').update('tongbao sandbox merchant seed').digest(),
    network,
  )
  for (const account of [0, 1, 77]) {
    const key = master.derivePath(`m/84'/1'/${account}'`).neutered().toBase58()
    const fingerprint = Buffer.from(master.fingerprint).toString('hex')
    assert.equal(
      merchantDescriptor(account),
      `wpkh([${fingerprint}/84h/1h/${account}h]${key}/<0;1>/*)`,
    )
  }
})
