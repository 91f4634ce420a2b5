// Why a payment token is refused: the first check that it fails (sheet section 4).

import type { Problem, ProblemCategory } from '../wallet.ts'

export type Stage =
  | 'format'
  | 'version'
  | 'certificate_oid'
  | 'chain'
  | 'signature'
  | 'signing_time'
  | 'recipient_key'
  | 'decrypt'
  | 'payload'
  | 'currency'
  | 'amount'
  | 'application_data'

/** A token that is not believed. The message never holds anything of what the token carries. */
export class TokenRefused extends Error {
  readonly stage: Stage

  constructor(stage: Stage, message: string) {
    super(message)
    this.name = 'TokenRefused'
    this.stage = stage
  }
}

export function refuse(stage: Stage, message: string): never {
  throw new TokenRefused(stage, message)
}

/** Ends with the token's fault unless `holds`. */
export function demand(holds: boolean, stage: Stage, message: string): asserts holds {
  if (!holds) refuse(stage, message)
}

const CATEGORIES: Readonly<Record<Stage, ProblemCategory>> = {
  format: 'invalid_request',
  version: 'invalid_request',
  certificate_oid: 'risk_declined',
  chain: 'risk_declined',
  signature: 'risk_declined',
  signing_time: 'retry_new',
  recipient_key: 'merchant_config',
  decrypt: 'merchant_config',
  payload: 'invalid_request',
  currency: 'risk_declined',
  amount: 'risk_declined',
  application_data: 'risk_declined',
}

/** The refusal as a problem (sheet section 7); anything else than a refusal is thrown on. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof TokenRefused)) throw error
  return {
    category: CATEGORIES[error.stage],
    walletCode: `token_${error.stage}`,
    walletMessage: error.message,
  }
}
