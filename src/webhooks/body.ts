// The body of a webhook: `{type, timestamp, data, sequence}`, at most 20 KB.

import type { Milliseconds } from '../ports.ts'

export const MAX_BODY_BYTES = 20 * 1024

export interface EventContent {
  type: string
  createdAt: Milliseconds
  /** The object as the API shows it, at the moment of the event. */
  data: Record<string, unknown>
  sequence: number
}

/**
 * The body's JSON text; the same for every try. An object that is too large goes without its
 * largest lists and maps, and `data.omitted` names them: the receiver reads the object itself.
 */
export function webhookBody({ type, createdAt, data, sequence }: EventContent): string {
  const timestamp = new Date(createdAt).toISOString()
  const omitted: string[] = []
  for (;;) {
    const kept = Object.fromEntries(
      Object.entries(data).filter(([name]) => !omitted.includes(name)),
    )
    const shown = omitted.length === 0 ? data : { ...kept, omitted }
    const body = JSON.stringify({ type, timestamp, data: shown, sequence })
    if (Buffer.byteLength(body) <= MAX_BODY_BYTES) return body
    const largest = largestPart(kept)
    if (largest === undefined)
      throw new RangeError(`an event of type ${type} does not fit into a webhook`)
    omitted.push(largest)
  }
}

function largestPart(data: Record<string, unknown>): string | undefined {
  const parts = Object.entries(data)
    .filter(([, value]) => typeof value === 'object' && value !== null)
    .map(([name, value]) => ({ name, size: Buffer.byteLength(JSON.stringify(value)) }))
  return parts.sort((a, b) => b.size - a.size)[0]?.name
}
