// What of a transaction concerns one script.

import type { Look, Place } from './invoice.ts'
import type { Transaction } from './transaction.ts'

export type LookedTransaction = Look['transactions'][number]

/** The transaction as its payee sees it; nothing when it does not pay the script. */
export function seenIn(
  transaction: Transaction,
  script: Buffer,
  place: Exclude<Place, { in: 'nowhere' }>,
): LookedTransaction[] {
  const { txid, coinbase } = transaction
  const outputs = transaction.outputs.flatMap((output, vout) =>
    output.script.equals(script) ? [{ vout, sat: output.sat }] : [],
  )
  if (outputs.length === 0) return []
  const inputs = transaction.inputs.map((input) => `${input.txid}:${input.vout}`)
  return [{ txid, inputs, outputs, coinbase, place }]
}
