// What the simulated sheets in a payer's browser fetch: from any page, since every shop shows them.
import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { shortName, TEST_CARDS } from './test-cards.ts'

export function allowAnyPage(reply: FastifyReply): FastifyReply {
  return reply.headers({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'content-type',
    'cross-origin-resource-policy': 'cross-origin',
  })
}

/** A script or style of the sheets. */
export async function addAsset(app: FastifyInstance, path: string, file: URL): Promise<void> {
  const content = await readFile(file)
  const type = path.endsWith('.css') ? 'text/css' : 'text/javascript'
  app.get(path, (_request, reply) =>
    allowAnyPage(reply)
      .type(`${type};charset=utf-8`)
      .header('cache-control', 'no-cache')
      .send(content),
  )
}

/** A question of a sheet: JSON both ways, from any page. */
export function addQuestion(
  app: FastifyInstance,
  path: string,
  answer: (body: unknown, origin: string) => { status: number; body: object },
): void {
  app.options(path, (_request, reply) => allowAnyPage(reply).code(204).send())
  app.post(path, (request, reply) => {
    const { status, body } = answer(request.body, request.headers.origin ?? '')
    return allowAnyPage(reply).code(status).header('cache-control', 'no-store').send(body)
  })
}

/** The cards as a sheet shows them. */
export function cardViews(named: Record<string, string>) {
  return TEST_CARDS.map((card) => ({
    id: card.id,
    network: named[card.network],
    title: shortName(card),
    note: card.name,
    on_device: card.onDevice,
    in_apple_pay: card.inApplePay,
  }))
}
