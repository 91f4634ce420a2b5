// Takes a notification from a wallet: verify the raw bytes, keep them, answer, and let the wallet's
// own answer to our question decide.

import { createHash } from 'node:crypto'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type {
  Acknowledgement,
  NotificationVerdict,
  Observation,
  RawNotification,
  RefusalReason,
} from '../wallets/wallet.ts'
import { askAbout, observe } from './ask.ts'
import type { PaymentContext } from './context.ts'
import { contradiction } from './learn.ts'
import { type Attempt, isOpen, type Payment } from './payment.ts'
import { findPaymentByWalletReference } from './store.ts'

export type NotificationOutcome =
  | 'taken'
  /** The same bytes, or the same news, came before. */
  | 'known'
  /** Genuine, but not about taking a payment. */
  | 'ignored'
  /** Genuine, and about money that moved after a payment; nothing here acts on it. */
  | 'after_payment'
  /** Genuine, but it contradicts what we asked for, is not for this account or not understood. */
  | 'quarantined'
  | 'unknown_account'
  /** Genuine, but we never asked for this order: perhaps money that no payment knows of. */
  | 'unknown_order'
  | `refused_${RefusalReason}`

export interface Received {
  outcome: NotificationOutcome
  acknowledgement: Acknowledgement
  /** Settles when the wallet has been asked; the answer to the notification does not wait for it. */
  asked: Promise<unknown>
}

/** If this process dies before it has asked the wallet, a job does so after this time. */
const ASK_BY_JOB_AFTER_MS = 5_000

export async function receiveNotification(
  ctx: PaymentContext,
  walletName: string,
  walletAccountId: string,
  raw: RawNotification,
): Promise<Received> {
  const wallet = ctx.registry.get(walletName)
  const connected = await ctx.wallets.find(walletAccountId)
  if (!wallet || !connected || connected.wallet.name !== walletName) {
    return {
      outcome: 'unknown_account',
      acknowledgement: wallet?.acknowledge(false) ?? NOTHING_HERE,
      asked: Promise.resolve(),
    }
  }
  const answer = (
    outcome: NotificationOutcome,
    taken: boolean,
    asked: Promise<unknown> = Promise.resolve(),
  ) => ({
    outcome,
    acknowledgement: wallet.acknowledge(taken),
    asked,
  })
  const read = await readWithFreshKeys(ctx, connected, raw)
  if (read.verdict === 'refused') {
    ctx.ports.log.warn(
      { wallet: walletName, walletAccountId, reason: read.reason, detail: read.detail },
      'refused a notification',
    )
    return answer(`refused_${read.reason}`, false)
  }
  if (read.verdict === 'quarantined') {
    const reason = `${read.reason}: ${read.detail}`
    await keep(ctx, connected, raw, { verdict: 'quarantined', reason })
    ctx.ports.log.error(
      { wallet: walletName, walletAccountId, reason: read.reason, detail: read.detail },
      'a genuine notification is not for this account or not understood',
    )
    return answer('quarantined', true)
  }
  if (read.verdict === 'ignored') return answer(await putAside(ctx, connected, raw, read), true)
  const { observation } = read
  const found =
    observation.walletReference && (await findOrder(ctx, connected, observation.walletReference))
  const messageId = observation.messageId ?? null
  if (!found) {
    await keep(ctx, connected, raw, { verdict: 'quarantined', reason: 'unknown_order', messageId })
    const { walletReference, walletTransactionId, status } = observation
    ctx.ports.log.error(
      { walletAccountId, walletReference, walletTransactionId, status },
      'a genuine notification is about an order that is not known here',
    )
    return answer('unknown_order', wallet.queuesNotifications ?? false)
  }
  const { payment, attempt } = found
  const about = { paymentId: payment.paymentId, messageId }

  const conflict = contradiction(attempt, observation)
  if (conflict) {
    await keep(ctx, connected, raw, { ...about, verdict: 'quarantined', reason: conflict })
    await observe(ctx, payment, attempt, wallet, observation, false)
    const { walletReference, walletTransactionId, walletStatus } = observation
    ctx.ports.log.error(
      {
        paymentId: payment.paymentId,
        walletAccountId,
        walletReference,
        walletTransactionId,
        walletStatus,
        field: conflict,
      },
      'a genuine notification contradicts the order',
    )
    return answer('quarantined', wallet.queuesNotifications ?? false)
  }
  if (saysNothingNew(attempt, observation)) {
    await keep(ctx, connected, raw, { ...about, verdict: 'taken', reason: null })
    return answer('known', true)
  }
  if (!read.askFirst) {
    await keep(ctx, connected, raw, { ...about, verdict: 'taken', reason: null })
    await observe(ctx, payment, attempt, wallet, observation, false)
    return answer('taken', true)
  }
  const receivedAt = ctx.ports.clock.now()
  const resolveAt = receivedAt + ASK_BY_JOB_AFTER_MS
  await keep(ctx, connected, raw, { ...about, verdict: 'taken', reason: null, resolveAt })
  return answer('taken', true, ask(ctx, payment, attempt, receivedAt))
}

type Ignored = Extract<NotificationVerdict, { verdict: 'ignored' }>

/** Keeps what changes no payment with the payment it is about, so that a person finds it there. */
async function putAside(
  ctx: PaymentContext,
  connected: ConnectedWallet,
  raw: RawNotification,
  { reason, order, afterPayment }: Ignored,
): Promise<NotificationOutcome> {
  const found = order?.walletReference
    ? await findOrder(ctx, connected, order.walletReference)
    : undefined
  const about = found && { paymentId: found.payment.paymentId }
  await keep(ctx, connected, raw, { ...about, verdict: 'ignored', reason })
  if (!afterPayment) return 'ignored'
  const { walletAccountId } = connected
  ctx.ports.log.error(
    { ...about, walletAccountId, ...order, reason },
    'money moved after a payment, and nothing here acts on it',
  )
  return 'after_payment'
}

async function readWithFreshKeys(
  ctx: PaymentContext,
  { wallet, account }: ConnectedWallet,
  raw: RawNotification,
): Promise<NotificationVerdict> {
  const read = wallet.readNotification(account, raw, ctx.ports.clock.now())
  if (!wallet.refreshKeys || read.verdict !== 'refused' || read.reason !== 'unknown_key') {
    return read
  }
  await wallet.refreshKeys(ctx.ports, account)
  return wallet.readNotification(account, raw, ctx.ports.clock.now())
}

const NOTHING_HERE: Acknowledgement = {
  status: 404,
  contentType: 'text/plain; charset=utf-8',
  body: 'fail',
}

async function findOrder(
  ctx: PaymentContext,
  connected: ConnectedWallet,
  walletReference: string,
): Promise<{ payment: Payment; attempt: Attempt } | undefined> {
  const payment = await findPaymentByWalletReference(
    ctx.pool,
    connected.merchantId,
    walletReference,
  )
  const attempt = payment?.attempts.find((a) => a.walletReference === walletReference)
  if (!payment || !attempt || attempt.walletAccountId !== connected.walletAccountId)
    return undefined
  return { payment, attempt }
}

/** News that would change nothing needs no question: the attempt has ended, or stands where it says. */
function saysNothingNew(attempt: Attempt, observation: Observation): boolean {
  if (attempt.status === 'succeeded')
    return !observation.notRefundable || attempt.details.notRefundable === true
  if (observation.status === 'succeeded') return false
  return !isOpen(attempt.status) || observation.status === attempt.status
}

async function ask(
  ctx: PaymentContext,
  payment: Payment,
  attempt: Attempt,
  newerThan: number,
): Promise<void> {
  try {
    await askAbout(ctx, payment, attempt, newerThan)
  } catch (error) {
    // The job that was kept with the notification asks again.
    ctx.ports.log.warn(
      { paymentId: payment.paymentId, error: String(error) },
      'asking after a notification failed',
    )
  }
}

interface Keeping {
  verdict: 'taken' | 'ignored' | 'quarantined'
  reason: string | null
  paymentId?: string
  messageId?: string | null
  resolveAt?: number
}

function keep(
  ctx: PaymentContext,
  connected: ConnectedWallet,
  raw: RawNotification,
  what: Keeping,
) {
  const contentHash = createHash('sha256')
    .update(raw.contentType)
    .update('\n')
    .update(raw.body)
    .digest()
  return ctx.notifications.keep({
    merchantId: connected.merchantId,
    walletAccountId: connected.walletAccountId,
    contentHash,
    paymentId: what.paymentId ?? null,
    messageId: what.messageId ?? null,
    verdict: what.verdict,
    reason: what.reason,
    contentType: raw.contentType,
    body: raw.body,
    receivedAt: ctx.ports.clock.now(),
    resolveAt: what.resolveAt ?? null,
  })
}
