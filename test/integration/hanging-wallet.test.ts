// A wallet that takes every request and answers none: whoever else uses the hub does not notice, and
// the attempts it swallowed are neither paid nor failed (DESIGN section 9, PRODUCT SE-9).

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { performance } from 'node:perf_hooks'
import { after, before, describe, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { CURRENT_VERSION } from '../../src/http/version.ts'
import { newId } from '../../src/ids.ts'
import { createApiKey } from '../../src/merchants/api-keys.ts'
import { insertMerchant } from '../../src/merchants/merchant-store.ts'
import { SCOPES } from '../../src/merchants/scopes.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import {
  type AttemptView,
  type Client,
  counted,
  faultsInBooks,
  merchant,
  order,
  type PaymentView,
  sides,
  type Wallet,
} from './shop.ts'

const ATTEMPTS = 100
/** The hub's limit of connections to one wallet. */
const CONNECTIONS = 64

let db: FreshDatabase
let stack: Stack
let gateway: SilentGateway
/** A merchant with the healthy sandbox, and one whose wallet hangs. */
let healthy: Client
let hanging: Client[]
let wallet: Wallet

before(async () => {
  db = await freshDatabase()
  gateway = await silentGateway()
  // The shop's address is one that the hub may reach although it is private.
  stack = await startStack({ databaseUrl: db.url, shopUrl: gateway.url })
  ;({ api: healthy, wallet } = sides(stack))
  hanging = await secondMerchant()
})
after(async () => {
  await stack?.stop()
  await gateway?.close()
  await db?.drop()
})

type SilentGateway = Awaited<ReturnType<typeof silentGateway>>

/** Accepts connections and requests, and never answers one. */
async function silentGateway() {
  const open = { now: 0, most: 0, requests: 0 }
  const server: Server = createServer((request, response) => {
    // Only the gateway is silent; webhooks sent here are of no interest.
    if (!request.url?.startsWith('/gateway.do')) {
      response.end()
      return
    }
    open.requests += 1
    // It never answers, so each request has a connection of its own.
    open.now += 1
    open.most = Math.max(open.most, open.now)
    request.socket.once('close', () => {
      open.now -= 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return {
    url: `http://127.0.0.1:${address.port}`,
    open,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Several keys of one more merchant, whose Alipay account leads to the silent gateway. */
async function secondMerchant(): Promise<Client[]> {
  const ports = {
    clock: { now: Date.now },
    random: { bytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)) },
  }
  const merchantId = newId('mer', ports)
  await insertMerchant(db.pool, { merchantId, name: 'Second', support: {} }, Date.now())
  const clients: Client[] = []
  for (let i = 0; i < 6; i++) {
    const { text } = await createApiKey(db.pool, ports, {
      merchantId,
      livemode: false,
      name: `key ${i}`,
      scopes: SCOPES,
      version: CURRENT_VERSION,
      allowedAddresses: null,
      expiresAt: null,
    })
    clients.push(merchant(stack.hubUrl, text.reveal()))
  }
  const { fields } = await wallet.call<{ fields: Record<string, string> }>(
    'GET',
    '/alipay/hub-account',
  )
  const made = await clients[0]?.send('POST', '/v1/wallet_accounts', {
    body: {
      wallet: 'alipay',
      name: 'Hanging',
      fields: { ...fields, gateway: `${gateway.url}/gateway.do` },
    },
  })
  assert.equal(made?.status, 201, made?.text)
  return clients
}

/** Medians in milliseconds of what a merchant, a payer and a wallet ask the hub. */
async function medians(): Promise<Record<string, number>> {
  const { payment, attempt } = await healthy.begin()
  const calls: Record<string, () => Promise<unknown>> = {
    list: () => healthy.send('GET', '/v1/payments'),
    create: () => healthy.send('POST', '/v1/payments', { body: order() }),
    attempt: async () => healthy.start((await healthy.create()).id),
    state: () => state(payment.client_secret),
    notify: () => notify(attempt.wallet_account),
  }
  const found: Record<string, number> = {}
  for (const [name, call] of Object.entries(calls)) {
    const times: number[] = []
    for (let i = 0; i < 15; i++) {
      const start = performance.now()
      await call()
      times.push(performance.now() - start)
    }
    found[name] = times.sort((x, y) => x - y)[7] ?? Number.NaN
  }
  return found
}

async function state(clientSecret: string) {
  const answer = await fetch(`${stack.hubUrl}/checkout/v1/payment`, {
    headers: { authorization: `Bearer ${clientSecret}` },
  })
  assert.ok(answer.ok || answer.status === 429)
  await answer.text()
}

async function notify(account: string) {
  const answer = await fetch(`${stack.hubUrl}/notify/alipay/${account}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'notify_type=trade_status_sync&sign_type=RSA2&sign=AAAA',
  })
  assert.equal(await answer.text(), 'fail')
}

describe('a wallet that hangs', () => {
  it('slows nobody else and leaves its attempts undecided', async () => {
    const payments: PaymentView[] = []
    for (let i = 0; i < ATTEMPTS; i += hanging.length) {
      payments.push(...(await Promise.all(hanging.map((client) => client.create()))))
    }
    await medians()
    const calm = await medians()

    const started = payments.map((payment, i) =>
      (hanging[i % hanging.length] ?? healthy).start(payment.id),
    )
    const answers: Promise<AttemptView[]> = Promise.all(started)
    await eventually(async () => (gateway.open.requests >= CONNECTIONS ? true : undefined))
    const busy = await medians()
    for (const [name, before] of Object.entries(calm)) {
      const now = busy[name] ?? Number.NaN
      // Far from a wait for the other wallet, which would be seconds.
      assert.ok(now < before * 8 + 50, `${name}: ${before} ms before, ${now} ms while it hangs`)
    }
    await otherWalletIsFoundByAsking()

    for (const attempt of await answers) {
      const seen = [attempt.status, attempt.problem?.money]
      // Asked and not answered, or never sent because no connection was free.
      assert.ok(
        ['unknown_outcome,maybe', 'failed,no'].includes(seen.join()),
        `an attempt at a silent wallet is ${seen}`,
      )
    }
    await otherWalletIsFoundByAsking()
    assert.ok(gateway.open.most <= CONNECTIONS, `${gateway.open.most} connections at once`)
    for (const payment of payments.slice(0, 12)) {
      const read = await hanging[0]?.read(payment.id)
      assert.ok(read && read.status !== 'succeeded' && read.amount_captured === 0)
    }
    const silent = await counted(
      stack.metricsUrl,
      'tongbao_wallet_call_duration_seconds_count',
      'operation="create"',
    )
    assert.ok(silent >= payments.length)
    assert.deepEqual(await faultsInBooks(db.pool), [])
  })
})

/** The jobs that ask about other merchants' payments get their turn although this wallet hangs. */
async function otherWalletIsFoundByAsking() {
  const { payment, attempt } = await healthy.begin()
  await wallet.fault({ kind: 'notification_lost', out_trade_no: attempt.wallet_reference })
  await wallet.pay({ out_trade_no: attempt.wallet_reference })
  // Due after 3 s; a place among the jobs that wait for the silent wallet would take far longer.
  await healthy.reaches(payment.id, ({ status }) => status === 'succeeded', 10_000)
}
