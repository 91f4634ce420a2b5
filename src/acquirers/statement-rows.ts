// What the acquirers' statements have in common: rows with named columns, and amounts in major units.

import { CsvError, readCsv } from '../encoding/csv.ts'
import { exponentOf, isCurrency, type Money } from '../money.ts'
import type { Milliseconds } from '../ports.ts'
import { StatementError } from '../wallets/statement.ts'

export interface Row {
  line: number
  /** The cell of this column; empty where an optional column is missing. */
  cell(name: string): string
}

/** The rows below the header. Columns are found by name, never by place. */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  required: readonly string[],
): AsyncGenerator<Row> {
  let columns: ReadonlyMap<string, number> | undefined
  try {
    for await (const { line, cells } of readCsv(bytes)) {
      if (columns === undefined) {
        columns = readHeader(cells, required)
        continue
      }
      const known: ReadonlyMap<string, number> = columns
      if (cells.length !== known.size) {
        throw new StatementError('cells', line, `${cells.length} cells for ${known.size} columns`)
      }
      yield { line, cell: (name) => cells[known.get(name) ?? -1] ?? '' }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const reason = error.reason === 'quotes' || error.reason === 'too_long' ? 'cells' : error.reason
    throw new StatementError(reason, error.line, error.reason)
  }
  if (columns === undefined) throw new StatementError('truncated', 1, 'no header')
}

function readHeader(
  cells: readonly string[],
  required: readonly string[],
): ReadonlyMap<string, number> {
  const columns = new Map(cells.map((name, index): [string, number] => [name, index]))
  if (columns.size !== cells.length) throw new StatementError('columns', 1, 'a column stands twice')
  const missing = required.find((name) => !columns.has(name))
  if (missing !== undefined) throw new StatementError('columns', 1, `${missing} is missing`)
  return columns
}

/** A decimal in major units; undefined for an empty cell. Throws {@link StatementError}. */
export function readMajor(
  { line, cell }: Row,
  column: string,
  currency: string,
): bigint | undefined {
  const text = cell(column)
  if (text === '') return undefined
  const refused = () => new StatementError('amount', line, `${column} is no amount`)
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,8}))?$/.exec(text)
  if (!match || !isCurrency(currency)) throw refused()
  const exponent = exponentOf(currency)
  const fraction = (match[3] ?? '').padEnd(exponent, '0')
  if (/[1-9]/.test(fraction.slice(exponent))) throw refused()
  const units = BigInt(`${match[2]}${fraction.slice(0, exponent)}`)
  return match[1] === '-' ? -units : units
}

/** `YYYY-MM-DD HH:MM:SS` at this distance from UTC. Throws {@link StatementError}. */
export function readTime({ line, cell }: Row, column: string, offsetMinutes = 0): Milliseconds {
  const text = cell(column)
  const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)
    ? Date.parse(`${text.replace(' ', 'T')}Z`)
    : Number.NaN
  const exact = !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19).replace('T', ' ')
  if (exact !== text) throw new StatementError('time', line, `${column} is no time`)
  return time - offsetMinutes * 60_000
}

/** Adds up signed amounts per currency. */
export class Sums {
  readonly #sums = new Map<string, bigint>()

  add({ amount, currency }: Money): void {
    this.#sums.set(currency, (this.#sums.get(currency) ?? 0n) + amount)
  }

  entries(): [string, bigint][] {
    return [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1))
  }
}
