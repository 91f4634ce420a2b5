// The rows of the trade bill (业务明细): what each says, and what they add up to (sheet section 9).

import { StatementError, type StatementLine } from '../statement.ts'
import { absolute, type Fine, fenIn, fenOf, fineIn, isCount, readFine } from './bill-amounts.ts'
import type { BillRow } from './bill-file.ts'
import { readBeijingTime } from './time.ts'

const ORDERED = '订单金额（元）'
const RECEIVED = '商家实收（元）'
const DISCOUNT = '商家优惠（元）'
const FEE = '服务费（元）'
const SHARED = '分润（元）'
const REFUND_NUMBER = '退款批次号/请求号'

export const TRADE_COLUMNS = [
  '支付宝交易号',
  '商户订单号',
  '业务类型',
  '完成时间',
  ORDERED,
  RECEIVED,
  DISCOUNT,
  REFUND_NUMBER,
  FEE,
]

/** Documented, and not read here. */
export const TRADE_OTHER_COLUMNS = [
  '商品名称',
  '创建时间',
  '门店编号',
  '门店名称',
  '操作员',
  '终端号',
  '对方账户',
  '支付宝红包（元）',
  '集分宝（元）',
  '支付宝优惠（元）',
  '券核销金额（元）',
  '券名称',
  '商家红包消费金额（元）',
  '卡消费金额（元）',
  SHARED,
  '备注',
]

export const TRADE_TOTALS = [
  '交易合计笔数',
  '交易合计商家实收',
  '退款合计笔数',
  '退款合计商家实收退款',
]

type TradeKind = 'payment' | 'refund' | 'other'

const KINDS: ReadonlyMap<string | undefined, TradeKind> = new Map([
  ['交易', 'payment'],
  ['退款', 'refund'],
])

/** Reads a row and adds it to the sums. Throws {@link StatementError}. */
export function readTradeRow(row: BillRow, sums: TradeSums): StatementLine {
  const { line } = row
  const type = row.cell('业务类型') ?? ''
  const kind = KINDS.get(type) ?? 'other'
  const ordered = fineIn(row.cell(ORDERED) ?? '', line)
  if (kind === 'payment' && ordered < 0n) {
    throw new StatementError('amount', line, 'a payment that gives back')
  }
  sums.add(kind, row)
  const numbers = {
    walletReference: row.cell('商户订单号'),
    walletTransactionId: row.cell('支付宝交易号'),
    ...(kind === 'refund' && { refundReference: row.cell(REFUND_NUMBER) }),
    walletStatus: type,
  }
  return {
    line,
    kind,
    ...Object.fromEntries(Object.entries(numbers).filter(([, text]) => text)),
    money: { amount: absolute(fenIn(ordered, line)), currency: 'CNY' },
    ...feeOf(row, kind),
    at: timeIn(row, '完成时间'),
  }
}

/**
 * The sign of a fee is not documented: what is kept of a payment and given back with a refund is
 * told by the row's kind. A fee that is not whole fen stands as it is written.
 */
function feeOf(row: BillRow, kind: TradeKind): Pick<StatementLine, 'fee' | 'feeText'> {
  const text = row.cell(FEE) ?? ''
  if (text === '') return {}
  const fee = fenOf(fineIn(text, row.line))
  if (fee === undefined) return { feeText: text }
  const kept = kind === 'payment' ? absolute(fee) : kind === 'refund' ? -absolute(fee) : -fee
  return { fee: { amount: kept, currency: 'CNY' } }
}

/** The moment in this column. Throws {@link StatementError}. */
export function timeIn(row: BillRow, column: string): number {
  const text = row.cell(column) ?? ''
  const at = text.length === 19 ? readBeijingTime(text) : undefined
  if (at === undefined) throw new StatementError('time', row.line, `no time: ${text.slice(0, 40)}`)
  return at
}

const SUMMED = [
  ORDERED,
  RECEIVED,
  '支付宝优惠（元）',
  DISCOUNT,
  '卡消费金额（元）',
  FEE,
  SHARED,
] as const

export interface TradeSums {
  add(kind: TradeKind, row: BillRow): void
  /** Whether the figures behind the rows are theirs. */
  agreeWithTotals(totals: ReadonlyMap<string, string>): boolean
  /** Whether the summary's row of totals is theirs. */
  agreeWithSummary(figures: ReadonlyMap<string, string>): boolean
}

export function tradeSums(): TradeSums {
  const count = { payment: 0, refund: 0, other: 0 }
  const sums = SUMMED.map((column) => ({ column, payment: 0n, refund: 0n, other: 0n }))
  const sumOf = (kind: TradeKind, column: string): Fine =>
    sums.find((sum) => sum.column === column)?.[kind] ?? 0n

  /** Whether rows of other types count in is not documented: either figure agrees. */
  const agrees = (text: string | undefined, columns: readonly string[]) => {
    if (text === undefined) return true
    const of = (kind: TradeKind) => columns.reduce((sum, column) => sum + sumOf(kind, column), 0n)
    const own = of('payment') + of('refund')
    const figure = readFine(text)
    return figure === own || figure === own + of('other')
  }

  return {
    add(kind, row) {
      count[kind] += 1
      for (const sum of sums) {
        const text = row.cell(sum.column) ?? ''
        if (text !== '' && text !== '0.00') sum[kind] += fineIn(text, row.line)
      }
    },
    agreeWithTotals(totals) {
      const same = (name: string, kind: TradeKind, column: string) => {
        const text = totals.get(name)
        return text === undefined || readFine(text) === sumOf(kind, column)
      }
      return (
        isCount(totals.get('交易合计笔数'), count.payment) &&
        isCount(totals.get('退款合计笔数'), count.refund) &&
        same('交易合计商家实收', 'payment', RECEIVED) &&
        same('交易合计商家优惠', 'payment', DISCOUNT) &&
        same('退款合计商家实收退款', 'refund', RECEIVED) &&
        same('退款合计商家优惠退款', 'refund', DISCOUNT)
      )
    },
    agreeWithSummary(figures) {
      const counts = (name: string, kind: TradeKind) =>
        !figures.has(name) || isCount(figures.get(name), count[kind])
      const shares = [sumOf('payment', SHARED), sumOf('refund', SHARED), sumOf('other', SHARED)]
      return (
        counts('交易订单总笔数', 'payment') &&
        counts('退款订单总笔数', 'refund') &&
        SUMMED.every((column) => agrees(figures.get(column), [column])) &&
        // How shares of others go into the net is not documented.
        (shares.some((share) => share !== 0n) ||
          agrees(figures.get('实收净额（元）'), [RECEIVED, FEE]))
      )
    },
  }
}
