// Comma-separated values (RFC 4180), read strictly and row by row: a file of a million rows needs no
// more memory than a short one.

export interface CsvRow {
  /** Line in the file on which the row begins, from 1. */
  line: number
  cells: readonly string[]
}

/** The bytes are no CSV. */
export class CsvError extends Error {
  /** Line in the file, from 1. */
  readonly line: number
  readonly reason: 'encoding' | 'quotes' | 'truncated' | 'too_long'

  constructor(reason: CsvError['reason'], line: number) {
    super(`line ${line}: ${reason}`)
    this.name = 'CsvError'
    this.reason = reason
    this.line = line
  }
}

const MAX_ROW = 1_000_000

/**
 * The rows, header included. A byte order mark is skipped, an empty line is no row. Quotes stand
 * around a whole cell or nowhere, and are doubled inside. Throws {@link CsvError}.
 */
export async function* readCsv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 1
  for await (const chunk of bytes) {
    rest += decode(decoder, chunk, line)
    let start = 0
    for (let end = rowEnd(rest, start); end >= 0; end = rowEnd(rest, start)) {
      const row = rest.slice(start, end)
      if (row.replace(/\r$/, '') !== '') yield { line, cells: readRow(row, line) }
      line += 1 + (row.match(/\n/g)?.length ?? 0)
      start = end + 1
    }
    rest = rest.slice(start)
    if (rest.length > MAX_ROW) throw new CsvError('too_long', line)
  }
  rest += decode(decoder, undefined, line)
  if (rest === '') return
  if (isOpen(rest)) throw new CsvError('truncated', line)
  yield { line, cells: readRow(rest, line) }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Uint8Array | undefined,
  line: number,
): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch {
    throw new CsvError('encoding', line)
  }
}

/** Where the row ends: at the first line feed outside of quotes, or -1 when it is not here yet. */
function rowEnd(text: string, start: number): number {
  let end = text.indexOf('\n', start)
  while (end >= 0 && isOpen(text.slice(start, end))) end = text.indexOf('\n', end + 1)
  return end
}

function isOpen(text: string): boolean {
  return (text.match(/"/g)?.length ?? 0) % 2 === 1
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?$)/y

function readRow(text: string, line: number): string[] {
  const cells: string[] = []
  CELL.lastIndex = 0
  while (true) {
    const match = CELL.exec(text)
    if (!match) throw new CsvError('quotes', line)
    cells.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] !== ',') return cells
  }
}
