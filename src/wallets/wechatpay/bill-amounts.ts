// Amounts of bills: yuan with up to five decimals, added up exactly.

import type { Money } from '../../money.ts'
import { StatementError } from '../statement.ts'
import { CURRENCY } from './transaction.ts'

/** Hundred-thousandths of a yuan, which is how finely fees are written. */
export type Fine = bigint

const FINE_DIGITS = 5
const FINE_PER_FEN = 1_000n

/** A decimal text as it stands in a bill, or undefined. */
export function readFine(text: string): Fine | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(0|[1-9]\d{0,15})(?:\.(\d{1,5}))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const amount = BigInt(whole + fraction.padEnd(FINE_DIGITS, '0'))
  return sign === '-' ? -amount : amount
}

/** The amount in fen, or undefined where it is not a whole number of them. */
export function fenOf(fine: Fine): bigint | undefined {
  return fine % FINE_PER_FEN === 0n ? fine / FINE_PER_FEN : undefined
}

/** Money that a payer paid or got back: whole fen, not negative. */
export function moneyIn(text: string, line: number): Money {
  const fine = readFine(text)
  const fen = fine === undefined ? undefined : fenOf(fine)
  if (fen === undefined || fen < 0n) {
    throw new StatementError('amount', line, `no amount in yuan: ${text.slice(0, 40)}`)
  }
  return { amount: fen, currency: CURRENCY }
}

/** A figure that only has to be a decimal, for adding up. */
export function fineIn(text: string, line: number): Fine {
  const fine = readFine(text)
  if (fine === undefined) {
    throw new StatementError('amount', line, `no decimal: ${text.slice(0, 40)}`)
  }
  return fine
}

/** Counts are written `45` or `45.0`. */
export function isCount(text: string | undefined, count: number): boolean {
  return text !== undefined && /^\d+(?:\.0+)?$/.test(text) && readFine(text) === finely(count)
}

function finely(count: number): Fine {
  return BigInt(count) * 100_000n
}
