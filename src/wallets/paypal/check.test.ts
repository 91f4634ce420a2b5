import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { json, type Step, scriptAt } from '../testing.ts'
import { fetchWanted, keyAt } from './certificates.ts'
import { check } from './check.ts'
import { nextQueryDelay } from './schedule.ts'
import { accountOf, FIELDS, issue, NOW, TOKEN } from './testing.ts'

const webhook = (...names: string[]) =>
  json({ id: FIELDS.webhook_id, event_types: names.map((name) => ({ name })) })

test('the check names what is wrong', async () => {
  const cases: [string, ...Step[]][] = [
    ['connected', TOKEN, webhook('*')],
    ['webhook_events_missing', TOKEN, webhook('PAYMENT.CAPTURE.COMPLETED')],
    ['webhook_unknown', TOKEN, issue(404, 'RESOURCE_NOT_FOUND')],
    ['webhook_unknown', TOKEN, issue(404, 'INVALID_RESOURCE_ID')],
    ['answer_not_understood', TOKEN, json({ id: 'another' })],
    ['answer_not_understood', TOKEN, { status: 200, headers: {}, body: Buffer.from('x') }],
    ['credentials_refused', json({ error: 'invalid_client' }, 401)],
    ['unreachable', new NetworkError('dns', false, 'x')],
  ]
  for (const [code, ...steps] of cases) {
    const { ports } = scriptAt(NOW, ...steps)
    assert.deepEqual(
      (await check(ports, accountOf())).map((each) => each.code),
      [code],
    )
  }
})

test('strangers cause one fetch a minute at most', async () => {
  const { certificates } = accountOf()
  const url = 'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1'
  const missing = issue(404, 'RESOURCE_NOT_FOUND')
  const { ports, sent, clock } = scriptAt(NOW, missing, missing)
  for (const wait of [0, 30_000, 29_999, 1]) {
    clock.time += wait
    assert.equal(keyAt(certificates, url, clock.time), undefined)
    await fetchWanted(ports, certificates)
  }
  assert.equal(sent.length, 2)
})

test('questions are dense while a payer may come back, and end after two weeks', () => {
  const minute = 60_000
  const day = 1440 * minute
  assert.equal(nextQueryDelay('desktop', 0, 15 * minute), 5_000)
  assert.equal(nextQueryDelay('desktop', 3 * minute, 12 * minute), 15_000)
  assert.equal(nextQueryDelay('desktop', 11 * minute, 4 * minute), minute)
  assert.equal(nextQueryDelay('desktop', 14 * minute, 30_000), 30_000)
  assert.equal(nextQueryDelay('desktop', 15 * minute, 0), 5 * minute)
  assert.equal(nextQueryDelay('desktop', day, -5 * minute), day)
  assert.equal(nextQueryDelay('desktop', day, -14 * day), undefined)
})
