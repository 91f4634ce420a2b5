// How Electrum servers name a script and sum up its history (sheet 3.5).

import { displayHash, hex, sha256 } from './bytes.ts'

/** The hash of a script, reversed, in hex. */
export function electrumScriptHash(script: Uint8Array): string {
  return displayHash(sha256(script))
}

/** A transaction id and its height: 0 in the mempool, -1 with an unconfirmed parent. */
export type HistoryItem = readonly [txid: string, height: number]

/** The status of a history in the server's order, or null when it is empty. */
export function electrumStatus(history: readonly HistoryItem[]): string | null {
  if (history.length === 0) return null
  const text = history.map(([txid, height]) => `${txid}:${height}:`).join('')
  return hex(sha256(Buffer.from(text)))
}
