// Which screen a payment shows. Pure: state in, screen out; the server and the browser use it alike.

import type {
  CheckoutAttempt,
  CheckoutPayment,
  ProblemCategory,
  Surface,
} from '../../http/checkout-types.ts'
import { shownCategory } from './problems.ts'

export type Screen =
  | { name: 'choose'; notice: Notice | null }
  | { name: 'starting'; wallet: string; surface: Surface }
  | { name: 'qr'; attempt: CheckoutAttempt; expired: boolean }
  | { name: 'address'; attempt: CheckoutAttempt; expired: boolean }
  | {
      name: 'handoff'
      attempt: CheckoutAttempt
      checking: boolean
      asked: boolean
      /** The app that has to open the wallet is not around this page. */
      noApp: boolean
    }
  | { name: 'processing'; wallet: string; repeating: boolean }
  | { name: 'unknown'; wallet: string; category: ProblemCategory }
  | { name: 'problem'; wallet: string; category: ProblemCategory }
  | { name: 'success'; held: boolean }
  | { name: 'late' }
  | { name: 'expired' }
  | { name: 'canceled' }
  | { name: 'failed' }
  | { name: 'exhausted' }
  | { name: 'unavailable' }

/** A sentence above the wallets; never an error colour for what the payer did on purpose (CK-39). */
export type Notice =
  | { kind: 'not_finished'; wallet: string }
  | { kind: 'unconfirmed'; wallet: string }
  | { kind: 'start_failed'; wallet: string }
  /** Money came that pays nothing: too little, or too late. */
  | { kind: 'held'; wallet: string }

/** The words of each notice: title and text. */
export const NOTICE_TEXTS = {
  not_finished: ['problem.payer_action.title', 'problem.payer_action.text'],
  unconfirmed: ['unknown.again.title', 'unknown.again.text'],
  start_failed: ['startFailed.title', 'startFailed.text'],
  held: ['address.held.title', 'address.held.text'],
} as const

/** What only this tab knows. */
export interface Here {
  /** The server's time. */
  nowMs: number
  /** The payer asked for the list while an attempt stands. */
  choosing: boolean
  /** What is being started. */
  starting: { wallet: string; surface: Surface } | null
  /** The wallet whose attempt could not be started. */
  startFailed: string | null
  /** The page asks the wallet for the payer's return. */
  checking: boolean
  /** The wallet was asked at least once and had no payment. */
  asked: boolean
  /** The wallet's app was looked for and is not around this page. */
  noApp: boolean
}

/** A tab in which nothing has happened yet; `choosing` where the payer gave up in the wallet. */
export function freshTab(nowMs: number, choosing = false): Here {
  return {
    nowMs,
    choosing,
    starting: null,
    startFailed: null,
    checking: false,
    asked: false,
    noApp: false,
  }
}

/** The screen of this payment in this tab. */
export function screenOf(payment: CheckoutPayment, here: Here): Screen {
  const ended = endOf(payment)
  if (ended) return ended
  if (here.starting !== null) return { name: 'starting', ...here.starting }
  const { attempt } = payment
  const undecided = attempt && undecidedScreen(payment, attempt)
  if (undecided) return undecided
  if (here.nowMs >= Date.parse(payment.expires_at)) return { name: 'expired' }
  const stays = attempt && !here.choosing
  if (stays && isOpen(attempt)) return openScreen(attempt, here)
  if (payment.attempts_left <= 0) return { name: 'exhausted' }
  const over = stays && here.startFailed === null ? overScreen(attempt) : null
  if (over) return over
  if (!payment.payable && !isOpen(attempt)) return { name: 'unavailable' }
  return choiceScreen(attempt, here)
}

/** Whether the order's amount is still called "to pay". */
export function isPayable(screen: Screen): boolean {
  return ['choose', 'starting', 'qr', 'address', 'handoff', 'problem'].includes(screen.name)
}

/** True while an attempt can still be paid. */
export function isOpen(attempt: CheckoutAttempt | null): boolean {
  return attempt?.status === 'created' || attempt?.status === 'requires_action'
}

/** True when the page need not ask on its own any more (CK-33); a return to the tab still asks. */
export function isFinal(payment: CheckoutPayment): boolean {
  return endOf(payment) !== null
}

function endOf(payment: CheckoutPayment): Screen | null {
  switch (payment.status) {
    case 'succeeded':
      return { name: 'success', held: false }
    case 'authorized':
      return { name: 'success', held: true }
    case 'failed':
    case 'canceled':
    case 'expired':
      return payment.late ? { name: 'late' } : { name: payment.status }
    case 'created':
    case 'requires_action':
    case 'processing':
      return null
  }
}

// The wallet may already have the money: nothing here offers to pay.
function undecidedScreen(payment: CheckoutPayment, attempt: CheckoutAttempt): Screen | null {
  const { wallet, problem } = attempt
  // Everybody can see it on its way, for as long as that takes.
  if (attempt.chain && attempt.status === 'processing') {
    return { name: 'address', attempt, expired: false }
  }
  const unknown = attempt.status === 'unknown_outcome'
  if (payment.unresolved || (unknown && !payment.payable)) {
    const category = problem ? shownCategory(problem) : 'unknown_outcome'
    const told = category === 'duplicate' ? category : 'unknown_outcome'
    return { name: 'unknown', wallet, category: told }
  }
  if (attempt.status === 'processing' || attempt.status === 'succeeded') {
    return { name: 'processing', wallet, repeating: problem?.category === 'retry_same' }
  }
  return null
}

function openScreen(attempt: CheckoutAttempt, here: Here): Screen {
  const { wallet, next_action: action } = attempt
  if (attempt.problem?.category === 'retry_same') {
    return { name: 'processing', wallet, repeating: true }
  }
  if (action.type === 'qr') {
    return { name: 'qr', attempt, expired: here.nowMs >= Date.parse(action.expires_at) }
  }
  if (action.type === 'address') {
    return { name: 'address', attempt, expired: here.nowMs >= Date.parse(action.expires_at) }
  }
  if (action.type === 'none') return { name: 'processing', wallet, repeating: false }
  const { checking, asked, noApp } = here
  return { name: 'handoff', attempt, checking, asked, noApp }
}

// How the last try ended, where that is worth a screen of its own.
function overScreen(attempt: CheckoutAttempt): Screen | null {
  const { wallet, status, problem, next_action: action } = attempt
  if (status === 'expired' && action.type === 'qr') return { name: 'qr', attempt, expired: true }
  if (status === 'expired' && attempt.chain?.seen_sat === 0) {
    return { name: 'address', attempt, expired: true }
  }
  if (status !== 'failed' || !problem) return null
  const category = shownCategory(problem)
  switch (category) {
    case 'payer_action':
      return null
    case 'unknown_outcome':
      return { name: 'unknown', wallet, category }
    case 'retry_same':
      return { name: 'processing', wallet, repeating: true }
    default:
      return { name: 'problem', wallet, category }
  }
}

function choiceScreen(attempt: CheckoutAttempt | null, here: Here): Screen {
  if (here.startFailed !== null) {
    return { name: 'choose', notice: { kind: 'start_failed', wallet: here.startFailed } }
  }
  if (attempt?.status === 'unknown_outcome') {
    return { name: 'choose', notice: { kind: 'unconfirmed', wallet: attempt.wallet } }
  }
  if (attempt?.chain && attempt.chain.seen_sat > 0 && !isOpen(attempt)) {
    return { name: 'choose', notice: { kind: 'held', wallet: attempt.wallet } }
  }
  const gaveUp = attempt?.problem && shownCategory(attempt.problem) === 'payer_action'
  if (attempt && gaveUp && !isOpen(attempt) && !here.choosing) {
    return { name: 'choose', notice: { kind: 'not_finished', wallet: attempt.wallet } }
  }
  return { name: 'choose', notice: null }
}
