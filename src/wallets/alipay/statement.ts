// Alipay's two bills of a day or month: trades (`trade`) and the flow of funds (`signcustomer`), each
// a zip archive of details and mostly a summary (sheet section 9). The archive goes in as it was
// downloaded; what was asked for goes in beside it, because nothing else tells a stranger's bill.

import {
  type ReadStatement,
  StatementError,
  type StatementLine,
  type StatementTotals,
} from '../statement.ts'
import { type BillEnd, type BillRow, type BillShape, readBillFile } from './bill-file.ts'
import { type BillAsked, type BillWord, partOf, periodOf } from './bill-period.ts'
import {
  agreeWithFundSummary,
  agreeWithFundTotals,
  BALANCE,
  FUND_COLUMNS,
  FUND_OTHER_COLUMNS,
  FUND_TOTALS,
  fundSums,
  readFundRow,
} from './fund-bill.ts'
import {
  readTradeRow,
  TRADE_COLUMNS,
  TRADE_OTHER_COLUMNS,
  TRADE_TOTALS,
  tradeSums,
} from './trade-bill.ts'
import { readZip } from './zip.ts'
import { archiveFault } from './zip-records.ts'

/** How one kind of bill is read and added up. */
interface Bill {
  word: BillWord
  required: readonly string[]
  /** Other columns that are no news. */
  known: readonly string[]
  totals: readonly string[]
  readRow(row: BillRow): StatementLine
  agreeWithTotals(totals: ReadonlyMap<string, string>): boolean
  agreeWithSummary(figures: ReadonlyMap<string, string>): boolean
  /** What more its rows tell of the whole. */
  more(): Record<string, string>
}

/** Reads the archive of a trade bill. Throws {@link StatementError}. */
export function tradeBill(asked: BillAsked): ReadStatement {
  return (bytes) => {
    const sums = tradeSums()
    return readBill(bytes, asked, {
      word: '业务',
      required: TRADE_COLUMNS,
      known: TRADE_OTHER_COLUMNS,
      totals: TRADE_TOTALS,
      readRow: (row) => readTradeRow(row, sums),
      agreeWithTotals: sums.agreeWithTotals,
      agreeWithSummary: sums.agreeWithSummary,
      more: () => ({}),
    })
  }
}

/**
 * Reads the archive of a fund bill. Its amounts are what moved on the merchant's balance; the trade
 * it belongs to stands on every line, a refund's number on none. Throws {@link StatementError}.
 */
export function fundBill(asked: BillAsked): ReadStatement {
  return (bytes) => {
    const sums = fundSums()
    return readBill(bytes, asked, {
      word: '账务',
      required: FUND_COLUMNS,
      known: FUND_OTHER_COLUMNS,
      totals: FUND_TOTALS,
      readRow: (row) => readFundRow(row, sums),
      agreeWithTotals: (totals) => agreeWithFundTotals(totals, sums),
      agreeWithSummary: (figures) => agreeWithFundSummary(figures, sums),
      more: (): Record<string, string> => (sums.balance ? { [BALANCE]: sums.balance } : {}),
    })
  }
}

async function* readBill(
  bytes: AsyncIterable<Uint8Array>,
  asked: BillAsked,
  bill: Bill,
): AsyncGenerator<StatementLine, StatementTotals> {
  let details: Details | undefined
  let summary: ReadonlyMap<string, string> | undefined
  for await (const { name, content } of readZip(bytes)) {
    const part = partOf(name, bill.word, asked)
    const shape = { asked, word: bill.word, part }
    if (part === 'summary') {
      if (summary !== undefined) throw archiveFault('two summaries')
      summary = await readSummary(content, { ...shape, required: [], totals: [] })
    } else {
      if (details !== undefined) throw archiveFault('two files of details')
      const { required, totals } = bill
      details = yield* readDetails(content, { ...shape, required, totals }, bill)
    }
  }
  if (details === undefined) throw archiveFault('no file of details')
  const known = new Set([...bill.required, ...bill.known])
  const unknownColumns = details.end.columns.filter((column) => !known.has(column))
  return {
    lines: details.lines,
    consistent:
      details.withinPeriod &&
      bill.agreeWithTotals(details.end.totals) &&
      (summary === undefined || bill.agreeWithSummary(summary)),
    summary: { ...Object.fromEntries([...details.end.totals, ...(summary ?? [])]), ...bill.more() },
    ...(unknownColumns.length > 0 && { unknownColumns }),
  }
}

interface Details {
  end: BillEnd
  lines: number
  /** Every line happened in the time of the bill. */
  withinPeriod: boolean
}

async function* readDetails(
  content: AsyncIterable<Uint8Array>,
  shape: BillShape,
  bill: Bill,
): AsyncGenerator<StatementLine, Details> {
  const period = periodOf(shape.asked.date)
  let lines = 0
  let withinPeriod = true
  const rows = readBillFile(content, shape)
  let next = await rows.next()
  for (; !next.done; next = await rows.next()) {
    const line = bill.readRow(next.value)
    if (period && (line.at < period.from || line.at >= period.to)) withinPeriod = false
    lines += 1
    yield line
  }
  return { end: next.value, lines, withinPeriod }
}

/** The last row of a summary adds all others up: its first cell begins with 合计. */
async function readSummary(
  content: AsyncIterable<Uint8Array>,
  shape: BillShape,
): Promise<ReadonlyMap<string, string>> {
  const rows = readBillFile(content, shape)
  let last: BillRow | undefined
  let next = await rows.next()
  for (; !next.done; next = await rows.next()) last = next.value
  const { columns, line } = next.value
  const cells = columns.map((column): [string, string] => [column, last?.cell(column) ?? ''])
  if (!cells[0]?.[1].startsWith('合计')) {
    throw new StatementError('truncated', line + 1, 'a summary without its last row')
  }
  return new Map(cells.slice(1).filter(([, text]) => text !== ''))
}
