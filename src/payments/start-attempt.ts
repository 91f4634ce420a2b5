// Starts an attempt: the intention is committed before the wallet hears of it, so that a crash in
// between leaves something to ask about.

import { createHash } from 'node:crypto'
import { newId, walletReferenceOf } from '../ids.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Milliseconds } from '../ports.ts'
import type { Browser, Problem, Surface } from '../wallets/wallet.ts'
import { nextAccountIndex } from './account-counter.ts'
import { applyFact } from './apply.ts'
import { observe, orderOf } from './ask.ts'
import type { PaymentContext } from './context.ts'
import { type Refusal, refuseAttempt } from './decide.ts'
import type { IdempotencyRecord } from './journal.ts'
import type { Attempt, AttemptDetails, Payment } from './payment.ts'
import { findPayment, type PaymentKey } from './store.ts'

export interface NewAttempt {
  wallet: string
  surface: Surface
  /** The code the payer shows (surface `barcode`); goes to the wallet and is not kept. */
  authCode?: string
  payer?: NonNullable<AttemptDetails['payer']>
  payerAddress?: string
  /** Of the page on which the payer begins. */
  language?: string
  /** What the wallet's sheet handed out; goes to the wallet and is not kept. */
  token?: string
  /** What the payer's browser tells of itself; goes to the wallet and is not kept. */
  browser?: Browser
}

export type StartRefusal =
  | Refusal
  /** The wallet cannot do this: `surface`, `currency` or `amount`. */
  | { code: 'not_supported'; capability: 'surface' | 'currency' | 'amount' }
  /** Not connected in this mode, switched off, or not allowed for this payment. */
  | { code: 'wallet_unavailable' }
  /** This wallet starts with what its sheet handed out. */
  | { code: 'token_missing' }
  /** The token cannot be read, is not genuine, is too old, or is for another account. */
  | { code: 'token_refused'; problem: Problem }
  /** Another attempt has started with the same token. */
  | { code: 'token_used' }

export type Started =
  | { outcome: 'started'; payment: Payment; attempt: Attempt }
  | { outcome: 'refused'; refusal: StartRefusal }
  | { outcome: 'not_found' }
  | { outcome: 'key_taken' }

/** A payer's code is good for about a minute; nothing can come of it later. */
const BARCODE_TIME_MS = 90_000

/**
 * The wallet counts its shortest time limit from when the order arrives, which is after the intention
 * was committed and may be after a wait for a connection.
 */
const SENDING_MS = 10_000

export async function startAttempt(
  ctx: PaymentContext,
  key: PaymentKey,
  input: NewAttempt,
  idempotency?: (payment: Payment, attempt: Attempt) => IdempotencyRecord,
): Promise<Started> {
  const payment = await findPayment(ctx.pool, key)
  if (!payment) return { outcome: 'not_found' }
  const connected = await usableWallet(ctx, payment, input)
  if ('code' in connected) return { outcome: 'refused', refusal: connected }
  const at = ctx.ports.clock.now()
  const identity = await identifyToken(ctx, connected, input, at)
  if (identity && 'code' in identity) return { outcome: 'refused', refusal: identity }

  // A refused attempt takes no number: payers' wallets look only so far past unused addresses.
  const refusal = refuseAttempt(payment, at)
  if (refusal) return { outcome: 'refused', refusal }
  const accountIndex = connected.wallet.countsAttempts
    ? await nextAccountIndex(ctx.pool, connected)
    : undefined
  const attempt = newAttempt(ctx, payment, connected, input, at, accountIndex)
  const intended = await applyFact(ctx, key, { type: 'attempt_started', attempt, at }, payment, {
    idempotency: idempotency && ((p: Payment) => idempotency(p, attempt)),
    token: identity && { attemptId: attempt.attemptId, hash: identity.hash },
  })
  if (intended.kind === 'not_found' || intended.kind === 'key_taken')
    return { outcome: intended.kind }
  if (intended.kind === 'token_used') return { outcome: 'refused', refusal: { code: 'token_used' } }
  if (intended.kind === 'refused') return { outcome: 'refused', refusal: intended.refusal }

  const order = orderOf(ctx, intended.payment, attempt)
  const observation = await connected.wallet.create(ctx.ports, connected.account, {
    ...order,
    ...(input.authCode !== undefined && { authCode: input.authCode }),
    ...(input.token !== undefined && { token: input.token }),
    ...(input.browser && { browser: input.browser }),
  })
  const told = await observe(ctx, intended.payment, attempt, connected.wallet, observation, false)
  const after = 'payment' in told ? told.payment : intended.payment
  return {
    outcome: 'started',
    payment: after,
    attempt: after.attempts.find((a) => a.attemptId === attempt.attemptId) ?? attempt,
  }
}

async function usableWallet(
  ctx: PaymentContext,
  payment: Payment,
  input: NewAttempt,
): Promise<ConnectedWallet | Exclude<StartRefusal, Refusal>> {
  const connections = await ctx.wallets.list(payment.merchantId, payment.livemode)
  const connected = connections.find((c) => c.enabled && c.wallet.name === input.wallet)
  if (!connected || !allows(payment, input.wallet)) return { code: 'wallet_unavailable' }
  if (!connected.surfaces.includes(input.surface))
    return { code: 'not_supported', capability: 'surface' }
  const capability = cannotTake(connected, payment)
  return capability ? { code: 'not_supported', capability } : connected
}

type RefusedToken = Extract<StartRefusal, { code: 'token_missing' | 'token_refused' }>

/** Who the token is, for wallets that start with one. Their keys may be newer than ours. */
async function identifyToken(
  { ports }: PaymentContext,
  { wallet, account }: ConnectedWallet,
  { token }: NewAttempt,
  now: Milliseconds,
): Promise<{ hash: Uint8Array } | RefusedToken | undefined> {
  if (!wallet.identifyToken) return undefined
  if (token === undefined) return { code: 'token_missing' }
  let identity = wallet.identifyToken(account, token, now)
  if ('problem' in identity && wallet.refreshKeys) {
    await wallet.refreshKeys(ports, account)
    identity = wallet.identifyToken(account, token, now)
  }
  if ('problem' in identity) return { code: 'token_refused', problem: identity.problem }
  return { hash: createHash('sha256').update(`${wallet.name}\n${identity.tokenId}`).digest() }
}

/** The merchant's own choice of wallets for this payment. */
export function allows(payment: Payment, wallet: string): boolean {
  return payment.details.wallets === null || payment.details.wallets.includes(wallet)
}

/** What keeps a wallet from taking this payment's money, if anything does. */
export function cannotTake(
  connected: ConnectedWallet,
  payment: Payment,
): 'currency' | 'amount' | undefined {
  const { capabilities } = connected.wallet
  if (!capabilities.currencies.includes(payment.currency)) return 'currency'
  const limits = capabilities.limits[payment.currency]
  if (limits && (payment.amount < limits.min || payment.amount > limits.max)) return 'amount'
  return undefined
}

function newAttempt(
  ctx: PaymentContext,
  payment: Payment,
  connected: ConnectedWallet,
  input: NewAttempt,
  at: Milliseconds,
  accountIndex: number | undefined,
): Attempt {
  const attemptId = newId('att', ctx.ports)
  return {
    attemptId,
    wallet: connected.wallet.name,
    walletAccountId: connected.walletAccountId,
    surface: input.surface,
    status: 'created',
    amount: payment.amount,
    currency: payment.currency,
    amountCaptured: 0n,
    walletReference: walletReferenceOf(attemptId),
    walletTransactionId: null,
    walletStatus: null,
    nextAction: null,
    problem: null,
    details: {
      ...(input.payer && { payer: input.payer }),
      ...(input.payerAddress && { payerAddress: input.payerAddress }),
      ...(input.language && { language: input.language }),
      ...(accountIndex !== undefined && { accountIndex }),
    },
    paidAt: null,
    observedAt: null,
    createdAt: at,
    updatedAt: at,
    expiresAt: expiryOf(payment, connected, input.surface, at),
  }
}

/** The payment's own time limit, within what the wallet can keep an order open for. */
function expiryOf(
  payment: Payment,
  connected: ConnectedWallet,
  surface: Surface,
  at: Milliseconds,
): Milliseconds {
  const { minSeconds, maxSeconds } = connected.wallet.capabilities.expiry
  const wanted =
    surface === 'barcode' ? Math.min(payment.expiresAt, at + BARCODE_TIME_MS) : payment.expiresAt
  const soonest = at + minSeconds * 1000 + SENDING_MS
  return Math.min(Math.max(wanted, soonest), at + maxSeconds * 1000)
}
