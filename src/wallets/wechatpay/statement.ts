// WeChat Pay's two bills of a day: trades and the flow of funds (sheet section 9). Decompressed
// bytes go in; whether they are the ones that WeChat Pay meant is `verifyHash`'s to say, before.

import { createHash } from 'node:crypto'
import type { Milliseconds } from '../../ports.ts'
import { StatementError, type StatementLine, type StatementTotals } from '../statement.ts'
import { type Fine, fenOf, fineIn, isCount, moneyIn, readFine } from './bill-amounts.ts'
import { type BillRow, readBillRows } from './bill-rows.ts'
import { readBillTime } from './time.ts'
import { CURRENCY, defined } from './transaction.ts'

/** Throws where the decompressed bytes are not those of `hashValue` (SHA-1, hex in any case). */
export async function verifyHash(
  bytes: AsyncIterable<Uint8Array>,
  hashValue: string,
): Promise<void> {
  const hash = createHash('sha1')
  for await (const chunk of bytes) hash.update(chunk)
  if (hash.digest('hex') !== hashValue.toLowerCase()) {
    throw new StatementError('hash', 1, 'the file is not the one that was announced')
  }
}

/** A trade bill of any type (ALL, SUCCESS, REFUND), under today's headings or the older ones. */
export async function* readTradeBill(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<StatementLine, StatementTotals> {
  const sums = new Map<Figure, Fine>()
  let lines = 0
  const rows = readBillRows(bytes)
  let next = await rows.next()
  for (; !next.done; next = await rows.next()) {
    lines += 1
    for (const figure of FIGURES) add(sums, figure, next.value)
    yield tradeLine(next.value)
  }
  const { summary } = next.value
  const agrees = ([name, text]: readonly [string, string]) => {
    const figure = TRADE_SUMMARY.get(name)
    return figure === undefined || readFine(text) === (sums.get(figure) ?? 0n)
  }
  return {
    lines,
    consistent: isCount(summary.get('总交易单数'), lines) && [...summary].every(agrees),
    summary: Object.fromEntries(summary),
  }
}

/** Names of one column: today's, then the older ones. */
type Figure = readonly string[]

const SETTLED: Figure = ['应结订单金额', '总金额']
const ORDERED: Figure = ['订单金额']
const REFUNDED: Figure = ['退款金额']
const REQUESTED: Figure = ['申请退款金额']
const COUPONS_BACK: Figure = ['充值券退款金额', '企业红包退款金额']
const FEES: Figure = ['手续费']
const FIGURES = [SETTLED, ORDERED, REFUNDED, REQUESTED, COUPONS_BACK, FEES]

/** Which column a figure of the summary adds up. Figures of other names are not added up here. */
const TRADE_SUMMARY: ReadonlyMap<string, Figure> = new Map([
  ['应结订单总金额', SETTLED],
  ['总交易额', SETTLED],
  ['订单总金额', ORDERED],
  ['退款总金额', REFUNDED],
  ['总退款金额', REFUNDED],
  ['申请退款总金额', REQUESTED],
  ['充值券退款总金额', COUPONS_BACK],
  ['总企业红包退款金额', COUPONS_BACK],
  ['手续费总金额', FEES],
])

function add(sums: Map<Figure, Fine>, figure: Figure, row: BillRow): void {
  const text = cellOf(row, figure)
  if (text !== undefined) sums.set(figure, (sums.get(figure) ?? 0n) + fineIn(text, row.line))
}

function tradeLine(row: BillRow): StatementLine {
  if (need(row, ['货币种类']) !== CURRENCY) throw new StatementError('amount', row.line, 'not CNY')
  const state = need(row, ['交易状态'])
  const back = state === 'REFUND' || state === 'REVOKED'
  const amount = back ? [...REQUESTED, ...REFUNDED] : [...ORDERED, ...SETTLED]
  return {
    line: row.line,
    kind: back ? 'refund' : state === 'SUCCESS' ? 'payment' : 'other',
    money: moneyIn(need(row, amount), row.line),
    at: timeOf(row, '交易时间'),
    walletStatus: (back && cellOf(row, ['退款状态'])) || state,
    ...defined({
      walletReference: idOf(row, '商户订单号'),
      walletTransactionId: idOf(row, '微信订单号'),
      refundReference: back ? idOf(row, '商户退款单号') : undefined,
      walletRefundId: back ? idOf(row, '微信退款单号') : undefined,
    }),
    ...feeOf(row),
  }
}

/** The fee where it is whole fen; where it is not, its text stands as it is: nothing is rounded. */
function feeOf(row: BillRow): Pick<StatementLine, 'fee' | 'feeText'> {
  const text = cellOf(row, FEES)
  if (text === undefined) return {}
  const fen = fenOf(fineIn(text, row.line))
  return fen === undefined ? { feeText: text } : { fee: { amount: fen, currency: CURRENCY } }
}

/**
 * A bill of the flow of funds. Its amounts are what moved on the merchant's balance: fees stand on
 * lines of their own, and a refund is net of the fee that came back with it.
 */
export async function* readFundFlowBill(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<StatementLine, StatementTotals> {
  const count = { 收入: 0, 支出: 0 }
  const sum = { 收入: 0n, 支出: 0n }
  const rows = readBillRows(bytes)
  let next = await rows.next()
  for (; !next.done; next = await rows.next()) {
    const { direction, line } = flowLine(next.value)
    count[direction] += 1
    sum[direction] += fineIn(need(next.value, [FLOW_AMOUNT]), next.value.line)
    yield line
  }
  const { summary } = next.value
  const lines = count.收入 + count.支出
  return {
    lines,
    consistent:
      isCount(summary.get('资金流水总笔数'), lines) &&
      isCount(summary.get('收入笔数'), count.收入) &&
      isCount(summary.get('支出笔数'), count.支出) &&
      readFine(summary.get('收入金额') ?? '') === sum.收入 &&
      readFine(summary.get('支出金额') ?? '') === sum.支出,
    summary: Object.fromEntries(summary),
  }
}

const FLOW_AMOUNT = '收支金额(元)'

function flowLine(row: BillRow): { direction: '收入' | '支出'; line: StatementLine } {
  const direction = need(row, ['收支类型'])
  if (direction !== '收入' && direction !== '支出') {
    throw new StatementError('columns', row.line, 'neither in nor out')
  }
  const type = need(row, ['业务类型'])
  const kind = flowKind(type, direction)
  const number = idOf(row, '微信支付业务单号')
  const voucher = idOf(row, '业务凭证号')
  const refund = kind === 'refund'
  const line: StatementLine = {
    line: row.line,
    kind,
    money: moneyIn(need(row, [FLOW_AMOUNT]), row.line),
    at: timeOf(row, '记账时间'),
    walletStatus: `${type} ${direction}`,
    ...(refund
      ? defined({ walletRefundId: number, refundReference: voucher })
      : kind === 'other'
        ? {}
        : defined({ walletTransactionId: number, walletReference: voucher })),
  }
  return { direction, line }
}

function flowKind(type: string, direction: '收入' | '支出'): StatementLine['kind'] {
  if (type === '交易' && direction === '收入') return 'payment'
  if (type === '退款' && direction === '支出') return 'refund'
  return type === '扣除交易手续费' && direction === '支出' ? 'fee' : 'other'
}

/** The first of these columns that the bill has. */
function cellOf(row: BillRow, names: readonly string[]): string | undefined {
  const name = names.find((one) => row.cells.has(one))
  return name === undefined ? undefined : row.cells.get(name)
}

function need(row: BillRow, names: readonly string[]): string {
  const text = cellOf(row, names)
  if (text === undefined) throw new StatementError('columns', row.line, `no column ${names.join()}`)
  return text
}

/** An id; the bill writes `0` where there is none. */
function idOf(row: BillRow, name: string): string | undefined {
  const text = cellOf(row, [name])
  return text === undefined || text === '' || text === '0' ? undefined : text
}

function timeOf(row: BillRow, name: string): Milliseconds {
  const text = need(row, [name])
  const at = readBillTime(text)
  if (at === undefined) throw new StatementError('time', row.line, `no time: ${text.slice(0, 40)}`)
  return at
}
