// Webhook endpoints: what is kept, what is shown, who may change it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { freshDatabase } from '../db/testing.ts'
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  patchEndpoint,
  presentEndpoint,
  rotateSecret,
  secretContext,
} from './endpoints.ts'
import { addMerchant, publish, testContext } from './testing.ts'

const db = await freshDatabase()
const ctx = testContext(db.pool, [])
after(async () => {
  await ctx.close()
  await db.drop()
})
const merchantId = await addMerchant(ctx)
const wanted = {
  merchantId,
  livemode: false,
  url: 'https://hooks.shop.com/tongbao',
  description: 'orders',
  types: ['payment.succeeded'],
} as const

test('a new endpoint is shown without its secret, which is told once and kept sealed', async () => {
  const { endpoint, secret } = await createEndpoint(ctx, wanted)
  assert.match(secret.reveal(), /^whsec_/)
  assert.deepEqual(await getEndpoint(ctx, endpoint), endpoint)
  assert.deepEqual(presentEndpoint(endpoint), {
    id: endpoint.endpointId,
    object: 'webhook_endpoint',
    created: '2025-06-01T00:00:00.000Z',
    livemode: false,
    url: wanted.url,
    description: 'orders',
    types: ['payment.succeeded'],
    status: 'enabled',
    disabled_reason: null,
    failing_since: null,
    previous_secret_until: null,
    updated: '2025-06-01T00:00:00.000Z',
  })
  const { rows } = await db.pool.query(
    'select w::text as text, sealed_secret from webhook_endpoints w',
  )
  assert.ok(rows.every(({ text }) => !text.includes(secret.reveal().slice(6, 40))))
  const opened = ctx.sealer.open(rows[0].sealed_secret, secretContext(endpoint, 1))
  assert.equal(opened.toString(), secret.reveal())
})

test('a URL inside the private network is refused, at creation and at change', async () => {
  const refused = { name: 'ApiError', code: 'url_not_allowed' }
  for (const url of [
    'https://127.0.0.1/',
    'http://hooks.shop.com/',
    'https://a:b@hooks.shop.com/',
    'x',
  ]) {
    await assert.rejects(createEndpoint(ctx, { ...wanted, url }), refused)
  }
  const { endpoint } = await createEndpoint(ctx, wanted)
  await assert.rejects(patchEndpoint(ctx, endpoint, { url: 'https://localhost/' }), refused)
  assert.deepEqual(await getEndpoint(ctx, endpoint), endpoint)
})

test('an endpoint of another merchant or mode is not found, by any verb', async () => {
  const { endpoint } = await createEndpoint(ctx, wanted)
  const other = await addMerchant(ctx)
  for (const key of [
    { ...endpoint, merchantId: other },
    { ...endpoint, livemode: true },
  ]) {
    const notFound = { name: 'ApiError', code: 'not_found' }
    await assert.rejects(getEndpoint(ctx, key), notFound)
    await assert.rejects(patchEndpoint(ctx, key, { description: 'x' }), notFound)
    await assert.rejects(rotateSecret(ctx, key), notFound)
    await assert.rejects(deleteEndpoint(ctx, key), notFound)
  }
  assert.deepEqual(await getEndpoint(ctx, endpoint), endpoint)
})

test('a change names the version it was made on, or is refused', async () => {
  const { endpoint } = await createEndpoint(ctx, wanted)
  ctx.pass(1_000)
  const changed = await patchEndpoint(ctx, endpoint, { description: 'new', types: ['*'] }, 1)
  assert.deepEqual(
    [changed.version, changed.description, changed.types, changed.url, changed.updatedAt],
    [2, 'new', ['*'], endpoint.url, endpoint.updatedAt + 1_000],
  )
  const moved = { name: 'ApiError', code: 'precondition_failed' }
  await assert.rejects(patchEndpoint(ctx, endpoint, { description: 'old' }, 1), moved)
  await assert.rejects(rotateSecret(ctx, endpoint, 1), moved)
  await assert.rejects(deleteEndpoint(ctx, endpoint, 1), moved)
  await deleteEndpoint(ctx, endpoint, 2)
  await assert.rejects(getEndpoint(ctx, endpoint), { code: 'not_found' })
})

test('rotations at once each give a secret of its own, and the last two are kept', async () => {
  const { endpoint } = await createEndpoint(ctx, wanted)
  const rotated = await Promise.all(Array.from({ length: 5 }, () => rotateSecret(ctx, endpoint)))
  const versions = rotated.map((one) => one.endpoint.version).sort()
  assert.deepEqual(versions, [2, 3, 4, 5, 6])
  const secretOf = (version: number) =>
    rotated.find((one) => one.endpoint.version === version)?.secret.reveal()
  const { rows } = await db.pool.query(
    'select sealed_secret, sealed_previous_secret, secret_version from webhook_endpoints where webhook_endpoint_id = $1',
    [endpoint.endpointId],
  )
  const open = (sealed: Buffer, version: number) =>
    ctx.sealer.open(sealed, secretContext(endpoint, version)).toString()
  assert.equal(rows[0].secret_version, 6)
  assert.equal(open(rows[0].sealed_secret, 6), secretOf(6))
  assert.equal(open(rows[0].sealed_previous_secret, 5), secretOf(5))
})

test('disabling and deleting end what is still to be delivered', async () => {
  const shop = { ...wanted, merchantId: await addMerchant(ctx) }
  for (const end of [
    (key: Parameters<typeof getEndpoint>[1]) => patchEndpoint(ctx, key, { status: 'disabled' }),
    (key: Parameters<typeof getEndpoint>[1]) => deleteEndpoint(ctx, key),
  ]) {
    const { endpoint } = await createEndpoint(ctx, shop)
    await publish(ctx, {
      merchantId: shop.merchantId,
      subjectId: `pay_${endpoint.endpointId}`,
      sequence: 1,
    })
    await end(endpoint)
    const { rows } = await db.pool.query(
      'select status from deliveries where webhook_endpoint_id = $1',
      [endpoint.endpointId],
    )
    assert.deepEqual(rows, [{ status: 'failed' }])
  }
})

test('a walk through the list sees every endpoint once, newest first, in both directions', async () => {
  const shop = { ...wanted, merchantId: await addMerchant(ctx) }
  const ids: string[] = []
  for (let i = 0; i < 5; i++) {
    ctx.pass(1)
    ids.unshift((await createEndpoint(ctx, shop)).endpoint.endpointId)
  }
  await createEndpoint(ctx, { ...shop, livemode: true })
  const page = async (at: {
    limit: number
    after?: string | undefined
    before?: string | undefined
  }) => (await listEndpoints(ctx, shop, at)).map((endpoint) => endpoint.endpointId)
  assert.deepEqual(await page({ limit: 2 }), ids.slice(0, 3))
  assert.deepEqual(await page({ limit: 2, after: ids[1] }), ids.slice(2, 5))
  assert.deepEqual(await page({ limit: 5, after: ids[3] }), ids.slice(4))
  assert.deepEqual(await page({ limit: 1, before: ids[3] }), [ids[2], ids[1]])
})
