// How far a payment to an address has come, as the merchant and the payer see it.

import type { ChainProgress } from '../wallets/wallet.ts'
import type { Attempt } from './payment.ts'

/** Null for every wallet that does not pay to an address. */
export function presentChain({ details: { chain } }: Attempt) {
  return chain === undefined ? null : progressToJson(chain)
}

function progressToJson(chain: ChainProgress) {
  return {
    asked_sat: chain.askedSat,
    seen_sat: chain.seenSat,
    confirmed_sat: chain.confirmedSat,
    credited_sat: chain.creditedSat,
    /** The payer's money: not asked for, and not given back yet. */
    held_sat: chain.heldSat,
    reversed_sat: chain.reversedSat,
    due_sat: chain.dueSat,
    confirmations: chain.confirmations,
    required_confirmations: chain.requiredConfirmations,
    flags: [...chain.flags],
  }
}
