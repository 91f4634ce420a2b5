// Lines and cells of a bill's files: GBK text, commas, cells padded with tabs (sheet section 9).

import { StatementError } from '../statement.ts'

/** A line longer than this is no bill. */
export const MAX_LINE = 64 * 1024

const LF = 0x0a

/** The lines, many at a time, without their LF or CRLF. Throws {@link StatementError}. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let rest = Buffer.alloc(0)
  let count = 0
  for await (const chunk of bytes) {
    const seen = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    // No byte of a longer character is a line feed, so lines can be cut before they are decoded.
    const end = seen.lastIndexOf(LF) + 1
    if (end > 0) {
      const lines = decodeLines(seen.subarray(0, end), count)
      count += lines.length
      yield lines
    }
    rest = seen.subarray(end)
    if (rest.length > MAX_LINE) throw tooLong(count + 1)
  }
  if (rest.length > 0) yield decodeLines(rest, count)
}

function decodeLines(bytes: Buffer, before: number): string[] {
  const text = decode(bytes)
  if (text === undefined) throw new StatementError('encoding', faultyLine(bytes, before), 'not GBK')
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line, index) => {
    if (line.length > MAX_LINE) throw tooLong(before + index + 1)
    return line.endsWith('\r') ? line.slice(0, -1) : line
  })
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('gb18030', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function faultyLine(bytes: Buffer, before: number): number {
  let line = before + 1
  let start = 0
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    if (decode(bytes.subarray(start, end + 1)) === undefined) return line
    line += 1
    start = end + 1
  }
  return line
}

function tooLong(line: number): StatementError {
  return new StatementError('encoding', line, 'a line longer than 64 KiB')
}

/** Tabs and spaces around a cell keep spreadsheets from eating digits; they are not its text. */
export function trimCell(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, '')
}

export interface Cells {
  cells: string[]
  /** A cell began with a quote that this text does not close. */
  open: boolean
}

/**
 * The cells of a row. A quote means something only where it opens a cell and another one closes it
 * (RFC 4180); anywhere else it is text, because no bill with quoted cells has been seen.
 */
export function splitCells(text: string): Cells {
  if (!text.includes('"')) return { cells: text.split(',').map(trimCell), open: false }
  const cells: string[] = []
  let open = false
  let at = 0
  while (at <= text.length) {
    QUOTED.lastIndex = at
    const quoted = QUOTED.exec(text)
    if (quoted) {
      cells.push((quoted[1] ?? '').replaceAll('""', '"'))
      at += quoted[0].length
    } else {
      const comma = text.indexOf(',', at)
      const end = comma < 0 ? text.length : comma
      const cell = text.slice(at, end)
      open ||= /^[\t ]*"/.test(cell) && !/^[\t ]*"(?:[^"]|"")*"(?!")/.test(text.slice(at))
      cells.push(trimCell(cell))
      at = end
    }
    at += 1
  }
  return { cells, open }
}

const QUOTED = /[\t ]*"((?:[^"]|"")*)"[\t ]*(?=,|$)/y
