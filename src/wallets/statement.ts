// A wallet's statement of a day, read line by line: a file of a million lines needs no more memory
// than a short one.

import type { Money } from '../money.ts'
import type { Milliseconds } from '../ports.ts'

export interface StatementLine {
  /** Line in the file, from 1. */
  line: number
  /** `other`: money moved for a reason that is not a payment of ours (transfer, withdrawal). */
  kind: 'payment' | 'refund' | 'fee' | 'other'
  /** Our number of the attempt. */
  walletReference?: string
  walletTransactionId?: string
  /** Our number of the refund. */
  refundReference?: string
  walletRefundId?: string
  /** What the payer paid or got back; never negative. */
  money: Money
  /** What the wallet kept for this line; negative where it gave a fee back. */
  fee?: Money
  /** The fee as the wallet writes it, where it is not a whole number of minor units. */
  feeText?: string
  at: Milliseconds
  /** The wallet's own state or type word. */
  walletStatus?: string
}

export interface StatementTotals {
  lines: number
  /** False where the wallet's own summary disagrees with its lines. */
  consistent: boolean
  /** The wallet's summary, each figure under its column's name. */
  summary: Record<string, string>
  /** Columns that are not documented, from which nothing was read: a format on the move. */
  unknownColumns?: readonly string[]
}

/** The file is not what the wallet documents: nothing of it may be believed. */
export class StatementError extends Error {
  /** Line in the file, from 1. */
  readonly line: number
  /** `archive`: what the file came in; `account`: it is of somebody else. */
  readonly reason:
    | 'encoding'
    | 'columns'
    | 'cells'
    | 'amount'
    | 'time'
    | 'hash'
    | 'truncated'
    | 'archive'
    | 'account'

  constructor(reason: StatementError['reason'], line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.name = 'StatementError'
    this.reason = reason
    this.line = line
  }
}

/** Yields the lines and returns the totals. Throws {@link StatementError}. */
export type ReadStatement = (
  bytes: AsyncIterable<Uint8Array>,
) => AsyncGenerator<StatementLine, StatementTotals>
