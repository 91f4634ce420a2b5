// A bill taken apart, line by line (sheet section 9): names of columns, rows, summary.

import { StatementError } from '../statement.ts'

export interface BillRow {
  /** Line in the file, from 1. */
  line: number
  cells: ReadonlyMap<string, string>
}

export interface BillEnd {
  columns: readonly string[]
  summary: ReadonlyMap<string, string>
  /** Line of the summary. */
  line: number
}

/** A line longer than this is no bill. */
const MAX_LINE = 64 * 1024

/** Yields the rows and returns the rest. Throws {@link StatementError}. */
export async function* readBillRows(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<BillRow, BillEnd> {
  let columns: readonly string[] | undefined
  let summaryColumns: readonly string[] | undefined
  let summary: ReadonlyMap<string, string> | undefined
  let at = 0
  for await (const text of readLines(bytes)) {
    at += 1
    if (summary !== undefined) throw new StatementError('columns', at, 'a line behind the summary')
    if (columns === undefined) columns = readNames(text, at)
    else if (!text.startsWith('`')) {
      if (summaryColumns !== undefined) {
        throw new StatementError('columns', at, 'a second line of names')
      }
      summaryColumns = readNames(text, at)
    } else if (summaryColumns !== undefined) summary = readCells(text, summaryColumns, at)
    else yield { line: at, cells: readCells(text, columns, at) }
  }
  if (columns === undefined || summary === undefined) {
    throw new StatementError('truncated', at + 1, 'the file ends before its summary')
  }
  return { columns, summary, line: at }
}

function readNames(text: string, line: number): readonly string[] {
  const names = text.split(',')
  if (names.includes('') || new Set(names).size !== names.length || text.startsWith('`')) {
    throw new StatementError('columns', line, 'not a line of different names')
  }
  return names
}

/** Values begin with a backtick; commas inside of them are not quoted, so only the pair cuts. */
function readCells(
  text: string,
  columns: readonly string[],
  line: number,
): ReadonlyMap<string, string> {
  const values = text.slice(1).split(',`')
  if (values.length !== columns.length) {
    const counted = `${values.length} values under ${columns.length} names`
    throw new StatementError('cells', line, counted)
  }
  return new Map(columns.map((name, index) => [name, values[index] ?? '']))
}

/** The lines of a UTF-8 file, with or without byte order mark, ended by LF or CRLF. */
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let count = 0
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw new StatementError('encoding', count + 1, 'bytes that are not UTF-8')
    }
  }
  for await (const chunk of bytes) {
    const parts = (rest + decode(chunk)).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      count += 1
      yield withoutReturn(part)
    }
    if (rest.length > MAX_LINE) {
      throw new StatementError('encoding', count + 1, 'a line longer than 64 KiB')
    }
  }
  rest += decode()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
