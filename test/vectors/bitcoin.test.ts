// The published Bitcoin vectors against the wallet's pure parts.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { addressOf, DUST_LIMIT, readAddress } from '../../src/wallets/bitcoin/address.ts'
import { btcOfSat, quote, refundParts, satOfBtc } from '../../src/wallets/bitcoin/amounts.ts'
import { merkleRootFrom, merkleRootOf, parseBlock } from '../../src/wallets/bitcoin/block.ts'
import { hex, readHex } from '../../src/wallets/bitcoin/bytes.ts'
import { derive } from '../../src/wallets/bitcoin/derive.ts'
import {
  descriptorChecksum,
  descriptorOfKey,
  hasGoodChecksum,
  readDescriptor,
} from '../../src/wallets/bitcoin/descriptor.ts'
import { electrumScriptHash, electrumStatus } from '../../src/wallets/bitcoin/electrum.ts'
import { readExtendedKey, type ScriptType } from '../../src/wallets/bitcoin/extended-key.ts'
import {
  decideByHand,
  evaluate,
  fold,
  type InvoiceFacts,
  type InvoiceState,
  type InvoiceTerms,
  type Look,
  NO_FACTS,
} from '../../src/wallets/bitcoin/invoice.ts'
import type { Network } from '../../src/wallets/bitcoin/networks.ts'
import { aggregate, type RatePolicy, type SourceQuote } from '../../src/wallets/bitcoin/rates.ts'
import {
  conflict,
  createTapeChain,
  loadVectors,
  outpointOf,
  type TapeChain,
  type TapeEvent,
} from '../../src/wallets/bitcoin/testing.ts'
import { parseTransaction } from '../../src/wallets/bitcoin/transaction.ts'
import { readUri, writeUri } from '../../src/wallets/bitcoin/uri.ts'
import { isGap, readMessage } from '../../src/wallets/bitcoin/zmq.ts'

/** The vectors say `test` for every network whose addresses begin with tb. */
function networkOf(name: string): Network {
  return name === 'main' || name === 'regtest' ? name : 'testnet4'
}

const bytes = (text: string) => readHex(text) ?? assert.fail(`not hex: ${text.slice(0, 40)}`)

interface Row {
  change: number
  index: number
  publicKey: string
  address: string
  scriptPubKey: string
  electrumScripthash: string
}

describe('derivation', () => {
  const { cases } = loadVectors<{
    cases: {
      id: string
      network: string
      scriptType: ScriptType
      accountXpub: string
      slip132: string | null
      descriptor: string
      addresses: Row[]
    }[]
  }>('derivation')
  for (const c of cases) {
    test(c.id, () => {
      const network = networkOf(c.network)
      const read = readDescriptor(c.descriptor, network)
      assert('descriptor' in read)
      assert.equal(read.descriptor.text, c.descriptor)
      const keys = [c.accountXpub, ...(c.slip132 ? [c.slip132] : [])].map((text) => {
        const key = readExtendedKey(text, network)
        assert('key' in key, text)
        return descriptorOfKey(key.key, c.scriptType) ?? assert.fail('no script type')
      })
      for (const descriptor of [read.descriptor, ...keys]) {
        assert.equal(descriptor.scriptType, c.scriptType)
        for (const row of c.addresses) {
          const branch = row.change === 0 ? 'receive' : 'change'
          const derived = derive(descriptor, network, row.index, branch)
          assert(derived)
          assert.equal(hex(derived.publicKey), row.publicKey)
          assert.equal(derived.address, row.address)
          assert.equal(hex(derived.script), row.scriptPubKey)
          assert.equal(electrumScriptHash(derived.script), row.electrumScripthash)
          assert.equal(
            hex(readAddress(row.address, network)?.script ?? Buffer.alloc(0)),
            row.scriptPubKey,
          )
        }
      }
    })
  }
})

describe('extended keys', () => {
  const { cases } = loadVectors<{
    cases: {
      id: string
      input: string
      network: string
      hub: string
      depth?: number
      parentFingerprint?: string
      childNumber?: number
      scriptTypeHint?: string | null
      needsScriptTypeChoice?: boolean
      xpub?: string
    }[]
  }>('extended_keys')
  for (const c of cases) {
    test(`${c.id}: ${c.hub}`, () => {
      const read = readExtendedKey(c.input, networkOf(c.network))
      if (c.hub.startsWith('reject:')) {
        assert('refusal' in read)
        const allowed: string[] =
          c.hub === 'reject:invalid_or_private' ? ['invalid', 'private_key'] : [c.hub.slice(7)]
        assert(allowed.includes(read.refusal), read.refusal)
        return
      }
      assert('key' in read)
      const { key } = read
      assert.equal(key.notAccountLevel, c.hub === 'warn:not_account_level')
      if (c.depth !== undefined) assert.equal(key.depth, c.depth)
      if (c.parentFingerprint) assert.equal(key.parentFingerprint, c.parentFingerprint)
      if (c.childNumber !== undefined) assert.equal(key.childNumber, c.childNumber)
      if (c.scriptTypeHint !== undefined) assert.equal(key.scriptType ?? null, c.scriptTypeHint)
      if (c.needsScriptTypeChoice) assert.equal(descriptorOfKey(key, undefined), undefined)
      if (c.xpub) assert.equal(key.text, c.xpub)
    })
  }
})

describe('descriptors', () => {
  const vectors = loadVectors<{
    bip380: { input: string; valid: boolean }[]
    checksums: { descriptor: string; checksum: string }[]
    cases: {
      id: string
      network: string
      input: string
      hub: string
      receiveAddresses?: string[]
      changeAddresses?: string[]
    }[]
  }>('descriptors')
  for (const { input, valid } of vectors.bip380) {
    test(`BIP 380: ${input}`, () => {
      const good = input.includes('#')
        ? hasGoodChecksum(input)
        : descriptorChecksum(input) !== undefined
      assert.equal(good, valid)
    })
  }
  test('checksums', () => {
    for (const { descriptor, checksum } of vectors.checksums) {
      assert.equal(descriptorChecksum(descriptor), checksum, descriptor)
    }
  })
  for (const c of vectors.cases) {
    test(`${c.id}: ${c.hub}`, () => {
      const network = networkOf(c.network)
      const read = readDescriptor(c.input, network)
      if (c.hub.startsWith('reject:')) {
        assert('refusal' in read)
        assert.equal(read.refusal, c.hub.slice(7))
        return
      }
      if ('refusal' in read) {
        assert(c.hub === 'accept_or_unsupported', read.refusal)
        assert.equal(read.refusal, 'unsupported_script')
        return
      }
      const branch = (name: 'receive' | 'change', expected: string[] | undefined) => {
        for (const [index, address] of (expected ?? []).entries()) {
          assert.equal(derive(read.descriptor, network, index, name)?.address, address)
        }
      }
      branch('receive', c.receiveAddresses)
      branch('change', c.changeAddresses)
      assert(hasGoodChecksum(read.descriptor.text))
      assert(!read.descriptor.text.includes("'"))
    })
  }
})

describe('addresses', () => {
  const { cases } = loadVectors<{
    cases: {
      id: string
      address: string
      network: string
      valid: boolean
      scriptPubKey?: string
      type?: string
      dustSat?: number | null
      electrumScripthash?: string
    }[]
  }>('addresses')
  for (const c of cases) {
    test(`${c.id} ${c.address.slice(0, 20)} is ${c.valid ? 'read' : 'refused'}`, () => {
      const network = networkOf(c.network)
      const read = readAddress(c.address, network)
      if (!c.valid) return assert.equal(read, undefined)
      assert(read)
      assert.equal(hex(read.script), c.scriptPubKey)
      assert.equal(read.type, c.type)
      if (read.type !== 'witness_unknown') assert.equal(DUST_LIMIT[read.type], c.dustSat)
      assert.equal(electrumScriptHash(read.script), c.electrumScripthash)
      const again = addressOf(read.script, network)
      assert.equal(again?.toLowerCase(), c.address.toLowerCase())
    })
  }
})

describe('payment links', () => {
  const vectors = loadVectors<{
    build: {
      id: string
      address: string
      sat?: number
      label?: string
      message?: string
      lightning?: string
      expect: { link: string; qr: string }
    }[]
    parse: {
      id: string
      uri: string
      network?: string
      expect: {
        ok: boolean
        address?: string
        sat?: string
        label?: string
        message?: string
        lightning?: string
      }
    }[]
  }>('bip21')
  for (const c of vectors.build) {
    test(`${c.id} is written`, () => {
      const { sat, ...rest } = c
      const written = writeUri({ ...rest, sat: sat === undefined ? undefined : BigInt(sat) })
      assert.deepEqual(written, c.expect)
    })
  }
  for (const c of vectors.parse) {
    test(`${c.id} is ${c.expect.ok ? 'read' : 'refused'}`, () => {
      const read = readUri(c.uri, networkOf(c.network ?? 'main'))
      if (!c.expect.ok) return assert.equal(read, undefined)
      assert(read)
      const { address, sat, label, message, lightning } = read
      const { ok: _ok, ...expected } = c.expect
      const all = { address, sat: sat?.toString(), label, message, lightning }
      assert.deepEqual(
        Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
        expected,
      )
    })
  }
})

describe('amounts', () => {
  const vectors = loadVectors<{
    quote: {
      id: string
      amountMinor: string
      currency: string
      rate: string
      spreadPpm: number
      expectSat: string
    }[]
    refund: {
      id: string
      creditedSat: string
      amountMinor: string
      refundMinor: string[]
      expectSat: string[]
    }[]
    btcToSat: { btc: string; sat: string | null }[]
    rates: {
      id: string
      now: number
      policy: RatePolicy
      sources: SourceQuote[]
      expect: { ok: boolean; rate?: string; error?: string; used: string[] }
    }[]
  }>('amounts')
  for (const c of vectors.quote) {
    test(c.id, () => {
      const money = { amount: BigInt(c.amountMinor), currency: c.currency }
      assert.equal(quote(money, c), BigInt(c.expectSat))
    })
  }
  for (const c of vectors.refund) {
    test(c.id, () => {
      const share = { creditedSat: BigInt(c.creditedSat), amount: BigInt(c.amountMinor) }
      assert.deepEqual(refundParts(share, c.refundMinor.map(BigInt)).map(String), c.expectSat)
    })
  }
  for (const { btc, sat } of vectors.btcToSat) {
    test(`${JSON.stringify(btc)} bitcoin are ${sat ?? 'refused'}`, () => {
      assert.equal(satOfBtc(btc)?.toString() ?? null, sat)
      if (sat !== null) assert.equal(satOfBtc(btcOfSat(BigInt(sat)))?.toString(), sat)
    })
  }
  for (const c of vectors.rates) {
    test(c.id, () => assert.deepEqual(aggregate(c.sources, c.policy, c.now), c.expect))
  }
})

describe('chain data', () => {
  interface Output {
    n: number
    sat: number
    scriptPubKey: string
    address: string | null
  }
  const vectors = loadVectors<{
    transactions: {
      id: string
      hex: string
      txid: string
      wtxid: string
      vsize: number
      weight: number
      coinbase: boolean
      signalsBip125: boolean
      inputs: { txid: string; vout: number; sequence: number }[]
      outputs: Output[]
    }[]
    malformedTransactions: { id: string; hex: string }[]
    blocks: {
      id: string
      hex: string
      hash: string
      prev: string
      merkleRoot: string
      time: number
      height: number
      txids: string[]
      watchedScripts: string[]
      matches: { txid: string; vout: number; sat: number; scriptPubKey: string }[]
    }[]
  }>('chain_data')
  for (const c of vectors.transactions) {
    test(`transaction ${c.id}`, () => {
      const read = parseTransaction(bytes(c.hex))
      assert(read)
      const { txid, wtxid, vsize, weight, coinbase, signalsReplacement } = read
      assert.deepEqual(
        { txid, wtxid, vsize, weight, coinbase, signalsBip125: signalsReplacement },
        {
          txid: c.txid,
          wtxid: c.wtxid,
          vsize: c.vsize,
          weight: c.weight,
          coinbase: c.coinbase,
          signalsBip125: c.signalsBip125,
        },
      )
      if (!c.coinbase) assert.deepEqual(read.inputs, c.inputs)
      const network: Network = 'regtest'
      assert.deepEqual(
        read.outputs.map(({ sat, script }, n) => ({
          n,
          sat,
          scriptPubKey: hex(script),
          address: addressOf(script, network) ?? null,
        })),
        c.outputs,
      )
    })
  }
  for (const c of vectors.malformedTransactions) {
    test(`malformed transaction ${c.id} is refused`, () => {
      const read = readHex(c.hex)
      assert.equal(read && parseTransaction(read), undefined)
    })
  }
  for (const c of vectors.blocks) {
    test(`block ${c.id}`, () => {
      const read = parseBlock(bytes(c.hex))
      assert(read)
      const { hash, previous, merkleRoot, time, height, transactions } = read
      const { prev, txids } = c
      assert.deepEqual(
        { hash, prev: previous, merkleRoot, time, height, txids: transactions.map((t) => t.txid) },
        { hash: c.hash, prev, merkleRoot: c.merkleRoot, time: c.time, height: c.height, txids },
      )
      assert.equal(merkleRootOf(txids), c.merkleRoot)
      const watched = new Set(c.watchedScripts)
      const matches = transactions.flatMap(({ txid, outputs }) =>
        outputs.flatMap(({ sat, script }, vout) =>
          watched.has(hex(script)) ? [{ txid, vout, sat, scriptPubKey: hex(script) }] : [],
        ),
      )
      assert.deepEqual(matches, c.matches)
    })
  }
})

describe('feeds', () => {
  const vectors = loadVectors<{
    zmq: { id: string; frames: string[]; expect: Record<string, string | number> }[]
    zmqCounters: { id: string; counters: number[]; expectResyncAfterIndex: number | null }[]
    electrum: {
      scripthash: { scriptPubKey: string; scripthash: string }[]
      status: { history: [string, number][]; status: string | null }[]
      merkle: { txid: string; pos: number; merkle: string[]; merkleRoot: string }[]
    }
  }>('feeds')
  for (const c of vectors.zmq) {
    test(`message ${c.id}`, () => {
      const read = readMessage(c.frames.map(bytes))
      assert(read)
      const { mempoolSequence, ...rest } = { mempoolSequence: undefined, ...read }
      const sequence =
        mempoolSequence === undefined ? {} : { mempoolSequence: Number(mempoolSequence) }
      assert.deepEqual({ ...rest, ...sequence }, c.expect)
    })
  }
  for (const c of vectors.zmqCounters) {
    test(`counters ${c.id}`, () => {
      const at = c.counters.findIndex((now, i) => i > 0 && isGap(c.counters[i - 1] ?? 0, now))
      assert.equal(at < 0 ? null : at, c.expectResyncAfterIndex)
    })
  }
  test('Electrum script hashes and statuses', () => {
    for (const { scriptPubKey, scripthash } of vectors.electrum.scripthash) {
      assert.equal(electrumScriptHash(bytes(scriptPubKey)), scripthash)
    }
    for (const { history, status } of vectors.electrum.status) {
      assert.equal(electrumStatus(history), status)
    }
  })
  test('merkle proofs lead to the root, and in another order they do not', () => {
    for (const { txid, pos, merkle, merkleRoot } of vectors.electrum.merkle) {
      assert.equal(merkleRootFrom(txid, pos, merkle), merkleRoot)
      assert.notEqual(merkleRootFrom(txid, pos, merkle.toReversed()), merkleRoot)
    }
  })
})

describe('tapes', () => {
  interface Tape {
    id: string
    title: string
    startTip: { height: number; hash: string }
    invoices: (InvoiceTerms & { id: string; scriptPubKey: string })[]
    steps: { action: string; events: TapeEvent[]; expect: Record<string, InvoiceState> }[]
  }
  const folder = new URL('./bitcoin/tapes/', import.meta.url)
  const names = readdirSync(folder).map((file) => file.replace('.json', ''))

  for (const name of names) {
    const tape = loadVectors<Tape>(`tapes/${name}`)
    // A hub that looks after each event, and one that looks only when a step is over.
    for (const eager of [true, false]) {
      test(`${tape.id}: ${tape.title}${eager ? '' : ' (looked at less often)'}`, () => {
        play(tape, eager)
      })
    }
    test(`${tape.id}: every event of the chain told twice changes nothing`, () => {
      play({ ...tape, steps: tape.steps.map(twice) }, true)
    })
    test(`${tape.id}: a removal told after what replaced it changes nothing`, () => {
      play({ ...tape, steps: tape.steps.map(removalsLast) }, true)
    })
  }

  function play(tape: Tape, eager: boolean) {
    const chain = createTapeChain(tape.startTip)
    const books = new Map<string, InvoiceFacts>(
      tape.invoices.map(({ id }) => [id, { ...NO_FACTS, tipHeight: tape.startTip.height }]),
    )
    let blind = false
    let catchUp = false
    for (const [number, step] of tape.steps.entries()) {
      const states = new Map<string, InvoiceState>()
      for (const [i, event] of step.events.entries()) {
        if (event.type === 'source') {
          blind = !event.up
          catchUp = event.up
        }
        chain.play(event)
        const isDue = eager || i === step.events.length - 1 || decides(event)
        if (!isDue) continue
        for (const invoice of tape.invoices) {
          const known = books.get(invoice.id) ?? NO_FACTS
          const script = invoice.scriptPubKey
          const seen = blind ? known : fold(known, lookAt(chain, script, known, catchUp), event.at)
          const acted = act(invoice, seen, event)
          const { state, facts } = evaluate(invoice, acted, event.at, blind)
          books.set(invoice.id, facts)
          states.set(invoice.id, state)
        }
        if (event.type === 'live') catchUp = false
      }
      const label = `step ${number}: ${step.action}`
      assert.deepEqual(Object.fromEntries(states), step.expect, label)
    }
  }

  type Step = Tape['steps'][number]

  const twice = (step: Step): Step => ({
    ...step,
    events: step.events.flatMap((event) =>
      ['tx', 'mempool_removed', 'block', 'tick', 'live'].includes(event.type)
        ? [event, event]
        : [event],
    ),
  })

  /** Only where the next event is the transaction that took the place. */
  function removalsLast(step: Step): Step {
    const events = [...step.events]
    for (const [i, event] of step.events.entries()) {
      const next = step.events[i + 1]
      if (event.type === 'mempool_removed' && next?.type === 'tx') events.splice(i, 2, next, event)
    }
    return { ...step, events }
  }

  const decides = ({ type }: TapeEvent) => type === 'operator' || type === 'refund_sent'

  function act(invoice: InvoiceTerms & { id: string }, facts: InvoiceFacts, event: TapeEvent) {
    if (event.type === 'operator' && event.invoice === invoice.id) {
      return decideByHand(invoice, facts, event.action)
    }
    if (event.type === 'refund_sent' && event.invoice === invoice.id) {
      return { ...facts, refundedSat: facts.refundedSat + event.sat }
    }
    return facts
  }
})

/** What the chain shows of a script to somebody who knows these transactions. */
function lookAt(chain: TapeChain, script: string, known: InvoiceFacts, catchUp: boolean): Look {
  const placed = [
    ...chain.blocks.flatMap(({ height, hash, time, transactions }) =>
      transactions.map((transaction) => ({
        transaction,
        place: { in: 'block' as const, height, hash, time },
      })),
    ),
    ...[...chain.mempool.values()].map(({ transaction }) => ({
      transaction,
      place: { in: 'mempool' as const },
    })),
  ]
  const transactions = placed.flatMap(({ transaction, place }) => {
    const outputs = transaction.outputs.flatMap((output, vout) =>
      hex(output.script) === script ? [{ vout, sat: output.sat }] : [],
    )
    const { txid, inputs, coinbase } = transaction
    return outputs.length === 0
      ? []
      : [{ txid, inputs: inputs.map(outpointOf), outputs, coinbase, place }]
  })
  const spentBy = new Map<string, 'mempool' | 'chain'>()
  for (const { txid } of known.transactions) {
    const raw = chain.raw.get(txid)
    const gone = raw === undefined ? undefined : parseTransaction(bytes(raw))
    const rival = placed.find(
      (each) => gone && each.transaction.txid !== txid && conflict(gone, each.transaction),
    )
    if (rival) spentBy.set(txid, rival.place.in === 'block' ? 'chain' : 'mempool')
  }
  return { tipHeight: chain.tip().height, catchUp, transactions, spentBy }
}
