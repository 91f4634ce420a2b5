// What an order is after it was reversed.

import type { Observation } from '../wallet.ts'

/** An order that was reversed a moment ago cannot stand; what says so has to be asked again. */
export function endedBy(observation: Observation): Observation {
  switch (observation.status) {
    case 'closed':
    case 'reversed':
    case 'unknown':
      return observation
    case 'failed':
      return { ...observation, status: 'closed' }
    case 'succeeded':
      if (observation.walletStatus === 'REFUND') return { ...observation, status: 'reversed' }
      break
    default:
      break
  }
  const { source, walletReference, walletStatus } = observation
  const problem = { category: 'unknown_outcome' as const, walletMessage: 'reversed, yet it stands' }
  return {
    source,
    status: 'unknown',
    problem,
    ...(walletReference !== undefined && { walletReference }),
    ...(walletStatus !== undefined && { walletStatus }),
  }
}
