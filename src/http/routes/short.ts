// One code for every wallet: the app that scans it is led to the payment page, which knows the app by
// its user agent and goes on with its wallet (PRODUCT CK-7). Every other app sees the same page.

import type { FastifyInstance } from 'fastify'
import { ApiError } from '../../errors.ts'
import { findPayment } from '../../payments/store.ts'
import { countedAddress } from '../client-address.ts'
import { qrSvg } from '../pages/qr.ts'
import { keptLanguage } from '../pages/visitor.ts'
import type { Services } from '../services.ts'

interface Scanned {
  Params: { short: string }
}

/** `headers` are those of a page without content. An unknown code is `not_found`. */
export function registerShort(
  scope: FastifyInstance,
  services: Services,
  headers: Record<string, string>,
): void {
  const opened = async (short: string, ip: string) => {
    const key = services.links.readShort(short)
    const payment = key && (await findPayment(services.pool, key))
    if (payment) return payment
    services.rateLimit.take('short', countedAddress(ip))
    throw new ApiError('not_found')
  }

  scope.get<Scanned>('/q/:short', async (request, reply) => {
    const { short } = request.params
    await opened(short, request.ip)
    return reply.headers(headers).redirect(`/pay/${short}${keptLanguage(request)}`, 303)
  })

  scope.get<Scanned>('/q/:short/code', async (request, reply) => {
    const payment = await opened(request.params.short, request.ip)
    return reply
      .header('cache-control', 'private, max-age=86400, immutable')
      .type('image/svg+xml')
      .send(qrSvg(services.links.short(payment)))
  })
}
