// What payers do with their money: pay, pay again, take it back, pay a higher fee.
import { integer, optionalText, type Row, text } from '../books.ts'
import type { Platform } from '../platform.ts'
import type { Block } from './block.ts'
import { confirmationsOf, find, outputOf, tipOf } from './chain.ts'
import { ancestorsOf, type Refusal, rivals } from './mempool.ts'
import type { Node } from './node.ts'
import { build, MINER, type OwnCoin, type Payer, payerById } from './payers.ts'
import { addressOf } from './script.ts'
import {
  type Output,
  outpoint,
  parseTransaction,
  sumOf,
  type Transaction,
  vsizeOf,
} from './transaction.ts'

export type PaymentKind = 'payment' | 'fee_bump' | 'less' | 'taken_back'

export interface Payment {
  txid: string
  payer: string
  kind: PaymentKind
  label: string | undefined
  /** Without the payer's own change. */
  outputs: { address: string; sat: bigint }[]
  /** Milliseconds. */
  createdAt: number
  /** The transaction that this one was made to displace. */
  replaces: string | undefined
  transaction: Transaction
}

export type PaymentState =
  | { state: 'confirmed'; confirmations: number; block: Block }
  | { state: 'waiting' }
  /** Another transaction spent the same coins, waiting or in a block. */
  | { state: 'replaced' | 'double_spent'; by: string }
  | { state: 'gone' }

/** A refusal the payer's app has words for. */
export interface PayerRefusal {
  problem:
    | 'NOT_ENOUGH'
    | 'UNKNOWN_PAYMENT'
    | 'TOO_LATE'
    | 'REFUSED_BY_NODE'
    | 'NOT_REPLACEABLE'
    | 'UNREADABLE'
    | 'NO_AMOUNT'
  message: string
}

export interface Order {
  payer: Payer
  outputs: readonly Output[]
  rate: number
  label?: string | undefined
}

export interface Payments {
  pay(order: Order): Payment | PayerRefusal
  /** The same again with a higher fee. */
  bump(txid: string, rate?: number): Payment | PayerRefusal
  /** A rival of it that pays less. */
  lower(txid: string, sat: bigint): Payment | PayerRefusal
  /** A rival of it that gives all to the payer; `mined` at once, from under what confirmed it. */
  takeBack(txid: string, mined: boolean): Payment | PayerRefusal
  /** Sends it once more, e.g. after it was dropped. */
  resend(txid: string): Payment | PayerRefusal
  byTxid(txid: string): Payment | undefined
  recent(limit: number, payer?: string): Payment[]
  stateOf(payment: Payment): PaymentState
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS bitcoin_payments (
    row INTEGER PRIMARY KEY, txid TEXT NOT NULL UNIQUE, payer TEXT NOT NULL, kind TEXT NOT NULL,
    label TEXT, created_at INTEGER NOT NULL, replaces TEXT, raw TEXT NOT NULL
  ) STRICT;
`

export function openPayments({ books, clock }: Platform, node: Node): Payments {
  books.define(TABLE)

  function send(
    transaction: Transaction,
    made: Pick<Payment, 'payer' | 'kind' | 'label' | 'replaces'>,
  ): Payment | PayerRefusal {
    return node.change(() => {
      const verdict = node.submit(transaction)
      if ('code' in verdict) return refused(verdict)
      return keep(transaction, made)
    })
  }

  function keep(
    transaction: Transaction,
    made: Pick<Payment, 'payer' | 'kind' | 'label' | 'replaces'>,
  ): Payment {
    const { txid, raw } = transaction
    const createdAt = clock.now()
    books.run(
      'INSERT INTO bitcoin_payments (txid, payer, kind, label, created_at, replaces, raw) VALUES (?, ?, ?, ?, ?, ?, ?)',
      txid,
      made.payer,
      made.kind,
      made.label ?? null,
      createdAt,
      made.replaces ?? null,
      raw.toString('hex'),
    )
    return { ...made, txid, createdAt, transaction, outputs: paidOf(transaction, made.payer) }
  }

  function byTxid(txid: string): Payment | undefined {
    const row = books.get('SELECT * FROM bitcoin_payments WHERE txid = ?', txid)
    return row && readPayment(row)
  }

  /** Another transaction with the same coins, or why there is none. */
  function rival(txid: string, outputs: readonly Output[] | 'same', rate?: number) {
    const old = byTxid(txid)
    if (!old) return unknown(txid)
    const payer = payerById(old.payer)
    const spend = coinsSpentBy(node, old.transaction)
    if (!payer || !spend) return problem('NOT_REPLACEABLE', 'its coins are not known any more')
    const fee = sumOf(spend) - sumOf(old.transaction.outputs)
    const oldRate = Number(fee) / vsizeOf(old.transaction)
    const own = payer.key.script
    const list =
      outputs === 'same'
        ? old.transaction.outputs.filter((each) => !each.script.equals(own))
        : outputs
    // Enough to push out what builds on it as well.
    const higher = rate ?? Math.ceil(oldRate * 2) + 5
    const transaction = build(node.chain, { key: payer.key, outputs: list, rate: higher, spend })
    return transaction ? { old, transaction } : problem('NOT_ENOUGH', 'the fee is not there')
  }

  return {
    pay({ payer, outputs, rate, label }) {
      const transaction = build(node.chain, { key: payer.key, outputs, rate })
      if (!transaction) return problem('NOT_ENOUGH', 'the payer does not have that much')
      return send(transaction, { payer: payer.id, kind: 'payment', label, replaces: undefined })
    },
    bump(txid, rate) {
      const made = rival(txid, 'same', rate)
      if ('problem' in made) return made
      const { payer, label } = made.old
      return send(made.transaction, { payer, kind: 'fee_bump', label, replaces: txid })
    },
    lower(txid, sat) {
      const first = byTxid(txid)?.outputs[0]
      const script = byTxid(txid)?.transaction.outputs.find(
        (each) => addressOf(each.script) === first?.address,
      )?.script
      if (!script) return unknown(txid)
      const made = rival(txid, [{ sat, script }])
      if ('problem' in made) return made
      const { payer, label } = made.old
      return send(made.transaction, { payer, kind: 'less', label, replaces: txid })
    },
    takeBack(txid, mined) {
      const made = rival(txid, [])
      if ('problem' in made) return made
      const { payer, label } = made.old
      const about = { payer, kind: 'taken_back', label, replaces: txid } as const
      const place = find(node.chain, txid)?.block
      if (!mined && place) return problem('TOO_LATE', 'it stands in a block already')
      const { inputs } = made.old.transaction
      if (!place && inputs.some((each) => node.chain.spends.has(outpoint(each.txid, each.vout)))) {
        return problem('TOO_LATE', 'its coins are spent in a block already')
      }
      if (!mined) return send(made.transaction, about)
      return node.change(() => {
        const depth = place ? tipOf(node.chain).height - place.height + 1 : 0
        const payTo = MINER.key.script
        const first = () => ({
          payTo,
          first: [...ancestorsOf(node.chain, made.transaction), made.transaction],
        })
        if (depth === 0) node.mine(first())
        else {
          const more = Array.from({ length: depth }, () => ({ payTo }))
          node.reorganize(depth, () => [first(), ...more])
        }
        return keep(made.transaction, about)
      })
    },
    resend(txid) {
      const old = byTxid(txid)
      if (!old) return unknown(txid)
      const verdict = node.submit(old.transaction)
      return 'code' in verdict ? refused(verdict) : old
    },
    byTxid,
    recent: (limit, payer) =>
      books
        .all(
          'SELECT * FROM bitcoin_payments WHERE ?1 IS NULL OR payer = ?1 ORDER BY row DESC LIMIT ?2',
          payer ?? null,
          limit,
        )
        .map(readPayment),
    stateOf: (payment) => stateOf(node, payment),
  }
}

function stateOf({ chain }: Node, { transaction }: Payment): PaymentState {
  const { txid, inputs } = transaction
  const found = find(chain, txid)
  if (found?.block) {
    const { block } = found
    return { state: 'confirmed', confirmations: confirmationsOf(chain, block), block }
  }
  if (found) return { state: 'waiting' }
  const inChain = inputs
    .map((input) => chain.spends.get(outpoint(input.txid, input.vout)))
    .find((spend) => spend !== undefined)
  if (inChain) return { state: 'double_spent', by: inChain.txid }
  const [waiting] = rivals(chain, transaction)
  return waiting === undefined ? { state: 'gone' } : { state: 'replaced', by: waiting }
}

/** The coins of a transaction, wherever they are by now. */
function coinsSpentBy({ chain }: Node, { inputs }: Transaction): OwnCoin[] | undefined {
  const coins = inputs.map(({ txid, vout }) => {
    const output = outputOf(chain, txid, vout)
    return output && { ...output, txid, vout, confirmed: chain.where.has(txid) }
  })
  const known = coins.filter((coin) => coin !== undefined)
  return known.length === coins.length ? known : undefined
}

function paidOf({ outputs }: Transaction, payer: string) {
  const own = payerById(payer)?.key.script
  return outputs
    .filter(({ script }) => !own?.equals(script))
    .map(({ sat, script }) => ({ sat, address: addressOf(script) ?? '' }))
}

const KINDS: readonly PaymentKind[] = ['payment', 'fee_bump', 'less', 'taken_back']

function readPayment(row: Row): Payment {
  const transaction = parseTransaction(Buffer.from(text(row, 'raw'), 'hex'))
  const kind = KINDS.find((each) => each === text(row, 'kind'))
  if (!transaction || !kind) throw new TypeError('a payment in the books cannot be read')
  const payer = text(row, 'payer')
  return {
    txid: transaction.txid,
    payer,
    kind,
    label: optionalText(row, 'label'),
    createdAt: integer(row, 'created_at'),
    replaces: optionalText(row, 'replaces'),
    transaction,
    outputs: paidOf(transaction, payer),
  }
}

function refused({ reason, detail }: Refusal): PayerRefusal {
  return problem('REFUSED_BY_NODE', detail ? `${reason}, ${detail}` : reason)
}

function unknown(txid: string): PayerRefusal {
  return problem('UNKNOWN_PAYMENT', `no payer sent ${txid}`)
}

function problem(code: PayerRefusal['problem'], message: string): PayerRefusal {
  return { problem: code, message }
}
