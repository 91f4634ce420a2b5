// The acquirers' books: every charge of a card, and everything that was done with it afterwards.
import { amount, type Books, integer, optionalText, type Row, text } from '../books.ts'
import { type JsonObject, parseObject } from '../json.ts'
import type { AcquirerName } from './merchants.ts'

export type ChargeState =
  /** The issuer waits for the payer (3-D Secure). */
  | 'challenged'
  /** The payer has answered the issuer, and the acquirer has not been told to go on. */
  | 'answered'
  | 'authorized'
  | 'captured'
  | 'declined'
  | 'canceled'
  | 'expired'
  /** Made without a card to charge: it only holds its place. */
  | 'idle'

export interface Charge {
  acquirer: AcquirerName
  /** The acquirer's number. */
  id: string
  merchant: string
  /** The merchant's own number. */
  reference: string
  currency: string
  /** In the acquirer's units, as are the following. */
  amount: bigint
  captured: bigint
  refunded: bigint
  state: ChargeState
  /** Taken with the authorization, or asked for later. */
  capture: 'automatic' | 'manual'
  /** Which test card, if it is one. */
  card?: string | undefined
  wallet: string
  /** What the issuer said, in the acquirer's code. */
  code?: string | undefined
  createdAt: number
  /** What the acquirer's own answers need besides. */
  more: JsonObject
}

export type ChangeKind = 'capture' | 'refund' | 'cancel'

export interface Change {
  id: string
  charge: string
  kind: ChangeKind
  amount: bigint
  reference: string
  state: 'approved' | 'declined' | 'reversed'
  createdAt: number
  more: JsonObject
}

export interface Ledger {
  add(charge: Charge): void
  save(charge: Charge): void
  byId(acquirer: AcquirerName, id: string): Charge | undefined
  /** Oldest first; of every merchant where none is named. */
  byReference(acquirer: AcquirerName, merchant: string | undefined, reference: string): Charge[]
  recent(acquirer: AcquirerName, limit: number): Charge[]
  /** Oldest first. */
  all(acquirer: AcquirerName): Charge[]
  addChange(change: Change): void
  saveChange(change: Change): void
  changes(charge: string): Change[]
  changeById(id: string): Change | undefined
  /** False when the token has been charged before. */
  spend(tokenId: string): boolean
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS card_charges (
    id TEXT PRIMARY KEY, acquirer TEXT NOT NULL, merchant TEXT NOT NULL, reference TEXT NOT NULL,
    currency TEXT NOT NULL, amount INTEGER NOT NULL, captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL, state TEXT NOT NULL, capture TEXT NOT NULL, card TEXT,
    wallet TEXT NOT NULL, code TEXT, created_at INTEGER NOT NULL, more TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS card_charges_reference ON card_charges (acquirer, reference);
  CREATE TABLE IF NOT EXISTS card_changes (
    id TEXT PRIMARY KEY, charge TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
    reference TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, more TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS card_changes_charge ON card_changes (charge);
  CREATE TABLE IF NOT EXISTS card_spent (token TEXT PRIMARY KEY) STRICT;
`

export function openLedger(books: Books): Ledger {
  books.define(TABLES)
  const write = (sql: string, charge: Charge) =>
    books.run(
      sql,
      charge.id,
      charge.acquirer,
      charge.merchant,
      charge.reference,
      charge.currency,
      charge.amount,
      charge.captured,
      charge.refunded,
      charge.state,
      charge.capture,
      charge.card ?? null,
      charge.wallet,
      charge.code ?? null,
      charge.createdAt,
      JSON.stringify(charge.more),
    )
  const writeChange = (verb: string, change: Change) =>
    books.run(
      `${verb} INTO card_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      change.id,
      change.charge,
      change.kind,
      change.amount,
      change.reference,
      change.state,
      change.createdAt,
      JSON.stringify(change.more),
    )
  const insert = 'INTO card_charges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
  return {
    add: (charge) => void write(`INSERT ${insert}`, charge),
    save(charge) {
      books.run(
        `UPDATE card_charges SET captured = ?, refunded = ?, state = ?, code = ?, more = ?
         WHERE id = ?`,
        charge.captured,
        charge.refunded,
        charge.state,
        charge.code ?? null,
        JSON.stringify(charge.more),
        charge.id,
      )
    },
    byId(acquirer, id) {
      const row = books.get(
        'SELECT * FROM card_charges WHERE id = ? AND acquirer = ?',
        id,
        acquirer,
      )
      return row && readCharge(row)
    },
    byReference: (acquirer, merchant, reference) =>
      books
        .all(
          `SELECT * FROM card_charges WHERE acquirer = ? AND reference = ? AND merchant = coalesce(?, merchant)
           ORDER BY rowid`,
          acquirer,
          reference,
          merchant ?? null,
        )
        .map(readCharge),
    recent: (acquirer, limit) =>
      books
        .all(
          'SELECT * FROM card_charges WHERE acquirer = ? ORDER BY rowid DESC LIMIT ?',
          acquirer,
          limit,
        )
        .map(readCharge),
    all: (acquirer) =>
      books
        .all('SELECT * FROM card_charges WHERE acquirer = ? ORDER BY rowid', acquirer)
        .map(readCharge),
    addChange: (change) => void writeChange('INSERT', change),
    saveChange: (change) => void writeChange('REPLACE', change),
    changes: (charge) =>
      books
        .all('SELECT * FROM card_changes WHERE charge = ? ORDER BY rowid', charge)
        .map(readChange),
    changeById(id) {
      const row = books.get('SELECT * FROM card_changes WHERE id = ?', id)
      return row && readChange(row)
    },
    spend: (tokenId) => books.run('INSERT OR IGNORE INTO card_spent VALUES (?)', tokenId) === 1,
  }
}

function readCharge(row: Row): Charge {
  return {
    acquirer: oneOf(ACQUIRERS, text(row, 'acquirer')),
    id: text(row, 'id'),
    merchant: text(row, 'merchant'),
    reference: text(row, 'reference'),
    currency: text(row, 'currency'),
    amount: amount(row, 'amount'),
    captured: amount(row, 'captured'),
    refunded: amount(row, 'refunded'),
    state: oneOf(STATES, text(row, 'state')),
    capture: oneOf(CAPTURES, text(row, 'capture')),
    card: optionalText(row, 'card'),
    wallet: text(row, 'wallet'),
    code: optionalText(row, 'code'),
    createdAt: integer(row, 'created_at'),
    more: parseObject(text(row, 'more')) ?? {},
  }
}

function readChange(row: Row): Change {
  return {
    id: text(row, 'id'),
    charge: text(row, 'charge'),
    kind: oneOf(KINDS, text(row, 'kind')),
    amount: amount(row, 'amount'),
    reference: text(row, 'reference'),
    state: oneOf(CHANGE_STATES, text(row, 'state')),
    createdAt: integer(row, 'created_at'),
    more: parseObject(text(row, 'more')) ?? {},
  }
}

const ACQUIRERS = ['adyen', 'stripe', 'checkoutcom'] as const
const STATES = [
  'challenged',
  'answered',
  'authorized',
  'captured',
  'declined',
  'canceled',
  'expired',
  'idle',
] as const
const CAPTURES = ['automatic', 'manual'] as const
const KINDS = ['capture', 'refund', 'cancel'] as const
const CHANGE_STATES = ['approved', 'declined', 'reversed'] as const

function oneOf<T extends string>(known: readonly T[], value: string): T {
  const found = known.find((each) => each === value)
  if (found === undefined) throw new TypeError(`the books hold ${value}`)
  return found
}
