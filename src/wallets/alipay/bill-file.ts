// One file of a bill taken apart: comments that say whose it is, rows under names, and its own totals
// behind them (sheet section 9).

import { StatementError } from '../statement.ts'
import { MAX_LINE, readLines, splitCells, trimCell } from './bill-lines.ts'
import { type BillAsked, type BillWord, checkAccount, checkPeriod } from './bill-period.ts'

export interface BillRow {
  /** Line in the file on which the row begins, from 1. */
  line: number
  /** The text under this name; undefined where the file has no such column. */
  cell(name: string): string | undefined
}

export interface BillEnd {
  columns: readonly string[]
  /** The figures behind the rows, like `交易合计笔数` and `交易合计商家实收`. */
  totals: ReadonlyMap<string, string>
  /** The last line. */
  line: number
}

export interface BillShape {
  asked: BillAsked
  word: BillWord
  part: 'details' | 'summary'
  /** Columns without which nothing can be told. */
  required: readonly string[]
  /** Figures that must stand behind the rows. */
  totals: readonly string[]
}

/** Yields the rows and returns the rest. Throws {@link StatementError}. */
export async function* readBillFile(
  bytes: AsyncIterable<Uint8Array>,
  shape: BillShape,
): AsyncGenerator<BillRow, BillEnd> {
  const totals = new Map<string, string>()
  let columns: ReadonlyMap<string, number> | undefined
  let account = false
  let period = false
  let ended = false
  let at = 0
  /** A row that goes on, because a quote in it is open. */
  let begun: { line: number; text: string } | undefined

  for await (const lines of readLines(bytes)) {
    for (const text of lines) {
      at += 1
      if (begun === undefined && text.startsWith('#')) {
        // Spreadsheets fill up the rows with commas.
        const comment = text.replace(/[,\t ]+$/, '')
        if (comment.startsWith('#账号')) {
          checkAccount(comment, at, shape.asked)
          account = true
        } else if (comment.startsWith('#起始日期')) {
          checkPeriod(comment, at, shape.asked)
          period = true
        } else if (ended) readTotals(comment, totals, at)
        else ended = columns !== undefined && isEnd(comment, shape)
      } else if (begun === undefined && text.trim() === '') {
        // An empty line says nothing.
      } else if (ended) {
        throw new StatementError('columns', at, 'a row behind the end')
      } else if (columns === undefined) {
        if (!account) throw new StatementError('account', at, 'a bill of nobody')
        if (!period) throw new StatementError('time', at, 'a bill of no time')
        columns = readColumns(text, at, shape.required)
      } else {
        const row: { line: number; text: string } =
          begun === undefined ? { line: at, text } : { ...begun, text: `${begun.text}\n${text}` }
        const { cells, open } = splitCells(row.text)
        const known: ReadonlyMap<string, number> = columns
        if (cells.length === known.size) {
          begun = undefined
          yield { line: row.line, cell: (name) => cells[known.get(name) ?? -1] }
        } else if (open && cells.length < known.size && row.text.length < MAX_LINE) begun = row
        else {
          const counted = `${cells.length} cells under ${known.size} names`
          throw new StatementError('cells', row.line, counted)
        }
      }
    }
  }
  const missing = shape.totals.find((name) => !totals.has(name))
  if (columns === undefined || !ended || missing !== undefined) {
    throw new StatementError('truncated', at + 1, `the file ends before its ${missing ?? 'end'}`)
  }
  return { columns: [...columns.keys()], totals, line: at }
}

function isEnd(comment: string, { word, part }: BillShape): boolean {
  const list = `${word}${part === 'details' ? '明细' : '汇总'}列表结束`
  return comment.replace(/^#-*|-*$/g, '') === list
}

function readColumns(
  text: string,
  line: number,
  required: readonly string[],
): ReadonlyMap<string, number> {
  const names = text.split(',').map(trimCell)
  const columns = new Map(names.map((name, index): [string, number] => [name, index]))
  if (columns.size !== names.length || columns.has('')) {
    throw new StatementError('columns', line, 'not a line of different names')
  }
  const missing = required.find((name) => !columns.has(name))
  if (missing !== undefined) throw new StatementError('columns', line, `no column ${missing}`)
  return columns
}

/** `#交易合计：3笔，商家实收共126.18元，商家优惠共0.00元`; other comments say nothing here. */
function readTotals(comment: string, totals: Map<string, string>, line: number): void {
  const [, group, count, amounts = ''] =
    /^#(\S{1,10}合计)：(-?\d+)笔((?:，.*)?)$/.exec(comment) ?? []
  if (group === undefined || count === undefined) return
  const figures = [[`${group}笔数`, count]]
  for (const part of amounts.split('，').slice(1)) {
    const [, name = '', amount = ''] = /^(\D*?)共(-?[\d.]+)元$/.exec(part) ?? []
    if (amount === '') throw new StatementError('amount', line, `no figure: ${part.slice(0, 40)}`)
    figures.push([`${group}${name || '金额'}`, amount])
  }
  for (const [name = '', figure = ''] of figures) {
    if (totals.has(name)) throw new StatementError('columns', line, `${name} stands twice`)
    totals.set(name, figure)
  }
}
