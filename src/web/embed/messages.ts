// The four messages between the framed page and the shop's page, and their check.

import type { PaymentStatus } from '../../http/checkout-types.ts'

export type FrameMessage =
  | { tongbao: 1; type: 'ready' }
  | { tongbao: 1; type: 'resize'; height: number }
  | { tongbao: 1; type: 'state'; status: PaymentStatus }
  | { tongbao: 1; type: 'close' }

const STATUSES: readonly PaymentStatus[] = [
  'created',
  'requires_action',
  'processing',
  'authorized',
  'succeeded',
  'failed',
  'canceled',
  'expired',
]

/** The message, or null for anything that is not exactly one of the four. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  if (typeof data !== 'object' || data === null || !('tongbao' in data) || data.tongbao !== 1)
    return null
  if (!('type' in data)) return null
  const extra = Object.keys(data).length
  if ((data.type === 'ready' || data.type === 'close') && extra === 2) {
    return { tongbao: 1, type: data.type }
  }
  if (data.type === 'resize' && 'height' in data && extra === 3) {
    const { height } = data
    const sane = typeof height === 'number' && height >= 0 && height <= 20_000
    return sane ? { tongbao: 1, type: 'resize', height } : null
  }
  if (data.type === 'state' && 'status' in data && extra === 3) {
    const status = STATUSES.find((known) => known === data.status)
    return status ? { tongbao: 1, type: 'state', status } : null
  }
  return null
}
