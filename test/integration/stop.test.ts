// A hub that is told to stop: what is under way is answered, who only listens does not hold it up.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import { openPage, sides } from './shop.ts'

let db: FreshDatabase
let stack: Stack

before(async () => {
  db = await freshDatabase()
  stack = await startStack({ databaseUrl: db.url })
})
after(async () => {
  await stack?.stop()
  await db?.drop()
})

it('answers what is under way, and waits for no open page and no silent connection', async () => {
  const { api, wallet } = sides(stack)
  const payment = await api.create()
  const page = await openPage(stack.hubUrl, payment.client_secret)
  await eventually(async () => (page.told > 0 ? true : undefined))
  const silent = connect(Number(new URL(stack.hubUrl).port), '127.0.0.1')
  await once(silent, 'connect')
  silent.on('error', () => silent.destroy())

  await wallet.fault({ kind: 'gateway_timeout', operation: 'alipay.trade.precreate', seconds: 2 })
  const starting = api.start(payment.id)
  // The intention is committed before the wallet is asked.
  await eventually(async () =>
    (await api.read(payment.id)).attempts.length > 0 ? true : undefined,
  )
  const since = Date.now()
  await stack.hub.stop()
  // An untouched connection alone would keep the server for a minute.
  assert.ok(Date.now() - since < 30_000)
  assert.equal((await starting).status, 'requires_action')
  await eventually(async () => (page.ended ? true : undefined))
})
