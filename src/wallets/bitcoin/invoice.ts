// What the facts of the chain make of an invoice (sheet 6; rules in the vectors' README). Pure: the
// same facts at the same time give the same state, in whatever order they were learned.

/** Confirmations an invoice needs: the first tier that its amount fits in. */
export interface Tier {
  /** Null: no upper bound. */
  maxSat: number | null
  conf: number
}

export interface Policy {
  tiers: readonly Tier[]
  /** Up to this amount an unconfirmed payment settles; -1: never. */
  zeroConfMaxSat: number
  /** So much less than asked is enough. */
  toleranceSat: number
  /** After the expiry, a payment seen this soon is still in time. */
  graceSec: number
  /** After the expiry, an unconfirmed payment is waited for this long. */
  monitorSec: number
}

export interface InvoiceTerms {
  amountSat: number
  /** Unix seconds, as all times here. */
  expiresAt: number
  policy: Policy
}

export type Place =
  | { in: 'mempool' }
  | { in: 'block'; height: number; hash: string; time: number }
  /** Gone. `spentBy` is where a transaction stands that spends the same coins. */
  | { in: 'nowhere'; spentBy: 'mempool' | 'chain' | 'nobody' }

/** A transaction that pays the invoice, or once did. */
export interface SeenTransaction {
  txid: string
  /** `txid:vout` of what it spends. */
  inputs: readonly string[]
  /** Only the outputs to the invoice's script. */
  outputs: readonly { vout: number; sat: number }[]
  /** What further outputs pay that are not kept one by one. */
  restSat?: number
  coinbase: boolean
  firstSeen: number
  place: Place
  /** Its block left the best chain at some time. */
  reorged: boolean
}

/** Money of one block whose transactions are not kept one by one. */
export interface FoldedBlock {
  height: number
  /** Empty when the block is so deep that it is taken to stand. */
  hash: string
  coinbase: boolean
  inTimeSat: number
  lateSat: number
}

/** What came in more transactions than can be kept; no satoshi of it is lost. */
export interface Folded {
  /** Up to here, every transaction that is not kept is in the sums. */
  height: number
  /** Of blocks that are deep enough for everything. */
  inTimeSat: number
  lateSat: number
  blocks: readonly FoldedBlock[]
  /** Beginnings of the ids of unconfirmed transactions that came in time. */
  early: readonly string[]
  /** When the last of those was first seen. */
  earlySeen: number
}

export const NOTHING_FOLDED: Folded = {
  height: -1,
  inTimeSat: 0,
  lateSat: 0,
  blocks: [],
  early: [],
  earlySeen: 0,
}

export interface InvoiceFacts {
  tipHeight: number
  transactions: readonly SeenTransaction[]
  /** Absent as long as all transactions are kept. */
  folded?: Folded
  refundedSat: number
  /** Set once and kept: an invoice that was paid stays paid. */
  settled: 'paid' | 'accepted' | null
  failed: 'unconfirmed' | 'rejected' | null
  /** The most that was ever credited. */
  highestCreditedSat: number
}

export const NO_FACTS: InvoiceFacts = {
  tipHeight: 0,
  transactions: [],
  refundedSat: 0,
  settled: null,
  failed: null,
  highestCreditedSat: 0,
}

export type InvoiceStatus = 'requires_action' | 'processing' | 'succeeded' | 'expired' | 'failed'

export type InvoiceFlag =
  | 'underpaid'
  | 'overpaid'
  | 'late'
  | 'double_spent'
  | 'dropped'
  | 'reorged'
  | 'reversed'
  | 'manual'

export type PaymentPlace =
  | 'mempool'
  | 'confirmed'
  | 'immature'
  | 'replaced'
  | 'conflicted'
  | 'dropped'

export interface InvoicePayment {
  outpoint: string
  sat: number
  status: PaymentPlace
  confirmations: number
  onTime: boolean
}

export interface InvoiceState {
  status: InvoiceStatus
  exceptions: InvoiceFlag[]
  requiredConf: number
  seenSat: number
  confirmedSat: number
  creditedSat: number
  heldSat: number
  refundedSat: number
  reversedSat: number
  dueSat: number
  /** Sorted by outpoint. */
  payments: InvoicePayment[]
}

/** What a source shows of an invoice's script at one moment. */
export interface Look {
  tipHeight: number
  /** Nobody looked for a while, so what is new may have happened earlier. */
  catchUp: boolean
  transactions: readonly (Omit<SeenTransaction, 'firstSeen' | 'place' | 'reorged'> & {
    place: Exclude<Place, { in: 'nowhere' }>
  })[]
  /** For known transactions that are gone: where what spends their coins stands. */
  spentBy: ReadonlyMap<string, 'mempool' | 'chain'>
  /** Blocks of {@link Folded} that have left the chain. */
  left?: ReadonlySet<string>
}

/** A coinbase's money counts after this many confirmations more than none. */
export const MATURITY = 100

/** The facts with what one look adds to them. */
export function fold(facts: InvoiceFacts, look: Look, at: number): InvoiceFacts {
  const shown = new Map(look.transactions.map((each) => [each.txid, each]))
  const known = facts.transactions.map((before): SeenTransaction => {
    const now = shown.get(before.txid)
    const place = now?.place ?? { in: 'nowhere', spentBy: spender(before, look) }
    const left =
      before.place.in === 'block' && !(place.in === 'block' && place.hash === before.place.hash)
    return { ...before, place, reorged: before.reorged || left }
  })
  const knownIds = new Set(facts.transactions.map(({ txid }) => txid))
  const folded = facts.folded && standing(facts.folded, look.left)
  const early = new Set(folded?.early)
  // By way of the map, because a list that moved while it was read may show one twice.
  const added = [...shown.values()]
    .filter(({ txid, place }) => !knownIds.has(txid) && !(folded && isFolded(folded, place)))
    .map((each): SeenTransaction => {
      const { place } = each
      const seen = look.catchUp && place.in === 'block' ? Math.min(at, place.time) : at
      const isEarly = folded && early.has(each.txid.slice(0, EARLY_KEPT))
      const firstSeen = isEarly ? Math.min(seen, folded.earlySeen) : seen
      return { ...each, firstSeen, reorged: false }
    })
  const transactions = [...known, ...added]
  return { ...facts, tipHeight: look.tipHeight, transactions, ...(folded && { folded }) }
}

/** As much of an id as is kept of a transaction that only has to be recognized. */
export const EARLY_KEPT = 12

/** Whether a transaction that is not kept is in the sums, given where it stands. */
export function isFolded(
  { height, blocks }: Pick<Folded, 'height' | 'blocks'>,
  place: Place | { in: 'block'; height: number; hash: string },
): boolean {
  if (place.in !== 'block') return false
  return place.height <= height || blocks.some(({ hash }) => hash === place.hash)
}

/** Without the blocks that have left the chain: what they held is shown again wherever it stands. */
function standing(folded: Folded, left: Look['left']): Folded {
  return left ? { ...folded, blocks: folded.blocks.filter(({ hash }) => !left.has(hash)) } : folded
}

/** Where the transaction stands that took the coins of one that is gone. */
function spender(gone: SeenTransaction, look: Look): 'mempool' | 'chain' | 'nobody' {
  const rivals = look.transactions.filter((each) => sharesInput(gone, each))
  if (rivals.some(({ place }) => place.in === 'block')) return 'chain'
  return look.spentBy.get(gone.txid) ?? (rivals.length > 0 ? 'mempool' : 'nobody')
}

/** A coinbase's input is no coin, so two coinbases are not in conflict. */
function sharesInput(
  a: Pick<SeenTransaction, 'inputs' | 'coinbase'>,
  b: Pick<SeenTransaction, 'inputs' | 'coinbase'>,
): boolean {
  return !a.coinbase && !b.coinbase && a.inputs.some((input) => b.inputs.includes(input))
}

/** The merchant takes what has come as payment, or gives the invoice up. */
export function decideByHand(
  terms: InvoiceTerms,
  facts: InvoiceFacts,
  action: 'accept' | 'reject',
): InvoiceFacts {
  if (facts.settled) return facts
  if (action === 'reject') return { ...facts, failed: 'rejected' }
  const { confirmedSat } = sums(terms, facts)
  return confirmedSat > 0 ? { ...facts, settled: 'accepted' } : facts
}

/**
 * The state at `now`, and the facts with what it settled for good. While nobody can look (`blind`),
 * nothing fails for want of confirmations.
 */
export function evaluate(
  terms: InvoiceTerms,
  before: InvoiceFacts,
  now: number,
  blind = false,
): { state: InvoiceState; facts: InvoiceFacts } {
  const sum = sums(terms, before)
  const enough = Math.max(1, terms.amountSat - terms.policy.toleranceSat)
  const reached = sum.inTimeSat >= enough
  const { expiresAt, policy } = terms
  const settled =
    before.settled ?? (!before.failed && sum.inTimeConfirmedSat >= enough ? 'paid' : null)
  const gaveUp = reached && !settled && !blind && now > expiresAt + policy.monitorSec
  const failed = before.failed ?? (gaveUp ? 'unconfirmed' : null)
  const status = statusOf({ settled, failed, reached, open: now <= expiresAt })

  const counted = settled === 'accepted' ? sum.confirmedSat : sum.inTimeConfirmedSat
  const creditedSat = settled ? Math.min(counted, terms.amountSat) : 0
  const highestCreditedSat = Math.max(before.highestCreditedSat, creditedSat)
  const reversedSat = highestCreditedSat - creditedSat
  const facts = { ...before, settled, failed, highestCreditedSat }
  const flags: Record<InvoiceFlag, boolean> = {
    underpaid: sum.inTimeSat > 0 && sum.inTimeSat < enough,
    overpaid: sum.inTimeSat > terms.amountSat,
    late: sum.lateSat > 0,
    double_spent: before.transactions.some((each) => wasTakenBack(each, before)),
    dropped: sum.payments.some((each) => each.status === 'dropped'),
    reorged: before.transactions.some(({ reorged }) => reorged),
    reversed: reversedSat > 0,
    manual: settled === 'accepted' || failed === 'rejected',
  }
  return {
    facts,
    state: {
      status,
      exceptions: FLAGS.filter((flag) => flags[flag]),
      requiredConf: requiredConfirmations(terms),
      seenSat: sum.inTimeSat + sum.lateSat,
      confirmedSat: sum.confirmedSat,
      creditedSat,
      heldSat: Math.max(0, sum.confirmedSat - creditedSat - before.refundedSat),
      refundedSat: before.refundedSat,
      reversedSat,
      dueSat: status === 'requires_action' ? terms.amountSat - sum.inTimeSat : 0,
      payments: sum.payments,
    },
  }
}

const FLAGS: readonly InvoiceFlag[] = [
  'underpaid',
  'overpaid',
  'late',
  'double_spent',
  'dropped',
  'reorged',
  'reversed',
  'manual',
]

function statusOf(is: {
  settled: InvoiceFacts['settled']
  failed: InvoiceFacts['failed']
  reached: boolean
  open: boolean
}): InvoiceStatus {
  if (is.settled) return 'succeeded'
  if (is.failed) return 'failed'
  if (is.reached) return 'processing'
  return is.open ? 'requires_action' : 'expired'
}

export function requiredConfirmations({ amountSat, policy }: InvoiceTerms): number {
  if (policy.zeroConfMaxSat >= amountSat) return 0
  const tier = policy.tiers.find(({ maxSat }) => maxSat === null || amountSat <= maxSat)
  // Tiers that end too early leave the largest amounts without one: the deepest usual wait.
  return tier?.conf ?? Math.max(6, ...policy.tiers.map(({ conf }) => conf))
}

interface Sums {
  inTimeSat: number
  lateSat: number
  confirmedSat: number
  inTimeConfirmedSat: number
  payments: InvoicePayment[]
}

function sums(terms: InvoiceTerms, facts: InvoiceFacts): Sums {
  const required = requiredConfirmations(terms)
  const payments = facts.transactions
    .flatMap((each) => paymentsOf(each, facts.tipHeight, terms))
    .sort((a, b) => (a.outpoint < b.outpoint ? -1 : 1))
  const sum = { inTimeSat: 0, lateSat: 0, confirmedSat: 0, inTimeConfirmedSat: 0 }
  const add = (sat: number, onTime: boolean, isConfirmed: boolean) => {
    if (onTime) sum.inTimeSat += sat
    else sum.lateSat += sat
    if (isConfirmed) sum.confirmedSat += sat
    if (isConfirmed && onTime) sum.inTimeConfirmedSat += sat
  }
  for (const each of facts.transactions) {
    const confirmations = confirmationsOf(each, facts.tipHeight)
    const status = paymentPlace(each, confirmations)
    if (status !== 'mempool' && status !== 'confirmed') continue
    add(paidBy(each), isOnTime(each, terms), confirmations >= required)
  }
  const folded = facts.folded ?? NOTHING_FOLDED
  add(folded.inTimeSat, true, true)
  add(folded.lateSat, false, true)
  for (const { height, coinbase, inTimeSat, lateSat } of folded.blocks) {
    const confirmations = Math.max(1, facts.tipHeight - height + 1)
    if (coinbase && confirmations <= MATURITY) continue
    add(inTimeSat, true, confirmations >= required)
    add(lateSat, false, confirmations >= required)
  }
  return { ...sum, payments }
}

/** What the transaction pays the invoice, in satoshi. */
export function paidBy({ outputs, restSat }: Pick<SeenTransaction, 'outputs' | 'restSat'>): number {
  return outputs.reduce((sum, { sat }) => sum + sat, restSat ?? 0)
}

/** First seen while the invoice could be paid. */
export function isOnTime(
  { firstSeen }: Pick<SeenTransaction, 'firstSeen'>,
  { expiresAt, policy }: Pick<InvoiceTerms, 'expiresAt' | 'policy'>,
): boolean {
  return firstSeen <= expiresAt + policy.graceSec
}

function confirmationsOf({ place }: SeenTransaction, tipHeight: number): number {
  return place.in === 'block' ? Math.max(1, tipHeight - place.height + 1) : 0
}

/**
 * Whether the money that settled the invoice was spent otherwise, in a block. What only left a block
 * may come back in the next; what came besides does not pay the invoice and changes nothing.
 */
export function isLost(terms: InvoiceTerms, facts: InvoiceFacts): boolean {
  if (!facts.settled) return false
  const { inTimeSat, lateSat } = sums(terms, facts)
  const counts = (each: SeenTransaction) => facts.settled === 'accepted' || isOnTime(each, terms)
  const spentSat = facts.transactions
    .filter((each) => each.place.in === 'nowhere' && each.place.spentBy === 'chain' && counts(each))
    .reduce((sum, each) => sum + paidBy(each), 0)
  const standsSat = facts.settled === 'accepted' ? inTimeSat + lateSat : inTimeSat
  const enough = Math.max(1, Math.min(facts.highestCreditedSat, terms.amountSat))
  return spentSat >= enough && standsSat < enough - terms.policy.toleranceSat
}

function paymentsOf(
  transaction: SeenTransaction,
  tipHeight: number,
  terms: InvoiceTerms,
): InvoicePayment[] {
  const confirmations = confirmationsOf(transaction, tipHeight)
  const status = paymentPlace(transaction, confirmations)
  const onTime = isOnTime(transaction, terms)
  return transaction.outputs.map(({ vout, sat }) => ({
    outpoint: `${transaction.txid}:${vout}`,
    sat,
    status,
    confirmations,
    onTime,
  }))
}

function paymentPlace({ place, coinbase }: SeenTransaction, confirmations: number): PaymentPlace {
  switch (place.in) {
    case 'mempool':
      return 'mempool'
    case 'block':
      return coinbase && confirmations <= MATURITY ? 'immature' : 'confirmed'
    case 'nowhere':
      return GONE[place.spentBy]
  }
}

const GONE = { mempool: 'replaced', chain: 'conflicted', nobody: 'dropped' } as const

/** Its coins went to a transaction that pays the invoice less. A fee bump pays it the same. */
function wasTakenBack(gone: SeenTransaction, facts: InvoiceFacts): boolean {
  if (gone.place.in !== 'nowhere' || gone.place.spentBy === 'nobody') return false
  const instead = facts.transactions
    .filter((each) => each.place.in !== 'nowhere' && sharesInput(gone, each))
    .reduce((sum, each) => sum + paidBy(each), 0)
  return instead < paidBy(gone)
}
