// Where wallets report: the raw bytes, whatever their type, at most 64 KB (PRODUCT SE-5).

import type { FastifyInstance } from 'fastify'
import { isId } from '../../ids.ts'
import { receiveNotification } from '../../payments/receive-notification.ts'
import { refuseOtherMethods } from '../register.ts'
import type { Services } from '../services.ts'

const BODY_LIMIT = 64 * 1024

export async function registerNotify(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (_request: unknown, body: unknown) => body,
    )
    scope.post<{ Params: { wallet: string; account: string } }>('/notify/:wallet/:account', {
      bodyLimit: BODY_LIMIT,
      // Refusals before the wallet's own word say nothing.
      async errorHandler(error, request, reply) {
        const status = error.statusCode === 413 ? 413 : 503
        const known = services.payments.registry.has(request.params.wallet)
        services.metrics.notifications.inc({
          wallet: known ? request.params.wallet : 'unknown',
          outcome: status === 413 ? 'refused_too_large' : 'failed',
        })
        if (status === 503) {
          services.payments.ports.log.error(
            { requestId: request.id, error: String(error) },
            'a notification was not taken',
          )
        }
        return reply
          .code(status)
          .header('connection', 'close')
          .type('text/plain; charset=utf-8')
          .send('fail')
      },
      async handler(request, reply) {
        const { wallet, account } = request.params
        const known = services.payments.registry.has(wallet)
        if (!known || !isId('wac', account)) {
          services.metrics.notifications.inc({
            wallet: known ? wallet : 'unknown',
            outcome: 'unknown_account',
          })
          return reply.code(404).type('text/plain; charset=utf-8').send('fail')
        }
        const { outcome, acknowledgement } = await receiveNotification(
          services.payments,
          wallet,
          account,
          {
            contentType: request.headers['content-type'] ?? '',
            headers: singleHeaders(request.headers),
            body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          },
        )
        services.metrics.notifications.inc({ wallet, outcome })
        const { status, contentType, body } = acknowledgement
        return reply.code(status).header('content-type', contentType).send(body)
      },
    })
  })
  refuseOtherMethods(app, '/notify/{wallet}/{account}', ['POST'])
}

function singleHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const single: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') single[name] = value
  }
  return single
}
