// Adyen's Settlement details report (sheet section 9): one batch, from its payments to its payout.

import { formatDecimal } from '../../money.ts'
import { type ReadStatement, StatementError, type StatementLine } from '../../wallets/statement.ts'
import { type Row, readMajor, readRows, readTime, Sums } from '../statement-rows.ts'

const COLUMNS =
  'Psp Reference,Merchant Reference,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC)'.split(
    ',',
  )
const FEES = ['Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)']

const KINDS: ReadonlyMap<string, StatementLine['kind']> = new Map([
  ['Settled', 'payment'],
  ['Refunded', 'refund'],
  ['Fee', 'fee'],
  ['MiscCosts', 'fee'],
  ['PaymentCost', 'fee'],
])

/** Minutes ahead of UTC. A zone that is not here refuses the file, because times could not be told. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  BST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  GST: 240,
  SGT: 480,
  HKT: 480,
  AWST: 480,
  JST: 540,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  BRT: -180,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
}

/** Everything that went into a batch comes out of it with the payout: a rest shows missing lines. */
export const readStatement: ReadStatement = async function* (bytes) {
  const sums = new Sums()
  let lines = 0
  for await (const row of readRows(bytes, COLUMNS)) {
    const netCurrency = row.cell('Net Currency')
    const net = signed(row, 'Net', netCurrency)
    if (net !== undefined) sums.add({ amount: net, currency: netCurrency })
    lines += 1
    yield readLine(row, net)
  }
  const rest = sums.entries()
  return {
    lines,
    consistent: rest.every(([, amount]) => amount === 0n),
    summary: Object.fromEntries(
      rest.map(([currency, amount]) => [`Net ${currency}`, formatDecimal({ amount, currency })]),
    ),
  }
}

/** Credit less debit; undefined where neither stands. */
function signed(row: Row, side: 'Gross' | 'Net', currency: string): bigint | undefined {
  const unit = side === 'Gross' ? 'GC' : 'NC'
  const debit = readMajor(row, `${side} Debit (${unit})`, currency)
  const credit = readMajor(row, `${side} Credit (${unit})`, currency)
  if (debit === undefined && credit === undefined) return undefined
  return (credit ?? 0n) - (debit ?? 0n)
}

function readLine(row: Row, net: bigint | undefined): StatementLine {
  const type = row.cell('Type')
  const grossCurrency = row.cell('Gross Currency')
  const gross = signed(row, 'Gross', grossCurrency)
  const amount = gross ?? net
  if (amount === undefined) throw new StatementError('amount', row.line, 'no amount')
  const netCurrency = row.cell('Net Currency')
  const currency = gross === undefined ? netCurrency : grossCurrency
  const documented = KINDS.get(type) ?? 'other'
  const forward =
    (documented === 'payment' && amount >= 0n) || (documented === 'refund' && amount <= 0n)
  const kind = documented === 'fee' || forward ? documented : 'other'
  const fees = FEES.map((column) => readMajor(row, column, netCurrency)).filter(
    (fee) => fee !== undefined,
  )
  const zone = row.cell('TimeZone')
  const offset = Object.hasOwn(ZONES, zone) ? ZONES[zone] : undefined
  if (offset === undefined) throw new StatementError('time', row.line, `zone ${zone.slice(0, 20)}`)
  const texts = {
    walletReference: row.cell('Merchant Reference'),
    walletTransactionId: row.cell('Psp Reference'),
    ...(kind === 'refund' && {
      refundReference: row.cell('Modification Merchant Reference'),
      walletRefundId: row.cell('Modification Reference'),
    }),
    walletStatus: type,
  }
  return {
    line: row.line,
    kind,
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    money: { amount: amount < 0n ? -amount : amount, currency },
    ...(fees.length > 0 && {
      fee: { amount: fees.reduce((sum, fee) => sum + fee, 0n), currency: netCurrency },
    }),
    at: readTime(row, 'Creation Date', offset),
  }
}
