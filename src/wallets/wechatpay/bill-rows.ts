// A bill taken apart, line by line (sheet section 9): names of columns, rows, summary.

import { decodeUtf8 } from '../../encoding/utf8.ts'
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
  let rest = Buffer.alloc(0)
  let count = 0
  for await (const chunk of bytes) {
    const seen = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let start = 0
    // No byte of a longer character is a line feed, so lines can be cut before they are decoded.
    for (let end = seen.indexOf(LF); end >= 0; end = seen.indexOf(LF, start)) {
      count += 1
      yield decodeLine(seen.subarray(start, end), count)
      start = end + 1
    }
    rest = seen.subarray(start)
    if (rest.length > MAX_LINE) {
      throw new StatementError('encoding', count + 1, 'a line longer than 64 KiB')
    }
  }
  if (rest.length > 0) yield decodeLine(rest, count + 1)
}

const LF = 0x0a

function decodeLine(bytes: Uint8Array, line: number): string {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new StatementError('encoding', line, 'bytes that are not UTF-8')
  const marked = line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text
  return marked.endsWith('\r') ? marked.slice(0, -1) : marked
}
