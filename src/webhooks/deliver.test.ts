// Delivering on a real database to a real server: once and again, in order, for days if need be.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { freshDatabase } from '../db/testing.ts'
import { NetworkError } from '../ports.ts'
import { deliverTask } from './deliver.ts'
import { listDeliveries, listTries } from './deliveries.ts'
import { reviveDeliveries } from './delivery-store.ts'
import { sendTestEvent } from './endpoint-events.ts'
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  patchEndpoint,
  rotateSecret,
} from './endpoints.ts'
import type { EventFilter } from './event-types.ts'
import { getEvent, listEvents, redeliverEvent, redeliverRange } from './events.ts'
import {
  addMerchant,
  publish,
  queuedJobs,
  type Received,
  startReceiver,
  testContext,
  work,
} from './testing.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const db = await freshDatabase()
const receiver = await startReceiver()
const ctx = testContext(db.pool, [receiver.origin])
after(async () => {
  await ctx.close()
  receiver.close()
  await db.drop()
})
beforeEach(async () => {
  receiver.received.length = 0
  receiver.answer = () => ({ status: 200 })
  receiver.arrived = () => undefined
  await db.pool.query('delete from graphile_worker._private_jobs')
})

async function shopWithEndpoint(types: EventFilter = ['*'], merchant?: string) {
  const merchantId = merchant ?? (await addMerchant(ctx))
  const url = `${receiver.origin}/hooks`
  return createEndpoint(ctx, { merchantId, livemode: false, url, description: '', types })
}

const told = () => receiver.received.map(({ json }) => json.sequence)
const statuses = async (endpoint: Parameters<typeof getEndpoint>[1]) =>
  (await listDeliveries(db.pool, endpoint, { limit: 50 }))
    .sort((a, b) => b.sequence - a.sequence)
    .map(({ sequence, status }) => [sequence, status])

function verify(secret: string, message: Received) {
  // The verifier compares with the real time, ours stands still elsewhere: signatures only.
  const timestamp = new Date(Number(message.headers['webhook-timestamp']) * SECOND)
  const signature = new Webhook(secret).sign(
    String(message.headers['webhook-id']),
    timestamp,
    message.body,
  )
  return String(message.headers['webhook-signature']).split(' ').includes(signature)
}

test('an event arrives signed, with its id, time, body and headers', async () => {
  const { endpoint, secret } = await shopWithEndpoint()
  const eventId = await publish(ctx, {
    merchantId: endpoint.merchantId,
    subjectId: 'pay_1',
    sequence: 1,
  })
  await work(ctx)
  const [message] = receiver.received
  assert.ok(message)
  assert.equal(message.headers['webhook-id'], eventId)
  assert.equal(message.headers['webhook-timestamp'], String(Math.floor(ctx.clock.now() / SECOND)))
  assert.equal(message.headers['content-type'], 'application/json')
  assert.equal(
    message.body,
    '{"type":"payment.succeeded","timestamp":"2025-06-01T00:00:00.000Z","data":{"id":"pay_1","object":"payment","amount":8850},"sequence":1}',
  )
  assert.ok(verify(secret.reveal(), message))
  assert.ok(!ctx.log.lines.join().includes(secret.reveal()))
  assert.deepEqual(await statuses(endpoint), [[1, 'succeeded']])
  assert.deepEqual(await queuedJobs(db.pool), [])
})

test('each try is told with how it ended', async () => {
  const { endpoint } = await shopWithEndpoint()
  const results: string[] = []
  receiver.answer = () => ({ status: results.length === 0 ? 500 : 204 })
  const counted = { ...ctx, onTry: (result: string) => void results.push(result) }
  const { merchantId } = endpoint
  await publish(ctx, { merchantId, subjectId: 'pay_tried', sequence: 1 })
  await work(counted)
  ctx.pass(MINUTE)
  await work(counted)
  assert.deepEqual(results, ['failed', 'succeeded'])
})

test('an endpoint is told what it chose, in its mode, of its merchant', async () => {
  const { endpoint } = await shopWithEndpoint(['payment.failed'])
  const { merchantId } = endpoint
  await publish(ctx, { merchantId, subjectId: 'pay_2', sequence: 1 })
  await publish(ctx, { merchantId, subjectId: 'pay_2', sequence: 2, type: 'payment.failed' })
  await publish(ctx, {
    merchantId,
    subjectId: 'pay_2',
    sequence: 3,
    type: 'payment.failed',
    livemode: true,
  })
  const other = await addMerchant(ctx)
  await publish(ctx, { merchantId: other, subjectId: 'pay_2', sequence: 4, type: 'payment.failed' })
  await work(ctx)
  assert.deepEqual(told(), [2])
})

test('later events of a payment wait while an earlier one is retried; other payments do not', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  receiver.answer = ({ json }) => ({ status: json.data.id === 'pay_a' ? 500 : 204 })
  for (const sequence of [1, 2, 3]) await publish(ctx, { merchantId, subjectId: 'pay_a', sequence })
  await publish(ctx, { merchantId, subjectId: 'pay_b', sequence: 1 })
  await work(ctx)
  assert.deepEqual(receiver.received.map(({ json }) => json.data.id).sort(), ['pay_a', 'pay_b'])
  receiver.answer = () => ({ status: 200 })
  ctx.pass(6 * SECOND)
  await work(ctx)
  assert.deepEqual(told().slice(2), [1, 2, 3])
})

test('two hubs at once send every event once and in order', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  for (let sequence = 1; sequence <= 20; sequence++)
    await publish(ctx, { merchantId, subjectId: 'pay_c', sequence })
  const payload = {
    merchant_id: merchantId,
    webhook_endpoint_id: endpoint.endpointId,
    subject_id: 'pay_c',
  }
  await Promise.all(Array.from({ length: 10 }, () => deliverTask(ctx)(payload)))
  assert.deepEqual(
    told(),
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
})

test('a hub that dies between sending and recording: sent again with the same id, nothing lost', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  const eventId = await publish(ctx, { merchantId, subjectId: 'pay_d', sequence: 1 })
  await publish(ctx, { merchantId, subjectId: 'pay_d', sequence: 2 })
  const [job] = await queuedJobs(db.pool)
  assert.ok(job)
  // The first hub sends, and never comes to record it.
  const dying = {
    ...ctx,
    network: {
      send: async (request: Parameters<typeof ctx.network.send>[0]) => {
        await ctx.network.send(request)
        throw new Error('killed')
      },
    },
  }
  await assert.rejects(deliverTask(dying)(job.payload), /killed/)
  await db.pool.query('delete from graphile_worker._private_jobs')
  // While its lease runs nobody else sends; then the sweep finds what is left over.
  await deliverTask(ctx)(job.payload)
  assert.deepEqual(told(), [1])
  await db.pool.query('delete from graphile_worker._private_jobs')
  assert.equal(await reviveDeliveries(db.pool, ctx.clock.now()), 0)
  ctx.pass(2 * MINUTE)
  assert.equal(await reviveDeliveries(db.pool, ctx.clock.now()), 1)
  await work(ctx)
  assert.deepEqual(told(), [1, 1, 2])
  assert.deepEqual(receiver.received.map(({ headers }) => headers['webhook-id']).slice(0, 2), [
    eventId,
    eventId,
  ])
  assert.deepEqual(await statuses(endpoint), [
    [2, 'succeeded'],
    [1, 'succeeded'],
  ])
})

test('a try that fails is made again ten times in all, then the next event goes', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  receiver.answer = ({ json }) =>
    json.sequence === 1 ? { status: 503, body: `busy\0${'x'.repeat(2_000)}` } : { status: 200 }
  const eventId = await publish(ctx, { merchantId, subjectId: 'pay_e', sequence: 1 })
  await publish(ctx, { merchantId, subjectId: 'pay_e', sequence: 2 })
  const began = ctx.clock.now()
  await work(ctx)
  const waits: number[] = []
  for (;;) {
    const [job] = await queuedJobs(db.pool)
    if (!job) break
    waits.push(job.run_at - ctx.clock.now())
    ctx.pass(job.run_at - ctx.clock.now())
    await work(ctx)
  }
  const nominal = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
  assert.equal(waits.length, nominal.length)
  for (const [i, seconds] of nominal.entries()) {
    const wait = (waits[i] ?? 0) / SECOND
    assert.ok(wait >= seconds * 0.9 - 1 && wait <= seconds * 1.1 + 1, `wait ${i}: ${wait}`)
  }
  assert.deepEqual(told(), [...Array(10).fill(1), 2])
  const tries = await listTries(db.pool, { ...endpoint, eventId })
  assert.deepEqual(
    tries.map((one) => one.try),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  assert.deepEqual([tries[0]?.at, tries[0]?.status], [began, 503])
  assert.equal(tries[0]?.answer.length, 1024)
  assert.ok(tries[0]?.answer.startsWith('busy\u{fffd}x'))
  assert.deepEqual(await statuses(endpoint), [
    [2, 'succeeded'],
    [1, 'failed'],
  ])
  // The success ended the run of failures.
  assert.equal((await getEndpoint(ctx, endpoint)).failingSince, null)
})

test('a redirect is a failure and is not followed; an answer that is too long is cut', async () => {
  const { endpoint } = await shopWithEndpoint()
  receiver.answer = () => ({ status: 302, headers: { location: `${receiver.origin}/other` } })
  await publish(ctx, { merchantId: endpoint.merchantId, subjectId: 'pay_f', sequence: 1 })
  await work(ctx)
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ['/hooks'],
  )
  receiver.answer = () => ({ status: 200, body: 'x'.repeat(500_000) })
  ctx.pass(10 * SECOND)
  await work(ctx)
  assert.deepEqual(await statuses(endpoint), [[1, 'succeeded']])
})

test('no connection is a try without status; its reason is listed', async () => {
  const { endpoint } = await shopWithEndpoint()
  const eventId = await publish(ctx, {
    merchantId: endpoint.merchantId,
    subjectId: 'pay_g',
    sequence: 1,
  })
  const network = {
    send: () => Promise.reject(new NetworkError('refused', false, 'no connection to shop')),
  }
  await work({ ...ctx, network })
  const tries = await listTries(db.pool, { ...endpoint, eventId })
  assert.deepEqual(
    tries.map(({ status, answer }) => [status, answer]),
    [[null, 'no connection to shop']],
  )
})

test('Retry-After is waited for', async () => {
  const { endpoint } = await shopWithEndpoint()
  receiver.answer = () => ({ status: 429, headers: { 'retry-after': '7200' } })
  await publish(ctx, { merchantId: endpoint.merchantId, subjectId: 'pay_h', sequence: 1 })
  await work(ctx)
  const [job] = await queuedJobs(db.pool)
  assert.equal(job?.run_at, ctx.clock.now() + 2 * HOUR)
})

test('a new event of a waiting payment does not hurry the retry', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  receiver.answer = () => ({ status: 429, headers: { 'retry-after': '7200' } })
  await publish(ctx, { merchantId, subjectId: 'pay_i', sequence: 1 })
  await work(ctx)
  const due = ctx.clock.now() + 2 * HOUR
  ctx.pass(MINUTE)
  await publish(ctx, { merchantId, subjectId: 'pay_i', sequence: 2 })
  await work(ctx)
  assert.deepEqual(told(), [1])
  assert.deepEqual(
    (await queuedJobs(db.pool)).map(({ run_at }) => run_at),
    [due],
  )
})

test('410 disables the endpoint, ends its deliveries and tells the other endpoints', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  const { endpoint: other } = await shopWithEndpoint(['webhook_endpoint.disabled'], merchantId)
  receiver.answer = ({ json }) => ({ status: json.type === 'payment.succeeded' ? 410 : 200 })
  for (const sequence of [1, 2]) await publish(ctx, { merchantId, subjectId: 'pay_j', sequence })
  await work(ctx)
  const { status, disabledReason, version } = await getEndpoint(ctx, endpoint)
  assert.deepEqual([status, disabledReason, version], ['disabled', 'gone', 2])
  assert.deepEqual(await statuses(endpoint), [
    [2, 'failed'],
    [1, 'failed'],
  ])
  assert.deepEqual(await statuses(other), [[1, 'succeeded']])
  const last = receiver.received.at(-1)?.json
  assert.deepEqual(
    [last?.type, last?.data.id, last?.data.status, last?.data.disabled_reason, last?.sequence],
    ['webhook_endpoint.disabled', endpoint.endpointId, 'disabled', 'gone', 1],
  )
})

test('five days of nothing but failures disable the endpoint; a success in between does not', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  let sequence = 0
  const tell = async (status: number) => {
    receiver.answer = () => ({ status })
    await publish(ctx, { merchantId, subjectId: `pay_k${++sequence}`, sequence: 1 })
    await work(ctx)
    await db.pool.query('delete from graphile_worker._private_jobs')
  }
  await tell(500)
  ctx.pass(4 * DAY)
  await tell(200)
  ctx.pass(4 * DAY)
  await tell(500)
  ctx.pass(5 * DAY - 1)
  await tell(500)
  assert.equal((await getEndpoint(ctx, endpoint)).status, 'enabled')
  ctx.pass(1)
  await tell(500)
  const disabled = await getEndpoint(ctx, endpoint)
  assert.deepEqual([disabled.status, disabled.disabledReason], ['disabled', 'failing'])
  const events = await listEvents(
    db.pool,
    { merchantId, livemode: false, subjectId: endpoint.endpointId },
    { limit: 9 },
  )
  assert.deepEqual(
    events.map(({ type }) => type),
    ['webhook_endpoint.disabled'],
  )
  const enabled = await patchEndpoint(ctx, endpoint, { status: 'enabled' })
  assert.deepEqual([enabled.disabledReason, enabled.failingSince], [null, null])
})

test('nothing is sent to an endpoint that was disabled or deleted after the event', async () => {
  for (const end of ['disable', 'delete'] as const) {
    const { endpoint } = await shopWithEndpoint()
    await publish(ctx, { merchantId: endpoint.merchantId, subjectId: 'pay_l', sequence: 1 })
    if (end === 'disable') await patchEndpoint(ctx, endpoint, { status: 'disabled' })
    else await deleteEndpoint(ctx, endpoint)
    await work(ctx)
  }
  assert.deepEqual(told(), [])
})

test('an endpoint disabled while it is being told keeps what is known about that try', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  const eventId = await publish(ctx, { merchantId, subjectId: 'pay_m', sequence: 1 })
  const network = {
    send: async () => {
      await patchEndpoint(ctx, endpoint, { status: 'disabled' })
      throw new NetworkError('timeout', true, 'no answer')
    },
  }
  await work({ ...ctx, network })
  assert.deepEqual(await statuses(endpoint), [[1, 'failed']])
  assert.equal((await listTries(db.pool, { ...endpoint, eventId })).length, 1)
  assert.deepEqual(await queuedJobs(db.pool), [])
})

test('both secrets sign for a day after a rotation, then the new one alone', async () => {
  const { endpoint, secret: old } = await shopWithEndpoint()
  const { secret } = await rotateSecret(ctx, endpoint)
  const signedBy = async (subjectId: string) => {
    await publish(ctx, { merchantId: endpoint.merchantId, subjectId, sequence: 1 })
    await work(ctx)
    const message = receiver.received.at(-1)
    assert.ok(message)
    return [verify(secret.reveal(), message), verify(old.reveal(), message)]
  }
  assert.deepEqual(await signedBy('pay_n1'), [true, true])
  ctx.pass(DAY - 1)
  assert.deepEqual(await signedBy('pay_n2'), [true, true])
  ctx.pass(1)
  assert.deepEqual(await signedBy('pay_n3'), [true, false])
})

test('resending keeps the id, renews the timestamp and begins the schedule anew', async () => {
  const { endpoint } = await shopWithEndpoint()
  const eventId = await publish(ctx, {
    merchantId: endpoint.merchantId,
    subjectId: 'pay_o',
    sequence: 1,
  })
  await work(ctx)
  ctx.pass(HOUR)
  receiver.answer = () => ({ status: 500 })
  await redeliverEvent(ctx, { ...endpoint, eventId }, endpoint.endpointId)
  await work(ctx)
  const [first, second] = receiver.received
  assert.equal(second?.headers['webhook-id'], eventId)
  assert.equal(second?.body, first?.body)
  const seconds =
    Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])
  assert.equal(seconds, 3_600)
  const [job] = await queuedJobs(db.pool)
  assert.ok(job && job.run_at - ctx.clock.now() <= 5.5 * SECOND)
  assert.equal((await listTries(db.pool, { ...endpoint, eventId })).length, 2)
})

test('an event can be sent again to every endpoint that chose it, or to one; a range to one', async () => {
  const { endpoint } = await shopWithEndpoint(['payment.succeeded'])
  const { merchantId } = endpoint
  const ids: string[] = []
  const from = ctx.clock.now()
  for (let i = 1; i <= 5; i++) {
    ids.push(await publish(ctx, { merchantId, subjectId: `pay_p${i % 2}`, sequence: i }))
    ctx.pass(SECOND)
  }
  await work(ctx)
  const { endpoint: late } = await shopWithEndpoint(['payment.succeeded'], merchantId)
  const { endpoint: unwilling } = await shopWithEndpoint(['payment.failed'], merchantId)
  const key = { merchantId, livemode: false, eventId: ids[0] ?? '' }
  assert.equal(await redeliverEvent(ctx, key), 2)
  assert.equal(await redeliverEvent(ctx, key, unwilling.endpointId), 1)
  receiver.received.length = 0
  await work(ctx)
  assert.deepEqual(told(), [1, 1, 1])
  receiver.received.length = 0
  const range = { from: from + SECOND, before: from + 4 * SECOND }
  assert.deepEqual(await redeliverRange(ctx, late, range), { events: 3, next: null })
  await work(ctx)
  assert.deepEqual(told().sort(), [2, 3, 4])
  assert.deepEqual(await redeliverRange(ctx, unwilling, range), { events: 0, next: null })
  await patchEndpoint(ctx, late, { status: 'disabled' })
  await assert.rejects(redeliverRange(ctx, late, range), { code: 'endpoint_disabled' })
  await assert.rejects(redeliverEvent(ctx, { ...late, eventId: key.eventId }, late.endpointId), {
    code: 'endpoint_disabled',
  })
  await assert.rejects(redeliverEvent(ctx, { ...key, livemode: true }), { code: 'not_found' })
  await assert.rejects(redeliverEvent(ctx, { ...key, merchantId: await addMerchant(ctx) }), {
    code: 'not_found',
  })
})

test('a test event goes to the tested endpoint only, numbered', async () => {
  const { endpoint } = await shopWithEndpoint(['payment.failed'])
  const { merchantId } = endpoint
  const { endpoint: other } = await shopWithEndpoint(['*'], merchantId)
  const ids = [await sendTestEvent(ctx, endpoint), await sendTestEvent(ctx, endpoint)]
  await work(ctx)
  assert.deepEqual(
    receiver.received.map(({ json }) => [json.type, json.sequence, json.data.id]),
    [
      ['webhook_endpoint.test', 1, endpoint.endpointId],
      ['webhook_endpoint.test', 2, endpoint.endpointId],
    ],
  )
  assert.deepEqual(await statuses(other), [])
  const event = await getEvent(db.pool, { merchantId, livemode: false, eventId: ids[1] ?? '' })
  assert.deepEqual([event.subjectId, event.sequence], [endpoint.endpointId, 2])
  await patchEndpoint(ctx, endpoint, { status: 'disabled' })
  await assert.rejects(sendTestEvent(ctx, endpoint), { code: 'endpoint_disabled' })
  await assert.rejects(sendTestEvent(ctx, { ...endpoint, livemode: true }), { code: 'not_found' })
})

test('deliveries are listed newest first, by status, and only to their merchant', async () => {
  const { endpoint } = await shopWithEndpoint()
  const { merchantId } = endpoint
  receiver.answer = ({ json }) => ({ status: json.data.id === 'pay_q2' ? 500 : 200 })
  const ids: string[] = []
  for (const n of [1, 2, 3]) {
    ctx.pass(1)
    ids.unshift(await publish(ctx, { merchantId, subjectId: `pay_q${n}`, sequence: 1 }))
  }
  await work(ctx)
  const page = async (at: {
    limit: number
    after?: string | undefined
    before?: string | undefined
  }) => (await listDeliveries(db.pool, endpoint, at)).map(({ eventId }) => eventId)
  assert.deepEqual(await page({ limit: 9 }), ids)
  assert.deepEqual(await page({ limit: 1, after: ids[0] }), ids.slice(1))
  assert.deepEqual(await page({ limit: 9, before: ids[2] }), [ids[1], ids[0]])
  const pending = await listDeliveries(db.pool, endpoint, { limit: 9, status: 'pending' })
  assert.deepEqual(
    pending.map(({ eventId, tries }) => [eventId, tries]),
    [[ids[1], 1]],
  )
  const foreign = { ...endpoint, merchantId: await addMerchant(ctx) }
  await assert.rejects(listDeliveries(db.pool, foreign, { limit: 9 }), { code: 'not_found' })
  await assert.rejects(listTries(db.pool, { ...foreign, eventId: ids[0] ?? '' }), {
    code: 'not_found',
  })
})
