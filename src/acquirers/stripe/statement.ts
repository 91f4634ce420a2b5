// Stripe's itemized reports of payouts and of the balance (sheet section 9), with the columns that
// name our payments: payment_metadata[tongbao_payment] and refund_metadata[tongbao_refund].

import { formatDecimal } from '../../money.ts'
import { type ReadStatement, StatementError, type StatementLine } from '../../wallets/statement.ts'
import { type Row, readMajor, readRows, readTime, Sums } from '../statement-rows.ts'
import { METADATA, REFUND_METADATA } from './messages.ts'

const COLUMNS = [
  'balance_transaction_id',
  'created_utc',
  'currency',
  'gross',
  'fee',
  'net',
  'reporting_category',
  'source_id',
  'payment_intent_id',
]

/** Each line's fee is what its gross lost on the way to its net; a line that differs is told. */
export const readStatement: ReadStatement = async function* (bytes) {
  const sums = new Sums()
  let lines = 0
  let consistent = true
  for await (const row of readRows(bytes, COLUMNS)) {
    const currency = row.cell('currency').toUpperCase()
    const [gross, fee, net] = ['gross', 'fee', 'net'].map((column) =>
      readMajor(row, column, currency),
    )
    if (gross === undefined || fee === undefined || net === undefined) {
      throw new StatementError('amount', row.line, 'an amount is missing')
    }
    if (gross - fee !== net) consistent = false
    sums.add({ amount: net, currency })
    lines += 1
    yield readLine(row, { gross, fee, currency })
  }
  return {
    lines,
    consistent,
    summary: Object.fromEntries(
      sums
        .entries()
        .map(([currency, amount]) => [`net ${currency}`, formatDecimal({ amount, currency })]),
    ),
  }
}

function readLine(
  row: Row,
  { gross, fee, currency }: { gross: bigint; fee: bigint; currency: string },
): StatementLine {
  const category = row.cell('reporting_category')
  const kind = kindOf(category, gross)
  const texts = {
    walletReference: row.cell(`payment_metadata[${METADATA}]`),
    walletTransactionId: row.cell('payment_intent_id'),
    ...(kind === 'refund' && {
      refundReference: row.cell(`refund_metadata[${REFUND_METADATA}]`),
      walletRefundId: row.cell('source_id'),
    }),
    walletStatus: category,
  }
  return {
    line: row.line,
    kind,
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    money: { amount: gross < 0n ? -gross : gross, currency },
    fee: { amount: fee, currency },
    at: readTime(row, 'created_utc'),
  }
}

function kindOf(category: string, gross: bigint): StatementLine['kind'] {
  if (category === 'charge' && gross >= 0n) return 'payment'
  if (category === 'refund' && gross <= 0n) return 'refund'
  return category === 'fee' ? 'fee' : 'other'
}
