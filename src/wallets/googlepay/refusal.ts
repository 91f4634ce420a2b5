// Why a payment token is refused: the first check that it fails (sheet section 4.2).

import type { Problem, ProblemCategory } from '../wallet.ts'

export type Stage =
  | 'format'
  | 'version'
  | 'root_keys'
  | 'intermediate_signature'
  | 'intermediate_expired'
  | 'signature'
  | 'decrypt'
  | 'payload'
  | 'message_expired'
  | 'gateway_merchant'
  /** A real card number, which the hub does not touch (PRODUCT SE-40). */
  | 'pan_only'

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
  root_keys: 'provider_down',
  intermediate_signature: 'risk_declined',
  intermediate_expired: 'retry_new',
  signature: 'risk_declined',
  decrypt: 'merchant_config',
  payload: 'invalid_request',
  message_expired: 'retry_new',
  gateway_merchant: 'risk_declined',
  pan_only: 'payer_action',
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
