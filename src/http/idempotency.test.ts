import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiError } from '../errors.ts'
import { findKey, KEY_LIFE_MS, removeOldKeys } from '../merchants/idempotency-store.ts'
import { fingerprintOf, readKey } from './idempotency.ts'
import { type Answered, order, startTestHub, type TestHub, type TestMerchant } from './testing.ts'

let hub: TestHub
let shop: TestMerchant
before(async () => {
  hub = await startTestHub()
  shop = await hub.merchant()
})
after(() => hub.close())

const withKey = (key: string) => ({ 'idempotency-key': key })

async function count(
  table: 'payments' | 'attempts' | 'api_keys',
  merchantId = shop.merchantId,
): Promise<number> {
  const { rows } = await hub.services.pool.query<{ n: bigint }>(
    `select count(*) as n from ${table} where merchant_id = $1`,
    [merchantId],
  )
  return Number(rows[0]?.n)
}

test('AP-13 a POST without a key is refused', async () => {
  const urls = [
    '/v1/payments',
    '/v1/payments/pay_01jd3v0m8q4w5x6y7z8a9bcdef/cancel',
    '/v1/api_keys',
    '/v1/webhook_endpoints',
  ]
  for (const url of urls) {
    const answer = await shop.send('POST', url, {}, withKey(''))
    assert.equal(answer.status, 400)
    assert.equal(answer.body.code, 'idempotency_key_missing')
  }
})

test('AP-13 a bare and a quoted key are the same key', () => {
  assert.equal(readKey('abc-1'), 'abc-1')
  assert.equal(readKey('"abc-1"'), 'abc-1')
  assert.equal(readKey('"a\\"b\\\\c"'), 'a"b\\c')
  for (const key of ['a b', 'é', 'x'.repeat(256), '"a b"', '""', '\u0001']) {
    assert.throws(
      () => readKey(key),
      (e) => e instanceof ApiError && e.code === 'idempotency_key_invalid',
      key,
    )
  }
  assert.equal(readKey('x'.repeat(255)).length, 255)
})

test('AP-14 the fingerprint ignores order and spaces, and tells null from absent', () => {
  assert.deepEqual(fingerprintOf({ a: 1, b: [1, 2] }), fingerprintOf({ b: [1, 2], a: 1 }))
  assert.notDeepEqual(fingerprintOf({ a: null }), fingerprintOf({}))
  assert.notDeepEqual(fingerprintOf({ a: 1 }), fingerprintOf({ a: '1' }))
  assert.notDeepEqual(fingerprintOf(undefined), fingerprintOf({}))
})

test('AP-14 a key counts per merchant, mode and path', async () => {
  const other = await hub.merchant()
  const [mine, theirs] = [
    await shop.send('POST', '/v1/payments', order(), withKey('scope')),
    await other.send('POST', '/v1/payments', order(), withKey('scope')),
  ]
  assert.equal(mine.status, 201)
  assert.equal(theirs.status, 201)
  assert.notEqual(mine.body.id, theirs.body.id)
  const canceled = await shop.send(
    'POST',
    `/v1/payments/${mine.body.id}/cancel`,
    undefined,
    withKey('scope'),
  )
  assert.equal(canceled.body.status, 'canceled')
})

test('AP-15 the same key and body give the same answer, and no second effect', async () => {
  const body = order()
  const first = await shop.send('POST', '/v1/payments', body, withKey('same'))
  const before = await count('payments')
  hub.clock.at += 3_600_000
  const again = await shop.send('POST', '/v1/payments', body, withKey('"same"'))
  assert.equal(again.status, 201)
  assert.equal(again.text, first.text)
  assert.equal(again.headers['idempotent-replayed'], 'true')
  assert.equal(first.headers['idempotent-replayed'], undefined)
  assert.equal(await count('payments'), before)
})

test('AP-15 a refusal is repeated as well', async () => {
  const reference = 'kept-refusal'
  await shop.send('POST', '/v1/payments', order({ reference }))
  const body = order({ reference, amount: 1 })
  const first = await shop.send('POST', '/v1/payments', body, withKey('refusal'))
  const again = await shop.send('POST', '/v1/payments', body, withKey('refusal'))
  assert.equal(first.body.code, 'reference_conflict')
  assert.equal(again.text, first.text)
  assert.equal(again.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.equal(again.headers['idempotent-replayed'], 'true')
})

test('AP-16 the same key with another body is refused', async () => {
  await shop.send('POST', '/v1/payments', order(), withKey('reused'))
  const other = await shop.send('POST', '/v1/payments', order(), withKey('reused'))
  assert.equal(other.status, 422)
  assert.equal(other.body.code, 'idempotency_key_reused')
})

test('AP-16 AP-18 50 identical creations at once make one payment and get one answer', async () => {
  const before = await count('payments')
  const body = order()
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => shop.send('POST', '/v1/payments', body, withKey('race'))),
  )
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
  assert.equal(
    answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length,
    49,
  )
  assert.equal(await count('payments'), before + 1)
})

test('AP-16 50 creations at once with one key and different bodies: one is made, the others are refused', async () => {
  const before = await count('payments')
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => shop.send('POST', '/v1/payments', order(), withKey('mixed'))),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(answers.filter(({ body }) => body.code === 'idempotency_key_reused').length, 49)
  assert.equal(await count('payments'), before + 1)
})

test('AP-18 50 identical API keys at once are one key, shown the same to all', async () => {
  const before = await count('api_keys')
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      shop.send('POST', '/v1/api_keys', { name: 'race' }, withKey('keys')),
    ),
  )
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.equal(await count('api_keys'), before + 1)
})

test('AP-16 while an attempt is being started, a repeat gets 409 and Retry-After; then the same answer', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  const wish = { wallet: 'paper', surface: 'qr' }
  const { promise: reached, resolve: nowReached } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = async (given) => {
    nowReached()
    await released
    return plain(given)
  }
  const first = shop.send('POST', url, wish, withKey('attempt'))
  await reached
  const meanwhile = await shop.send('POST', url, wish, withKey('attempt'))
  assert.equal(meanwhile.status, 409)
  assert.equal(meanwhile.body.code, 'idempotency_in_progress')
  assert.equal(meanwhile.headers['retry-after'], '1')
  release()
  const done = await first
  hub.wallet.onCreate = plain
  const again = await shop.send('POST', url, wish, withKey('attempt'))
  assert.equal(done.status, 201)
  assert.equal(again.text, done.text)
})

test('AP-17 a start that was cut off goes on with the same attempt, and asks the wallet for no other', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  const wish = { wallet: 'paper', surface: 'qr' }
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = () => {
    throw new Error('the process dies here')
  }
  const cut = await shop.send('POST', url, wish, withKey('cut'))
  hub.wallet.onCreate = plain
  assert.equal(cut.status, 500)
  assert.equal(
    (await shop.send('POST', url, wish, withKey('cut'))).body.code,
    'idempotency_in_progress',
  )
  hub.clock.at += 61_000
  const calls = hub.wallet.calls.filter(({ operation }) => operation === 'create').length
  const again = await shop.send('POST', url, wish, withKey('cut'))
  assert.equal(again.status, 201)
  assert.equal(hub.wallet.calls.filter(({ operation }) => operation === 'create').length, calls)
  const read = await shop.send('GET', `/v1/payments/${payment.id}`)
  assert.equal(Array.isArray(read.body.attempts) && read.body.attempts.length, 1)
  assert.equal((await shop.send('POST', url, wish, withKey('cut'))).text, again.text)
})

test('AP-17 once the outcome is committed a repeat has its answer at once, though the first one never kept it', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  const wish = { wallet: 'paper', surface: 'qr' }
  const row = `from idempotency_keys where merchant_id = '${shop.merchantId}' and key = 'killed'`
  const { pool } = hub.services
  const plain = hub.wallet.onCreate
  let begun: unknown[] = []
  hub.wallet.onCreate = async (given) => {
    const { rows } = await pool.query(`select sealed_body, running_until ${row}`)
    begun = [rows[0]?.sealed_body, new Date(rows[0]?.running_until)]
    return plain(given)
  }
  const first = await shop.send('POST', url, wish, withKey('killed'))
  hub.wallet.onCreate = plain
  // As a process leaves it that is killed between the commit of the answer and its keeping.
  await pool.query(
    `update idempotency_keys set status = null, sealed_body = $1, running_until = $2
     where merchant_id = $3 and key = 'killed'`,
    [...begun, shop.merchantId],
  )
  const calls = hub.wallet.calls.length
  const again = await shop.send('POST', url, wish, withKey('killed'))
  assert.equal(again.text, first.text)
  assert.equal(hub.wallet.calls.length, calls)
  const third = await shop.send('POST', url, wish, withKey('killed'))
  assert.equal(third.text, first.text)
  assert.equal(third.headers['idempotent-replayed'], 'true')
})

test('AP-17 an answer that the database would not keep is given to the repeat, without doing it again', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  const wish = { wallet: 'paper', surface: 'qr' }
  const refusing = await refuseChanges('update')
  const cut = await shop.send('POST', url, wish, withKey('unkept'))
  assert.equal(cut.status, 500)
  await refusing.end()
  const calls = hub.wallet.calls.length
  const again = await shop.send('POST', url, wish, withKey('unkept'))
  assert.equal(again.status, 201, again.text)
  assert.equal(again.headers['idempotent-replayed'], 'true')
  assert.equal(hub.wallet.calls.length, calls)

  hub.clock.at += 5_000
  const sync = `/v1/payments/${payment.id}/sync`
  const refusingAgain = await refuseChanges('update')
  assert.equal((await shop.send('POST', sync, undefined, withKey('unkept-sync'))).status, 500)
  await refusingAgain.end()
  hub.clock.at += 5_000
  const asked = hub.wallet.calls.length
  const synced = await shop.send('POST', sync, undefined, withKey('unkept-sync'))
  assert.equal(synced.status, 200, synced.text)
  assert.equal(hub.wallet.calls.length, asked)
})

test('AP-17 a request that failed and could not give its key back does not hold up the repeat', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  await shop.send('POST', url, { wallet: 'paper', surface: 'qr' })
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = () => {
    throw new Error('the work fails')
  }
  const refusing = await refuseChanges('delete')
  const sync = `/v1/payments/${payment.id}/sync`
  const failed = await shop.send('POST', sync, undefined, withKey('unreleased'))
  assert.equal(failed.status, 500)
  hub.wallet.onQuery = plain
  await refusing.end()
  const again = await shop.send('POST', sync, undefined, withKey('unreleased'))
  assert.equal(again.status, 200, again.text)
  assert.equal(again.headers['idempotent-replayed'], undefined)
})

/** The database refuses to change keys until `end`. */
async function refuseChanges(kind: 'update' | 'delete') {
  const { pool } = hub.services
  await pool.query(`create or replace function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'not now'; end $$`)
  await pool.query(`create trigger refusing before ${kind} on idempotency_keys
    for each row execute function refuse_change()`)
  return {
    end: () => pool.query('drop trigger refusing on idempotency_keys'),
  }
}

test('AP-17 what may come to another end is not kept: the same key succeeds later', async () => {
  const { body: payment } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${payment.id}/attempts`
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = () => ({ source: 'response', status: 'unknown' })
  await shop.send('POST', url, { wallet: 'paper', surface: 'qr' })
  hub.wallet.onCreate = plain
  const wish = { wallet: 'paper', surface: 'desktop' }
  const early = await shop.send('POST', url, wish, withKey('later'))
  assert.equal(early.body.code, 'attempt_unresolved')
  assert.equal(early.headers['retry-after'], '120')
  hub.clock.at += 121_000
  const later = await shop.send('POST', url, wish, withKey('later'))
  assert.equal(later.status, 201, later.text)
})

test('AP-18 a key and its rows are one commit: a refused creation leaves neither', async () => {
  const before = await count('api_keys')
  const answer = await shop.send(
    'POST',
    '/v1/api_keys',
    { name: 'x', expires_at: '2020-01-01T00:00:00Z' },
    withKey('refused-key'),
  )
  assert.equal(answer.body.code, 'field_invalid')
  assert.equal(await count('api_keys'), before)
})

test('AP-18 connections that break at any moment leave neither a lost nor a ghost key', async () => {
  const own = await hub.merchant()
  const breakAll = () =>
    hub.services.pool
      .query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
      .catch((error: Error) => assert.match(error.message, /terminat|Connection/))
  const untilMade = async (body: object, key: string): Promise<Answered> => {
    for (;;) {
      const answer = await own.send('POST', '/v1/payments', body, withKey(key))
      if (answer.status === 201) return answer
      assert.ok([409, 503].includes(answer.status), answer.text)
    }
  }
  const bodies = Array.from({ length: 40 }, () => order())
  const made = bodies.map((body, i) => untilMade(body, `broken-${i}`))
  for (let i = 0; i < 8; i++) await breakAll()
  const answers = await Promise.all(made)
  assert.equal(await count('payments', own.merchantId), 40)
  for (const [i, body] of bodies.entries()) {
    const again = await untilMade(body, `broken-${i}`)
    assert.equal(again.text, answers[i]?.text)
  }
})

test('AP-19 a reference again with equal content gives the existing payment, without its secret', async () => {
  const body = order({
    items: [{ name: 'Tea', quantity: 2, amount: 8850 }],
    metadata: { b: '1', a: '2' },
  })
  const first = await shop.send('POST', '/v1/payments', body)
  const again = await shop.send('POST', '/v1/payments', body)
  assert.equal(again.status, 200)
  assert.equal(again.body.id, first.body.id)
  assert.equal(again.body.client_secret, undefined)
})

test('AP-19 a reference again with other content is refused, naming the first different field', async () => {
  const reference = 'conflict'
  await shop.send('POST', '/v1/payments', order({ reference }))
  const cases: [change: object, param: string][] = [
    [{ amount: 1 }, '/amount'],
    [{ currency: 'USD' }, '/currency'],
    [{ title: 'Coffee' }, '/title'],
    [{ metadata: { a: 'b' } }, '/metadata'],
    [{ expires_in: 60 }, '/expires_in'],
    [{ wallets: ['paper'] }, '/wallets'],
  ]
  for (const [change, param] of cases) {
    const answer = await shop.send('POST', '/v1/payments', order({ reference, ...change }))
    assert.equal(answer.status, 409)
    assert.equal(answer.body.code, 'reference_conflict')
    assert.equal(answer.body.param, param)
  }
  const other = await hub.merchant()
  assert.equal((await other.send('POST', '/v1/payments', order({ reference }))).status, 201)
})

test('50 creations at once with one reference and different keys make one payment', async () => {
  const before = await count('payments')
  const body = order()
  const answers: Answered[] = await Promise.all(
    Array.from({ length: 50 }, () => shop.send('POST', '/v1/payments', body)),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(answers.filter(({ status }) => status === 200).length, 49)
  assert.equal(new Set(answers.map(({ body: { id } }) => id)).size, 1)
  assert.equal(await count('payments'), before + 1)
})

test('kept answers are sealed: a dump has no client secret and no API key', async () => {
  const { body } = await shop.send('POST', '/v1/payments', order())
  const { body: made } = await shop.send('POST', '/v1/api_keys', { name: 'dumped' })
  const { rows } = await hub.services.pool.query<{ sealed_body: Buffer | null }>(
    'select sealed_body from idempotency_keys',
  )
  const dump = Buffer.concat(rows.map((row) => row.sealed_body ?? Buffer.alloc(0)))
  assert.ok(dump.length > 1000)
  assert.ok(!dump.includes(String(body.client_secret)))
  assert.ok(!dump.includes(String(made.key)))
})

test('AP-15 keys are forgotten after 30 days, not before', async () => {
  const own = await hub.merchant()
  await own.send('POST', '/v1/payments', order(), withKey('old'))
  const scope = {
    merchantId: own.merchantId,
    livemode: false,
    method: 'POST',
    path: '/v1/payments',
    key: 'old',
  }
  await removeOldKeys(hub.services.pool, hub.clock.at + KEY_LIFE_MS)
  assert.ok(await findKey(hub.services.pool, scope))
  await own.send('POST', '/v1/payments', order(), withKey('old-too'))
  // All of them, however many one statement may remove.
  await removeOldKeys(hub.services.pool, hub.clock.at + KEY_LIFE_MS + 1, 1)
  assert.equal(await findKey(hub.services.pool, scope), undefined)
  assert.equal(await findKey(hub.services.pool, { ...scope, key: 'old-too' }), undefined)
})

test('a POST never waits for another connection, nor for a name server, while it holds one', async () => {
  const url = 'https://shop.example.com/hooks'
  const made = await shop.send('POST', '/v1/webhook_endpoints', { url })
  const rotate = () => shop.send('POST', `/v1/webhook_endpoints/${made.body.id}/rotate_secret`, {})
  // Twice as many as the pool has connections.
  const rotated = await Promise.all(Array.from({ length: 20 }, rotate))
  assert.ok(
    rotated.every(({ status }) => status === 200 || status === 412),
    rotated[0]?.text,
  )

  const { endpoints } = hub.services
  const { guard } = endpoints
  const name = Promise.withResolvers<void>()
  endpoints.guard = { ...guard, check: (text) => name.promise.then(() => guard.check(text)) }
  const waiting = Array.from({ length: 20 }, () =>
    shop.send('POST', '/v1/webhook_endpoints', { url }),
  )
  const read = await shop.send('GET', '/v1/webhook_endpoints')
  assert.equal(read.status, 200)
  name.resolve()
  for (const { status } of await Promise.all(waiting)) assert.equal(status, 201)
  endpoints.guard = guard
})
