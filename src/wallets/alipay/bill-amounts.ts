// Amounts of bills: yuan with a sign, added up exactly.

import { StatementError } from '../statement.ts'

/** Hundred-thousandths of a yuan: fees may be finer than a fen, and nothing is rounded. */
export type Fine = bigint

const FINE_DIGITS = 5
const FINE_PER_FEN = 1_000n

/** A decimal text as it stands in a bill, or undefined. */
export function readFine(text: string): Fine | undefined {
  if (text === '0.00') return 0n
  const [, sign, whole, fraction = ''] = /^(-?)(0|[1-9]\d{0,12})(?:\.(\d{1,5}))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const amount = BigInt(whole + fraction.padEnd(FINE_DIGITS, '0'))
  return sign === '-' ? -amount : amount
}

/** The same, demanded. Throws {@link StatementError}. */
export function fineIn(text: string, line: number): Fine {
  const fine = readFine(text)
  if (fine === undefined) {
    throw new StatementError('amount', line, `no amount in yuan: ${text.slice(0, 40)}`)
  }
  return fine
}

/** The amount in fen, or undefined where it is not a whole number of them. */
export function fenOf(fine: Fine): bigint | undefined {
  return fine % FINE_PER_FEN === 0n ? fine / FINE_PER_FEN : undefined
}

/** Whole fen, demanded. Throws {@link StatementError}. */
export function fenIn(fine: Fine, line: number): bigint {
  const fen = fenOf(fine)
  if (fen === undefined) throw new StatementError('amount', line, 'an amount finer than a fen')
  return fen
}

export function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}

/** Counts are whole numbers without a sign. */
export function isCount(text: string | undefined, count: number): boolean {
  return text !== undefined && /^\d{1,12}$/.test(text) && Number(text) === count
}
