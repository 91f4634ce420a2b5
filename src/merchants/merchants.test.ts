import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startTestHub, type TestHub } from '../http/testing.ts'
import { prepareFirstStart } from './first-start.ts'
import { newKeyText, readKeyText } from './key-format.ts'
import { hasScope } from './scopes.ts'

let hub: TestHub
before(async () => {
  hub = await startTestHub()
})
after(() => hub.close())

const random = { bytes: (size: number) => randomBytes(size) }

test('AP-9 a key has 256 random bits, its mode, and a checksum that finds any wrong character', () => {
  const key = newKeyText(true, random)
  assert.match(key, /^tb_live_sk_[0-9A-Za-z]{49}$/)
  assert.deepEqual(readKeyText(key), { livemode: true })
  assert.equal(readKeyText(key.replace('live', 'test')), undefined)
  for (let i = 11; i < key.length; i++) {
    const other = key[i] === 'a' ? 'b' : 'a'
    assert.equal(readKeyText(key.slice(0, i) + other + key.slice(i + 1)), undefined)
  }
  assert.notEqual(newKeyText(true, random), key)
  const zero = newKeyText(false, { bytes: (size) => new Uint8Array(size) })
  assert.deepEqual(readKeyText(zero), { livemode: false })
})

test('AP-11 a write scope includes reading, and nothing else', () => {
  assert.ok(hasScope(['payments:write'], 'payments:read'))
  assert.ok(!hasScope(['payments:read'], 'payments:write'))
  assert.ok(!hasScope(['payments:write'], 'webhooks:read'))
  assert.ok(!hasScope([], 'payments:read'))
})

test("CO-16 a wallet account's secrets go in and never come out, and lie sealed", async () => {
  const shop = await hub.merchant()
  const made = await shop.send('POST', '/v1/wallet_accounts', {
    wallet: 'paper',
    name: 'x',
    fields: { shop: 's-1', key: 'canary-77' },
  })
  assert.deepEqual(made.body.fields, { shop: 's-1' })
  assert.deepEqual(made.body.secrets, ['key'])
  const url = `/v1/wallet_accounts/${made.body.id}`
  for (const answer of [
    made,
    await shop.send('GET', url),
    await shop.send('GET', '/v1/wallet_accounts'),
  ]) {
    assert.ok(!answer.text.includes('canary-77'))
  }
  const { rows } = await hub.services.pool.query<{ row: string; sealed: Buffer }>(
    'select w::text as row, sealed from wallet_accounts w where wallet_account_id = $1',
    [made.body.id],
  )
  assert.ok(!rows[0]?.row.includes('canary-77') && !rows[0]?.sealed.includes('canary-77'))
  assert.ok(!hub.log.lines.join('\n').includes('canary-77'))
})

test('a wallet account that its wallet refuses is refused with a pointer per finding', async () => {
  const shop = await hub.merchant()
  const answer = await shop.send('POST', '/v1/wallet_accounts', {
    wallet: 'paper',
    name: 'x',
    fields: { shop: 's' },
  })
  assert.equal(answer.status, 422)
  assert.equal(answer.body.code, 'wallet_account_invalid')
  assert.deepEqual(answer.body.errors, [
    { code: 'key_missing', param: '/fields/key', message: 'The key is missing.' },
  ])
  const cases: [object, string, string][] = [
    [{ wallet: 'gold', name: 'x', fields: {} }, 'wallet_unknown', '/wallet'],
    [
      { wallet: 'paper', name: 'x', fields: { shop: 's', key: 'k', colour: 'r' } },
      'unknown_field',
      '/fields/colour',
    ],
    [
      { wallet: 'paper', name: 'x', surfaces: ['in_app'], fields: { shop: 's', key: 'k' } },
      'not_supported',
      '/surfaces/0',
    ],
    [{ wallet: 'paper', name: 'x', fields: { shop: 's', key: 7 } }, 'field_invalid', '/fields/key'],
  ]
  for (const [body, code, param] of cases) {
    const refused = await shop.send('POST', '/v1/wallet_accounts', body)
    assert.equal(refused.body.code, code, refused.text)
    assert.equal(refused.body.param, param)
  }
})

test('an account whose money is not of the key’s mode is refused, new or changed', async () => {
  const plain = hub.wallet.takesRealMoney
  const body = { wallet: 'paper', name: 'x', fields: { shop: 's', key: 'k' } }
  for (const livemode of [true, false]) {
    const shop = await hub.merchant({ livemode })
    hub.wallet.takesRealMoney = () => livemode
    const made = await shop.send('POST', '/v1/wallet_accounts', body)
    assert.equal(made.status, 201, made.text)
    hub.wallet.takesRealMoney = () => !livemode
    const change = { fields: { key: 'k-2' } }
    for (const refused of [
      await shop.send('POST', '/v1/wallet_accounts', body),
      await shop.send('PATCH', `/v1/wallet_accounts/${made.body.id}`, change),
    ]) {
      assert.equal(refused.body.code, 'wallet_account_invalid', refused.text)
      assert.match(refused.text, /"code":"wrong_mode"/)
    }
    hub.wallet.takesRealMoney = plain
  }
})

test('an account that hands out addresses is connected once, by whomever, also in a race', async () => {
  const [one, other] = [await hub.merchant(), await hub.merchant()]
  const body = (shop: string) => ({ wallet: 'paper', name: 'x', fields: { shop, key: 'k' } })
  hub.wallet.exclusive = (account) => JSON.stringify(account)
  try {
    const answers = await Promise.all(
      [one, one, other, other].map((shop) => shop.send('POST', '/v1/wallet_accounts', body('a'))),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422, 422, 422])
    const refused = answers.find(({ status }) => status === 422)
    assert.equal(refused?.body.code, 'wallet_account_invalid')
    assert.match(refused?.text ?? '', /"code":"connected_twice"/)
    assert.equal((await other.send('POST', '/v1/wallet_accounts', body('b'))).status, 201)
  } finally {
    delete hub.wallet.exclusive
  }
})

test('an account never becomes another one: orders under way are asked about where they are', async () => {
  const shop = await hub.merchant()
  const fields = { shop: 's-1', key: 'k-1' }
  const made = await shop.send('POST', '/v1/wallet_accounts', {
    wallet: 'paper',
    name: 'x',
    fields,
  })
  const url = `/v1/wallet_accounts/${made.body.id}`
  for (const other of ['s-2', null]) {
    const refused = await shop.send('PATCH', url, { fields: { shop: other } })
    assert.equal(refused.body.code, 'wallet_account_invalid', refused.text)
    assert.match(refused.text, /"code":"fixed_field","param":"\/fields\/shop"/)
  }
  const same = await shop.send('PATCH', url, { fields: { shop: 's-1', key: 'k-2' } })
  assert.equal(same.status, 200, same.text)
})

test('a changed wallet account works within a second, keeps fields that were not named, and counts versions', async () => {
  const shop = await hub.merchant()
  const made = await shop.send('POST', '/v1/wallet_accounts', {
    wallet: 'paper',
    name: 'x',
    fields: { shop: 's-1', key: 'k-1' },
  })
  const id = String(made.body.id)
  const { wallets } = hub.context
  assert.deepEqual((await wallets.find(id))?.account, { shop: 's-1', key: 'k-1' })
  const url = `/v1/wallet_accounts/${id}`
  assert.equal((await shop.send('PATCH', url, { fields: { key: 'k-2' } })).status, 200)
  hub.clock.at += 900
  assert.deepEqual((await wallets.find(id))?.account, { shop: 's-1', key: 'k-2' })
  assert.equal(
    (await shop.send('PATCH', url, { fields: { key: null } })).body.code,
    'wallet_account_invalid',
  )
  await shop.send('PATCH', url, { status: 'disabled', surfaces: ['qr'] })
  hub.clock.at += 900
  const connected = await wallets.find(id)
  assert.equal(connected?.enabled, false)
  assert.deepEqual(connected?.surfaces, ['qr'])
  const stale = await shop.send(
    'PATCH',
    url,
    { name: 'y' },
    { 'if-match': String(made.headers.etag ?? '"old"') },
  )
  assert.equal(stale.body.code, 'precondition_failed')
})

test('50 changes at once are each kept or refused, none is lost in silence', async () => {
  const shop = await hub.merchant()
  const made = await shop.send('POST', '/v1/wallet_accounts', {
    wallet: 'paper',
    name: 'x',
    fields: { shop: 's', key: 'k' },
  })
  const url = `/v1/wallet_accounts/${made.body.id}`
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => shop.send('PATCH', url, { name: `n${i}` })),
  )
  const kept = answers.filter(({ status }) => status === 200).length
  assert.equal(kept + answers.filter(({ body }) => body.code === 'precondition_failed').length, 50)
  const { rows } = await hub.services.pool.query<{ version: number }>(
    'select version from wallet_accounts where wallet_account_id = $1',
    [made.body.id],
  )
  assert.equal(rows[0]?.version, kept + 1)
})

test('a sealed account that was moved to another row does not open', async () => {
  const shop = await hub.merchant()
  const fields = { shop: 's', key: 'k' }
  const a = await shop.send('POST', '/v1/wallet_accounts', { wallet: 'paper', name: 'a', fields })
  const b = await shop.send('POST', '/v1/wallet_accounts', { wallet: 'paper', name: 'b', fields })
  await hub.services.pool.query(
    'update wallet_accounts set sealed = (select sealed from wallet_accounts where wallet_account_id = $1) where wallet_account_id = $2',
    [a.body.id, b.body.id],
  )
  hub.clock.at += 1_000
  await assert.rejects(hub.context.wallets.find(String(b.body.id)), { name: 'SealError' })
})

test('the first start fills an empty database once, from however many hubs', async () => {
  const fresh = await startTestHub()
  const { services, context } = fresh
  const deps = {
    pool: services.pool,
    walletAccounts: services.walletAccounts,
    ports: context.ports,
  }
  const wanted = {
    merchant: { name: 'First', support: {} },
    walletAccounts: [{ wallet: 'paper', name: 'Sandbox', fields: { shop: 's', key: 'k' } }],
    version: '2026-11-01',
  }
  const begun = (
    await Promise.all(Array.from({ length: 5 }, () => prepareFirstStart(deps, wanted)))
  ).filter((one) => one !== undefined)
  assert.equal(begun.length, 1)
  assert.equal(JSON.stringify(begun[0]?.apiKey), '"[redacted]"')
  const answer = await fresh.app.inject({
    url: '/v1/wallet_accounts',
    headers: { authorization: `Bearer ${begun[0]?.apiKey.reveal()}` },
  })
  assert.equal(answer.json().data.length, 1)
  assert.equal(await prepareFirstStart(deps, wanted), undefined)
  await fresh.close()
})
