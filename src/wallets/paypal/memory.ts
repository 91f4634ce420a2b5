// What is kept with an attempt: PayPal's number of the order, and whether it may still be captured.

import { parseJsonObject } from '../../encoding/json.ts'

export interface Kept {
  orderId: string
  /** We ended it: it is never captured, even if the payer approves it later. */
  closed: boolean
}

export const ORDER_ID = /^[A-Z0-9]{1,36}$/

export function writeMemory({ orderId, closed }: Kept): string {
  return JSON.stringify(closed ? { order: orderId, closed } : { order: orderId })
}

export function readMemory(memory: string | undefined): Kept | undefined {
  const kept = memory === undefined ? undefined : parseJsonObject(memory)
  const orderId = kept?.order
  if (typeof orderId !== 'string' || !ORDER_ID.test(orderId)) return undefined
  return { orderId, closed: kept?.closed === true }
}
