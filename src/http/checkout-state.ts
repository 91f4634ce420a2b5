// A payment as its payer sees it. Built from the database only; nothing the browser sends is in it.

import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Merchant } from '../merchants/merchant.ts'
import { refuseAttempt } from '../payments/decide.ts'
import { type Attempt, isFinal, MAX_ATTEMPTS, type Payment } from '../payments/payment.ts'
import { presentChain } from '../payments/present-chain.ts'
import { moneyMayHaveMoved } from '../payments/problem.ts'
import { problemCodeOf } from '../payments/problem-codes.ts'
import { problemText } from '../payments/problem-texts.ts'
import { allows, cannotTake } from '../payments/start-attempt.ts'
import type { Milliseconds } from '../ports.ts'
import type { SheetScript, Surface, Wallet } from '../wallets/wallet.ts'
import { actionName, orderName } from './checkout-parts.ts'
import type {
  Bilingual,
  CheckoutAttempt,
  CheckoutOrder,
  CheckoutPayment,
  CheckoutWallet,
} from './checkout-types.ts'
import type { HubLinks } from './links.ts'
import { presentNextAction, time } from './present.ts'

/** Where a payer's browser can start a wallet. */
export const PAYER_SURFACES: readonly Surface[] = ['desktop', 'mobile', 'qr']

export interface CheckoutView {
  payment: Payment
  merchant: Merchant
  connections: readonly ConnectedWallet[]
  registry: ReadonlyMap<string, Wallet>
  links: HubLinks
  /** In test mode. */
  sandboxUrl: string | undefined
  now: Milliseconds
}

export function checkoutPayment(view: CheckoutView): CheckoutPayment {
  const { payment, links, now } = view
  const order = checkoutOrder(view)
  const refusal = refuseAttempt(payment, now)
  const unresolved = refusal?.code === 'attempt_unresolved'
  const latest = payment.attempts.at(-1)
  const paid = payment.attempts.find((a) => a.attemptId === payment.paidAttemptId)
  return {
    ...order,
    order: orderName(order),
    id: payment.paymentId,
    status: payment.status,
    payable: refusal === undefined,
    unresolved,
    retry_at: unresolved ? time(refusal.retryAt) : null,
    attempt: latest ? checkoutAttempt(view, latest) : null,
    attempts_left: isFinal(payment.status)
      ? 0
      : Math.max(0, MAX_ATTEMPTS - payment.attempts.length),
    late: payment.late,
    paid: paid
      ? {
          at: time(paid.paidAt ?? paid.updatedAt),
          wallet: paid.wallet,
          wallet_transaction_id: paid.walletTransactionId,
          amount: Number(paid.amountCaptured),
          discount: 0,
        }
      : null,
    expires_at: time(payment.expiresAt),
    server_time: time(now),
    receipt_url: paid ? links.receipt(payment) : null,
  }
}

function checkoutOrder(view: CheckoutView): CheckoutOrder {
  const { payment, merchant } = view
  return {
    livemode: payment.livemode,
    amount: Number(payment.amount),
    currency: payment.currency,
    title: payment.title,
    reference: payment.reference,
    items: payment.details.items.map(({ name, quantity, amount }) => ({
      name,
      quantity,
      amount: Number(amount),
    })),
    merchant: { name: merchant.name, support: merchant.support },
    wallets: usableWallets(view),
    wallets_ordered: payment.details.wallets !== null,
    shared_code: { url: view.links.short(payment), svg_url: view.links.shortPicture(payment) },
    return_url: returnUrl(payment),
  }
}

/** An attempt with its action, and with the words for a page that has none of its own. */
export function checkoutAttempt(view: CheckoutView, attempt: Attempt): CheckoutAttempt {
  const { merchant, registry } = view
  const { problem } = attempt
  const walletName: Bilingual = registry.get(attempt.wallet)?.displayName ?? {
    en: attempt.wallet,
    'zh-CN': attempt.wallet,
  }
  const action = nextAction(view, attempt)
  return {
    id: attempt.attemptId,
    wallet: attempt.wallet,
    surface: attempt.surface,
    status: attempt.status,
    action: actionName(action),
    next_action: action,
    problem: problem && {
      category: problem.category,
      code: problemCodeOf(problem),
      money: moneyMayHaveMoved(problem.category) ? 'maybe' : 'no',
      ...problemText(problem.category, {
        wallet: walletName,
        merchant: { en: merchant.name, 'zh-CN': merchant.name },
      }),
    },
    created: time(attempt.createdAt),
    expires_at: time(attempt.expiresAt),
    chain: presentChain(attempt),
  }
}

function nextAction(view: CheckoutView, attempt: Attempt): CheckoutAttempt['next_action'] {
  const { payment, links } = view
  const action = presentNextAction(attempt.nextAction)
  if (action.type !== 'qr' && action.type !== 'address') return action
  const text = action.type === 'qr' ? action.content : action.qr_text
  const svg_url = links.qr(payment, attempt.attemptId)
  return { ...action, svg_url, test_url: testUrl(view, attempt.wallet, text) }
}

function testUrl({ payment, sandboxUrl }: CheckoutView, wallet: string, text: string) {
  if (payment.livemode) return null
  if (/^https?:\/\//i.test(text)) return text
  return sandboxUrl ? `${sandboxUrl}/${wallet}/phone?text=${encodeURIComponent(text)}` : null
}

// The first enabled account of each wallet, as a new attempt would choose it.
function usableConnections({ payment, connections }: CheckoutView): ConnectedWallet[] {
  const seen = new Set<string>()
  return inOrder(payment, connections).filter((connected) => {
    const { name } = connected.wallet
    if (!connected.enabled || seen.has(name)) return false
    seen.add(name)
    const reached = connected.surfaces.some((surface) => PAYER_SURFACES.includes(surface))
    return reached && allows(payment, name) && !cannotTake(connected, payment)
  })
}

/** In the order of the merchant's list, where the payment has one (PRODUCT CK-17). */
function inOrder(
  { details: { wallets } }: Payment,
  connections: readonly ConnectedWallet[],
): readonly ConnectedWallet[] {
  if (wallets === null) return connections
  const place = ({ wallet }: ConnectedWallet) => wallets.indexOf(wallet.name)
  return [...connections].sort((a, b) => place(a) - place(b))
}

/** The scripts that the page of this payment loads. */
export function sheetScripts(view: CheckoutView): SheetScript[] {
  return usableConnections(view).flatMap(({ wallet, account }) =>
    wallet.sheetScript ? [wallet.sheetScript(account)] : [],
  )
}

function usableWallets(view: CheckoutView): CheckoutWallet[] {
  const { payment, merchant } = view
  return usableConnections(view).map((connected) => {
    const { name, displayName } = connected.wallet
    const surfaces = connected.surfaces.filter((surface) => PAYER_SURFACES.includes(surface))
    const sheet = sheetOf(connected, payment, merchant)
    return { name, display_name: displayName, surfaces, sheet }
  })
}

/** What the page opens the wallet's sheet with; null for a wallet without one. */
function sheetOf(
  { wallet, account }: ConnectedWallet,
  { paymentId, amount, currency, title }: Payment,
  { name }: Merchant,
): CheckoutWallet['sheet'] {
  if (!wallet.sheet || !wallet.sheetScript) return null
  const order = { paymentId, money: { amount, currency }, title, merchantName: name }
  const { script } = wallet.sheetScript(account)
  return { script, parameters: wallet.sheet(account, order) }
}

/** The merchant's page, told which payment it was and nothing secret (PRODUCT CK-43). */
function returnUrl({ details, paymentId }: Payment): string | null {
  if (details.returnUrl === null) return null
  const url = new URL(details.returnUrl)
  url.searchParams.set('payment', paymentId)
  return url.href
}
