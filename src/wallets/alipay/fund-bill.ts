// The rows of the fund bill (账务明细): what moved on the merchant's balance (sheet section 9). Fees are
// lines of their own.

import { StatementError, type StatementLine } from '../statement.ts'
import { absolute, fenIn, fineIn, isCount, readFine } from './bill-amounts.ts'
import type { BillRow } from './bill-file.ts'
import { timeIn } from './trade-bill.ts'

const INCOME = '收入金额（+元）'
const EXPENSE = '支出金额（-元）'
export const BALANCE = '账户余额（元）'

export const FUND_COLUMNS = ['业务流水号', '商户订单号', '发生时间', INCOME, EXPENSE, '业务类型']

/** Documented or seen in public files, and not read here. */
export const FUND_OTHER_COLUMNS = [
  BALANCE,
  '账务流水号',
  '商品名称',
  '对方账号',
  '交易渠道',
  '备注',
  '业务描述',
  '业务订单号',
  '业务基础订单号',
]

export const FUND_TOTALS = ['支出合计笔数', '支出合计金额', '收入合计笔数', '收入合计金额']

type Direction = '收入' | '支出'

const KINDS: ReadonlyMap<string, StatementLine['kind']> = new Map([
  ['在线支付 收入', 'payment'],
  ['交易付款 收入', 'payment'],
  ['交易退款 支出', 'refund'],
  ['收费 支出', 'fee'],
])

export interface FundSums {
  count: Record<Direction, number>
  sum: Record<Direction, bigint>
  /** The balance as the last row writes it. */
  balance: string | undefined
}

export function fundSums(): FundSums {
  return { count: { 收入: 0, 支出: 0 }, sum: { 收入: 0n, 支出: 0n }, balance: undefined }
}

/** Reads a row and adds it to the sums. Throws {@link StatementError}. */
export function readFundRow(row: BillRow, sums: FundSums): StatementLine {
  const { line } = row
  const income = fineIn(row.cell(INCOME) || '0', line)
  const expense = fineIn(row.cell(EXPENSE) || '0', line)
  if (income < 0n || expense > 0n || (income !== 0n && expense !== 0n)) {
    throw new StatementError('amount', line, 'neither in nor out')
  }
  const direction = income !== 0n ? '收入' : expense !== 0n ? '支出' : undefined
  if (direction !== undefined) sums.count[direction] += 1
  sums.sum.收入 += income
  sums.sum.支出 += expense
  sums.balance = row.cell(BALANCE)
  const type = row.cell('业务类型') ?? ''
  const status = direction === undefined ? type : `${type} ${direction}`
  const numbers = {
    walletReference: row.cell('商户订单号'),
    walletTransactionId: row.cell('业务流水号'),
    walletStatus: status,
  }
  return {
    line,
    kind: KINDS.get(status) ?? 'other',
    ...Object.fromEntries(Object.entries(numbers).filter(([, text]) => text)),
    money: { amount: absolute(fenIn(income + expense, line)), currency: 'CNY' },
    at: timeIn(row, '发生时间'),
  }
}

/** Whether the figures behind the rows are theirs. */
export function agreeWithFundTotals(
  totals: ReadonlyMap<string, string>,
  { count, sum }: FundSums,
): boolean {
  return (['收入', '支出'] as const).every(
    (direction) =>
      isCount(totals.get(`${direction}合计笔数`), count[direction]) &&
      readFine(totals.get(`${direction}合计金额`) ?? '') === sum[direction],
  )
}

/** Whether the summary's row of totals is theirs. */
export function agreeWithFundSummary(
  figures: ReadonlyMap<string, string>,
  { count, sum }: FundSums,
): boolean {
  return (
    [
      ['收入', INCOME],
      ['支出', EXPENSE],
    ] as const
  ).every(([direction, column]) => {
    const counted = figures.get(`${direction}笔数`)
    const amount = figures.get(column)
    return (
      (counted === undefined || isCount(counted, count[direction])) &&
      (amount === undefined || readFine(amount) === sum[direction])
    )
  })
}
