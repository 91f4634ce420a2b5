import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { json, scriptAt } from '../testing.ts'
import { callApi } from './api.ts'
import { accountOf, issue, NOW, TOKEN } from './testing.ts'

const CALL = { method: 'GET', path: '/v2/checkout/orders/1' } as const
const OK = json({ id: '1' })
const REFUSED = issue(401, 'AUTHENTICATION_FAILURE')

test('one token serves until a minute before its end', async () => {
  const { ports, sent, clock } = scriptAt(NOW, TOKEN, OK, OK, TOKEN, OK)
  const account = accountOf()
  await callApi(ports, account, CALL)
  clock.time = NOW + 839_999
  await callApi(ports, account, CALL)
  clock.time = NOW + 840_000
  await callApi(ports, account, CALL)
  const tokens = sent.filter(({ url }) => url.endsWith('/v1/oauth2/token'))
  assert.equal(tokens.length, 2)
  assert.equal(tokens[0]?.body, 'grant_type=client_credentials')
  const basic = Buffer.from(`${'A'.repeat(80)}:${'E'.repeat(80)}`).toString('base64')
  assert.equal(tokens[0]?.headers.authorization, `Basic ${basic}`)
})

test('callers at the same time share one token', async () => {
  const { ports, sent } = scriptAt(NOW, TOKEN, OK, OK)
  const account = accountOf()
  await Promise.all([callApi(ports, account, CALL), callApi(ports, account, CALL)])
  assert.equal(sent.length, 3)
})

test('a refused token is replaced once', async () => {
  const { ports, sent } = scriptAt(NOW, TOKEN, REFUSED, TOKEN, OK)
  const answer = await callApi(ports, accountOf(), CALL)
  assert.deepEqual(answer, { kind: 'answer', status: 200, body: { id: '1' } })
  assert.equal(sent.length, 4)

  const again = scriptAt(NOW, TOKEN, REFUSED, TOKEN, REFUSED)
  const refused = await callApi(again.ports, accountOf(), CALL)
  assert.equal(refused.kind === 'answer' && refused.status, 401)
})

test('without a token PayPal was not asked', async () => {
  for (const [step, category] of [
    [json({ error: 'invalid_client' }, 401), 'merchant_config'],
    [issue(503, 'SERVICE_UNAVAILABLE'), 'provider_down'],
    [new NetworkError('timeout', true, 'x'), 'provider_down'],
  ] as const) {
    const { ports } = scriptAt(NOW, step)
    const answer = await callApi(ports, accountOf(), { ...CALL, method: 'POST' })
    assert.ok(answer.kind === 'silent' && !answer.sent)
    assert.equal(answer.problem.category, category)
  }
})

test('secrets and tokens are never logged', async () => {
  const { ports, logged } = scriptAt(NOW, TOKEN, OK)
  await callApi(ports, accountOf(), CALL)
  assert.doesNotMatch(JSON.stringify(logged), /EEEE|A21AA/)
})
