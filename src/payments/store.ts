// Reads payments. Everything that writes them goes through the journal.

import { type Pool, timestamp } from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'
import type { Payment } from './payment.ts'
import { type PaymentRow, rowToPayment } from './rows.ts'

/** Where a payment is: every read names its merchant. */
export interface PaymentKey {
  merchantId: string
  paymentId: string
}

const SELECT = /* sql */ `
  select p.*, coalesce((
    select json_agg(json_build_object(
      'attempt_id', a.attempt_id, 'wallet', a.wallet, 'wallet_account_id', a.wallet_account_id,
      'surface', a.surface, 'status', a.status, 'amount', a.amount::text, 'currency', a.currency,
      'amount_captured', a.amount_captured::text, 'wallet_reference', a.wallet_reference,
      'wallet_transaction_id', a.wallet_transaction_id, 'wallet_status', a.wallet_status,
      'next_action', a.next_action, 'problem', a.problem, 'details', a.details,
      'paid_at', a.paid_at, 'observed_at', a.observed_at, 'created_at', a.created_at,
      'updated_at', a.updated_at, 'expires_at', a.expires_at) order by a.created_at, a.attempt_id)
    from attempts a where a.merchant_id = p.merchant_id and a.payment_id = p.payment_id
  ), '[]') as attempts
  from payments p`

export async function findPayment(pool: Pool, key: PaymentKey): Promise<Payment | undefined> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'payment-by-id',
    text: `${SELECT} where p.merchant_id = $1 and p.payment_id = $2`,
    values: [key.merchantId, key.paymentId],
  })
  return rows[0] && rowToPayment(rows[0])
}

export async function findPaymentByReference(
  pool: Pool,
  merchantId: string,
  livemode: boolean,
  reference: string,
): Promise<Payment | undefined> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'payment-by-reference',
    text: `${SELECT} where p.merchant_id = $1 and p.livemode = $2 and p.reference = $3`,
    values: [merchantId, livemode, reference],
  })
  return rows[0] && rowToPayment(rows[0])
}

/** The payment whose client secret has this SHA-256. */
export async function findPaymentBySecret(
  pool: Pool,
  hash: Uint8Array,
): Promise<Payment | undefined> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'payment-by-secret',
    text: `${SELECT} where p.client_secret_hash = $1`,
    values: [hash],
  })
  return rows[0] && rowToPayment(rows[0])
}

/** The payment that has an attempt with this number at its wallet. */
export async function findPaymentByWalletReference(
  pool: Pool,
  merchantId: string,
  walletReference: string,
): Promise<Payment | undefined> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'payment-by-wallet-reference',
    text: `${SELECT} where (p.merchant_id, p.payment_id) =
      (select merchant_id, payment_id from attempts where merchant_id = $1 and wallet_reference = $2)`,
    values: [merchantId, walletReference],
  })
  return rows[0] && rowToPayment(rows[0])
}

interface AccountKey {
  merchantId: string
  walletAccountId: string
}

/** The payments with an attempt that is paid to this address: one, as addresses are never reused. */
export async function findPaymentsByAddress(
  pool: Pool,
  merchantId: string,
  address: string,
): Promise<Payment[]> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'payments-by-address',
    text: `${SELECT} where (p.merchant_id, p.payment_id) in
      (select merchant_id, payment_id from attempts where address = $2 and merchant_id = $1)`,
    values: [merchantId, address],
  })
  return rows.map(rowToPayment)
}

/** The addresses of attempts that have not ended, of those started since a moment. */
export async function listOpenAddresses(
  pool: Pool,
  { merchantId, walletAccountId }: AccountKey,
  since: Milliseconds,
): Promise<string[]> {
  const { rows } = await pool.query<{ address: string }>({
    name: 'open-addresses',
    text: `select address from attempts where merchant_id = $1 and wallet_account_id = $2
      and address is not null and created_at >= $3
      and status in ('created', 'requires_action', 'processing', 'unknown_outcome')`,
    values: [merchantId, walletAccountId, timestamp(since)],
  })
  return rows.map(({ address }) => address)
}

/** Which of these addresses belong to attempts of the account, however old. */
export async function whichAddresses(
  pool: Pool,
  { merchantId, walletAccountId }: AccountKey,
  addresses: readonly string[],
): Promise<string[]> {
  if (addresses.length === 0) return []
  const { rows } = await pool.query<{ address: string }>({
    name: 'which-addresses',
    text: `select address from attempts where address = any ($3) and merchant_id = $1
      and wallet_account_id = $2`,
    values: [merchantId, walletAccountId, addresses],
  })
  return rows.map(({ address }) => address)
}

export interface PaymentFilter {
  merchantId: string
  livemode: boolean
  reference?: string | undefined
  status?: string | undefined
  wallet?: string | undefined
  customer?: string | undefined
  createdFrom?: number | undefined
  createdBefore?: number | undefined
}

/** Newest first. `after` and `before` are payment ids; one more row than `limit` says "has more". */
export async function listPayments(
  pool: Pool,
  filter: PaymentFilter,
  page: { limit: number; after?: string | undefined; before?: string | undefined },
): Promise<Payment[]> {
  const values: unknown[] = [filter.merchantId, filter.livemode]
  const where = ['p.merchant_id = $1', 'p.livemode = $2']
  const bind = (sql: (n: number) => string, value: unknown) => {
    if (value === undefined) return
    values.push(value)
    where.push(sql(values.length))
  }
  bind((n) => `p.reference = $${n}`, filter.reference)
  bind((n) => `p.status = $${n}`, filter.status)
  bind((n) => `p.details->'customer'->>'id' = $${n}`, filter.customer)
  bind(
    (n) => `p.created_at >= $${n}`,
    filter.createdFrom === undefined ? undefined : new Date(filter.createdFrom),
  )
  bind(
    (n) => `p.created_at < $${n}`,
    filter.createdBefore === undefined ? undefined : new Date(filter.createdBefore),
  )
  bind(
    (n) =>
      `exists (select from attempts a where a.merchant_id = p.merchant_id and a.payment_id = p.payment_id and a.wallet = $${n})`,
    filter.wallet,
  )
  bind((n) => `p.payment_id < $${n}`, page.after)
  bind((n) => `p.payment_id > $${n}`, page.before)
  values.push(page.limit + 1)
  const order = page.before === undefined ? 'desc' : 'asc'
  const { rows } = await pool.query<PaymentRow>({
    text: `${SELECT} where ${where.join(' and ')} order by p.payment_id ${order} limit $${values.length}`,
    values,
  })
  return rows.map(rowToPayment)
}
