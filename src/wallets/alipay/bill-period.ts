// Whose bill of which day or month a file says to be: its name and its first lines (sheet section 9).

import type { Milliseconds } from '../../ports.ts'
import { StatementError } from '../statement.ts'
import { readBeijingTime } from './time.ts'
import { archiveFault } from './zip-records.ts'

/** What Alipay was asked for: a file that says to be anything else is refused. */
export interface BillAsked {
  /** The merchant's PID. */
  sellerId: string
  /** `yyyy-MM-dd` or `yyyy-MM`, as in the question for the bill. */
  date: string
}

export interface Period {
  from: Milliseconds
  /** Not in it any more. */
  to: Milliseconds
}

export type BillWord = '业务' | '账务'

/** A long month's file is counted `_1`; how one of several parts adds up is not documented. */
const NAME = /^(\d{16})\d{4}_(\d{8}|\d{6})_(业务|账务)明细([(（]汇总[)）])?(?:_1)?\.csv$/

/** Which of a bill's two files has this name. Throws {@link StatementError}. */
export function partOf(name: string, word: BillWord, asked: BillAsked): 'details' | 'summary' {
  const [, account, date, of, summary] = NAME.exec(name) ?? []
  if (of !== word) throw archiveFault(`an entry that is no such bill: ${name.slice(0, 80)}`)
  if (account !== asked.sellerId) throw otherAccount(1)
  if (date !== asked.date.replaceAll('-', '')) throw otherPeriod(1)
  return summary === undefined ? 'details' : 'summary'
}

/** `[20880000000000010156]`: the PID and the four digits of its main account. */
export function checkAccount(comment: string, line: number, asked: BillAsked): void {
  const [, account] = /^#账号：\[(\d{16})\d{4}\]$/.exec(comment) ?? []
  if (account !== asked.sellerId) throw otherAccount(line)
}

/** The period of the file must be the one that was asked for. */
export function checkPeriod(comment: string, line: number, asked: BillAsked): void {
  const [, from, to] = /^#起始日期：\[([^\]]*)\]\s*终止日期：\[([^\]]*)\]$/.exec(comment) ?? []
  const period = periodOf(asked.date)
  if (period === undefined || readLongTime(from) !== period.from) throw otherPeriod(line)
  if (readLongTime(to) !== period.to) throw otherPeriod(line)
}

/** A day or a month in Beijing, or undefined where the text is neither. */
export function periodOf(date: string): Period | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(date) ?? []
  const from = readBeijingTime(`${year}-${month}-${day ?? '01'} 00:00:00`)
  if (from === undefined) return undefined
  const next = new Date(Date.UTC(Number(year), Number(month), 1)).toISOString().slice(0, 10)
  const to = day === undefined ? readBeijingTime(`${next} 00:00:00`) : from + 24 * 3_600_000
  return to === undefined ? undefined : { from, to }
}

function readLongTime(text = ''): Milliseconds | undefined {
  const [, year, month, day, clock] = /^(\d{4})年(\d{2})月(\d{2})日 ([\d:]{8})$/.exec(text) ?? []
  return readBeijingTime(`${year}-${month}-${day} ${clock}`)
}

function otherAccount(line: number): StatementError {
  return new StatementError('account', line, "another account's bill")
}

function otherPeriod(line: number): StatementError {
  return new StatementError('time', line, 'a bill of another time')
}
