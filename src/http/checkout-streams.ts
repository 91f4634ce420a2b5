// Open streams of payment pages: each says "changed" and nothing else (PRODUCT CK-32).

import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import type { Payment } from '../payments/payment.ts'
import type { Services } from './services.ts'

const HEARTBEAT_MS = 15_000
const STREAMS_PER_PAYMENT = 20

export type CheckoutStreams = ReturnType<typeof createStreams>

export function createStreams({ live }: Pick<Services, 'live'>) {
  const open = new Map<string, Set<FastifyReply['raw']>>()

  /** Takes the connection over. Throws `rate_limited` when too many look at this payment. */
  function start({ paymentId }: Payment, request: FastifyRequest, reply: FastifyReply): void {
    const set = open.get(paymentId) ?? new Set()
    if (set.size >= STREAMS_PER_PAYMENT) {
      throw new ApiError('rate_limited', { headers: { 'retry-after': '15' } })
    }
    reply.hijack()
    const { raw } = reply
    const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    raw.writeHead(200, {
      ...Object.fromEntries(headers),
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that gather answers would hold the news back.
      'x-accel-buffering': 'no',
    })
    // What changed since the page was made is not lost: the page asks once when the stream stands.
    raw.write('event: changed\ndata: {}\n\n')
    open.set(paymentId, set.add(raw))
    const stopWatching = live.watch(paymentId, () => raw.write('event: changed\ndata: {}\n\n'))
    const heartbeat = setInterval(() => raw.write(': \n\n'), HEARTBEAT_MS)
    heartbeat.unref()
    request.raw.once('close', () => {
      clearInterval(heartbeat)
      stopWatching()
      set.delete(raw)
      if (set.size === 0) open.delete(paymentId)
    })
  }

  function end(): void {
    for (const set of open.values()) for (const raw of set) raw.end()
  }

  return { open: start, end }
}
