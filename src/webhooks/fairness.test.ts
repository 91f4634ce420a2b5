// Endpoints that hang do not delay the others (PRODUCT AP-46), on the queue that runs in production.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Logger, run } from 'graphile-worker'
import { freshDatabase } from '../db/testing.ts'
import { deliverTask } from './deliver.ts'
import { createEndpoint } from './endpoints.ts'
import { addMerchant, publish, startReceiver, testContext } from './testing.ts'

const HANGING = 100
const PAYMENTS = 10

test('with 100 endpoints that hang, another one is told within 5 s', async () => {
  const db = await freshDatabase({ size: 20 })
  let held = 0
  const hanging = createServer((socket) => {
    held += 1
    socket.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(hanging, 'listening')
  const address = hanging.address()
  assert.ok(typeof address === 'object' && address !== null)
  const quick = await startReceiver()
  const origin = `http://127.0.0.1:${address.port}`
  const ctx = testContext(db.pool, [origin, quick.origin])
  // Here the real time counts.
  const live = { ...ctx, clock: { now: () => Date.now() } }

  const merchantId = await addMerchant(live)
  const endpoint = { merchantId, livemode: false, description: '', types: ['*'] } as const
  for (let i = 0; i < HANGING; i++)
    await createEndpoint(live, { ...endpoint, url: `${origin}/${i}` })
  await createEndpoint(live, { ...endpoint, url: `${quick.origin}/` })
  const published = new Map<string, number>()
  const delays: number[] = []
  const all = new Promise<void>((resolve) => {
    quick.arrived = ({ json }) => {
      delays.push(Date.now() - (published.get(String(json.data.id)) ?? 0))
      if (delays.length === PAYMENTS) resolve()
    }
  })
  const runner = await run({
    pgPool: db.pool,
    taskList: { deliver: deliverTask(live) },
    concurrency: 400,
    pollInterval: 200,
    noHandleSignals: true,
    logger: new Logger(() => () => undefined),
  })
  for (let i = 0; i < PAYMENTS; i++) {
    published.set(`pay_${i}`, Date.now())
    await publish(live, { merchantId, subjectId: `pay_${i}`, sequence: 1 })
  }
  await all
  assert.ok(Math.max(...delays) < 5_000, `delays: ${delays}`)
  // Each hanging endpoint holds one slot, however many payments it waits for.
  assert.ok(held <= HANGING, `${held} connections to hanging endpoints`)
  await ctx.close()
  await runner.stop()
  hanging.close()
  quick.close()
  await db.drop()
})
