// The recorded scenarios through the whole wallet: over a node's RPC and over Esplora, with nothing
// kept between two questions but the memory that the hub stores.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readAccount } from '../../src/wallets/bitcoin/account.ts'
import type { InvoiceState, InvoiceTerms } from '../../src/wallets/bitcoin/invoice.ts'
import { readMemory, writeMemory } from '../../src/wallets/bitcoin/memory.ts'
import { createTapeChain, loadVectors, type TapeEvent } from '../../src/wallets/bitcoin/testing.ts'
import { createWorld, ESPLORA_URL, NODE_URL } from '../../src/wallets/bitcoin/testing-servers.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { AttemptOrder, Observation, ObservedStatus } from '../../src/wallets/wallet.ts'

interface Tape {
  id: string
  title: string
  startTip: { height: number; hash: string }
  startTime: number
  descriptor: string
  invoices: (InvoiceTerms & {
    id: string
    derivationIndex: number
    address: string
    createdAt: number
  })[]
  steps: { action: string; events: TapeEvent[]; expect: Record<string, InvoiceState> }[]
}

const SOURCES = {
  'a node': { core_urls: NODE_URL, core_user: 'hub', core_password: 'secret' },
  Esplora: { esplora_urls: ESPLORA_URL, second_source_above: '1000' },
  'a node that is down, then Esplora': {
    core_urls: 'http://127.0.0.1:1/',
    core_user: 'hub',
    core_password: 'secret',
    esplora_urls: ESPLORA_URL,
    second_source_above: '1000',
  },
}

const folder = new URL('./bitcoin/tapes/', import.meta.url)

for (const [name, source] of Object.entries(SOURCES)) {
  describe(`tapes over ${name}`, () => {
    for (const file of readdirSync(folder)) {
      const tape = loadVectors<Tape>(`tapes/${file.replace('.json', '')}`)
      for (const eager of [false, true]) {
        test(`${tape.id}${eager ? ', asked after each event' : ''}`, () =>
          play(tape, source, eager))
      }
    }
  })
}

async function play(tape: Tape, source: Record<string, string>, eager: boolean) {
  const chain = createTapeChain(tape.startTip)
  const world = createWorld(chain)
  const read = readAccount({ network: 'regtest', key: tape.descriptor, ...source })
  assert('account' in read, JSON.stringify(read))
  const { account } = read
  const orders = new Map<string, AttemptOrder>()
  const refunded = new Map<string, number>()
  for (const invoice of tape.invoices) {
    world.setTime(invoice.createdAt * 1000)
    const order: AttemptOrder = {
      walletReference: `ref${invoice.id}`,
      surface: 'qr',
      money: { amount: BigInt(invoice.amountSat), currency: 'BTC' },
      title: 'Coffee',
      expiresAt: invoice.expiresAt * 1000,
      notifyUrl: 'https://pay.example.com/notify',
      returnUrl: 'https://pay.example.com/return',
      quitUrl: 'https://pay.example.com/quit',
      accountIndex: invoice.derivationIndex,
    }
    const started = await bitcoin.create(world.ports, account, order)
    assert.equal(started.status, 'requires_action', JSON.stringify(started.problem))
    assert(started.nextAction?.type === 'address')
    assert.equal(started.nextAction.address, invoice.address)
    assert.equal(started.nextAction.amountSat, invoice.amountSat)
    const memory = readMemory(started.memory)
    assert(memory)
    // The scenario has its own times and rules; everything else stays as it was made.
    const { expiresAt, policy } = invoice
    const invoiceOfTape = { ...memory.invoice, expiresAt, policy: { ...policy } }
    orders.set(invoice.id, { ...order, memory: writeMemory({ ...memory, invoice: invoiceOfTape }) })
  }

  // A source that has only begun to catch up does not call itself ready.
  let behind = false
  for (const [number, step] of tape.steps.entries()) {
    const last = new Map<string, Observation>()
    for (const [i, event] of step.events.entries()) {
      chain.play(event)
      world.setTime(event.at * 1000)
      if (event.type === 'source') {
        for (const url of [NODE_URL, ESPLORA_URL]) {
          if (event.up) world.down.delete(url)
          else world.down.add(url)
        }
      }
      if (event.type === 'source') behind = event.up
      if (event.type === 'live') behind = false
      if (event.type === 'refund_sent') {
        refunded.set(event.invoice, (refunded.get(event.invoice) ?? 0) + event.sat)
      }
      const decides = event.type === 'operator'
      if (behind) continue
      if (!eager && !decides && i < step.events.length - 1) continue
      for (const [id, order] of orders) {
        const decision =
          event.type === 'operator' && event.invoice === id ? { decision: event.action } : {}
        const observation = await bitcoin.query(world.ports, account, { ...order, ...decision })
        last.set(id, observation)
        if (observation.memory !== undefined) {
          assert(observation.memory.length < 16_384)
          orders.set(id, { ...order, memory: observation.memory })
        }
      }
    }
    for (const invoice of tape.invoices) {
      const expected = step.expect[invoice.id]
      const observation = last.get(invoice.id)
      const label = `step ${number}: ${step.action}, ${invoice.id}`
      assert(expected && observation, label)
      if (world.down.size > 0) assert.equal(observation.status, 'unknown', label)
      else check(expected, observation, { invoice, label, refunded: refunded.get(invoice.id) ?? 0 })
    }
  }
}

function check(
  expected: InvoiceState,
  observation: Observation,
  more: { invoice: InvoiceTerms; label: string; refunded: number },
) {
  const { chain } = observation
  assert(chain, more.label)
  assert.deepEqual(
    {
      seenSat: chain.seenSat,
      confirmedSat: chain.confirmedSat,
      creditedSat: chain.creditedSat,
      // Refunds are the hub's own doing; the wallet does not know of them.
      heldSat: chain.heldSat - more.refunded,
      reversedSat: chain.reversedSat,
      dueSat: chain.dueSat,
      exceptions: chain.flags,
      requiredConf: chain.requiredConfirmations,
    },
    {
      seenSat: expected.seenSat,
      confirmedSat: expected.confirmedSat,
      creditedSat: expected.creditedSat,
      heldSat: expected.heldSat,
      reversedSat: expected.reversedSat,
      dueSat: expected.dueSat,
      exceptions: expected.exceptions,
      requiredConf: expected.requiredConf,
    },
    more.label,
  )
  assert.deepEqual(
    chain.payments.map(({ outpoint, sat, status, inTime }) => ({ outpoint, sat, status, inTime })),
    expected.payments.map(({ outpoint, sat, status, onTime }) => ({
      outpoint,
      sat,
      status,
      inTime: onTime,
    })),
    more.label,
  )
  assert(allowed(expected).includes(observation.status), `${more.label}: ${observation.status}`)
  if (observation.status === 'succeeded') {
    assert.equal(observation.money?.amount, BigInt(more.invoice.amountSat), more.label)
    assert.match(observation.walletTransactionId ?? '', /^[0-9a-f]{64}:\d+$/)
  }
}

/** The words for an invoice's state: within the grace it still waits, and money lost is reversed. */
function allowed({ status, exceptions }: InvoiceState): ObservedStatus[] {
  if (status === 'expired') return ['closed', 'requires_action']
  if (status === 'succeeded' && exceptions.includes('reversed')) return ['reversed', 'succeeded']
  return [status]
}
