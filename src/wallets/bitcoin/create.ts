// Starts a payment: a fresh address, a locked rate, an amount (sheet 3.1).

import { strict as assert } from 'node:assert'
import type { Ports } from '../../ports.ts'
import type { AttemptOrder, NextAction, Observation, Problem } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import { DUST_LIMIT } from './address.ts'
import { MAX_SAT, quote } from './amounts.ts'
import { canSettle, fromSources } from './chain.ts'
import { type Derived, derive } from './derive.ts'
import type { ScriptType } from './extended-key.ts'
import { evaluate, NO_FACTS } from './invoice.ts'
import { type Invoice, type Memory, readMemory, writeMemory } from './memory.ts'
import { progressOf } from './observe.ts'
import { currentRate } from './rate-desk.ts'
import { writeUri } from './uri.ts'

const OUTPUT_TYPE = {
  p2pkh: 'p2pkh',
  'p2sh-p2wpkh': 'p2sh',
  p2wpkh: 'p2wpkh',
  p2tr: 'p2tr',
} as const satisfies Record<ScriptType, keyof typeof DUST_LIMIT>

/**
 * The address of the order's number and what to send there. Repeated with what it told to keep, it
 * gives the same answer; without, nobody has seen the address yet and the rate is locked anew.
 */
export async function create(
  ports: Ports,
  account: BitcoinAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const known = readMemory(order.memory)
  if (known) return started(order, known)
  const { accountIndex } = order
  assert(accountIndex !== undefined, 'a Bitcoin order needs a number of its account')
  const now = Math.floor(ports.clock.now() / 1000)
  const derived = derive(account.descriptor, account.network, accountIndex)
  // Beyond the last number a key has, and for the one in 2^127 that is no key.
  if (!derived) return refused(order, 'merchant_config', 'index_unusable')

  const tip = await fromSources(ports, account, (source) => source.status(ports))
  if ('problem' in tip) return refused(order, tip.problem.category, 'chain_not_ready', tip.problem)
  const { currency } = order.money
  const rate = await currentRate(ports, account.rates, currency)
  if (!rate.ok) {
    return refused(order, 'provider_down', rate.error, { walletMessage: rate.detail })
  }
  const spreadPpm = currency === 'BTC' ? 0 : account.terms.spreadPpm
  const sat = quote(order.money, { rate: rate.rate, spreadPpm })
  const least = Math.max(
    account.terms.minSat,
    DUST_LIMIT[OUTPUT_TYPE[account.descriptor.scriptType]],
  )
  if (sat === undefined || sat < BigInt(least)) {
    return refused(order, 'invalid_request', 'amount_too_small')
  }
  if (sat > MAX_SAT) return refused(order, 'invalid_request', 'amount_too_large')
  const amountSat = Number(sat)
  if (!canSettle(account, amountSat)) {
    return refused(order, 'merchant_config', 'second_source_missing')
  }
  const invoice = invoiceOf(account, order, { accountIndex, derived, amountSat, now })
  const memory: Memory = {
    invoice: { ...invoice, rate: rate.rate, rateSources: rate.used },
    facts: { ...NO_FACTS, tipHeight: tip.value.tip.height },
    cursor: tip.value.tip,
    lookedAt: now,
    settledBy: null,
  }
  return started(order, memory)
}

interface Terms {
  accountIndex: number
  derived: Derived
  amountSat: number
  now: number
}

function invoiceOf(
  { terms }: BitcoinAccount,
  order: AttemptOrder,
  { accountIndex, derived, amountSat, now }: Terms,
): Omit<Invoice, 'rate' | 'rateSources'> {
  const { tiers, zeroConfMaxSat, tolerancePermille, graceSec, monitorSec, quoteSec } = terms
  return {
    index: accountIndex,
    address: derived.address,
    script: derived.script.toString('hex'),
    createdAt: now,
    expiresAt: Math.min(now + quoteSec, Math.floor(order.expiresAt / 1000)),
    amountSat,
    policy: {
      tiers,
      zeroConfMaxSat,
      toleranceSat: Math.floor((amountSat * tolerancePermille) / 1000),
      graceSec,
      monitorSec,
    },
  }
}

function started(order: AttemptOrder, memory: Memory): Observation {
  const { invoice, facts } = memory
  const { state } = evaluate(invoice, facts, invoice.createdAt)
  return {
    source: 'response',
    status: 'requires_action',
    walletReference: order.walletReference,
    money: order.money,
    nextAction: nextActionOf(invoice, invoice.amountSat),
    walletStatus: 'requires_action',
    memory: writeMemory(memory),
    chain: progressOf(invoice, state),
  }
}

/** What the payer is shown: the address and what is still to be sent. */
export function nextActionOf(invoice: Invoice, amountSat: number): NextAction {
  const { address, rate, expiresAt } = invoice
  const { link, qr } = writeUri({ address, sat: BigInt(amountSat) })
  return {
    type: 'address',
    uri: link,
    qrText: qr,
    address,
    amountSat,
    rate,
    expiresAt: expiresAt * 1000,
  }
}

/** Nothing was shown to the payer, so nothing can have been paid. */
function refused(
  order: AttemptOrder,
  category: Problem['category'],
  walletCode: string,
  more: Pick<Problem, 'walletMessage'> = {},
): Observation {
  const { walletMessage } = more
  return {
    source: 'response',
    status: 'failed',
    walletReference: order.walletReference,
    problem: { category, walletCode, ...(walletMessage !== undefined && { walletMessage }) },
    walletStatus: walletCode,
  }
}
