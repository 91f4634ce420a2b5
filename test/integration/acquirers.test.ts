// The hub's acquirers against the sandbox's: what comes after the charge of a card. Captures, refunds
// and cancels, and what the webhooks say about them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Acquirer, CardOrder, ChangeObservation } from '../../src/acquirers/acquirer.ts'
import { acquirers } from '../../src/acquirers/index.ts'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork, type OpenNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import type { Ports } from '../../src/ports.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import type { RawNotification } from '../../src/wallets/wallet.ts'
import { eventually } from '../stack.ts'

let sandbox: Sandbox
let network: OpenNetwork
let ports: Ports
let server: Server
const arrived: RawNotification[] = []
let notifyUrl = ''

before(async () => {
  sandbox = await startSandbox({ port: 0 })
  network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url] })
  ports = { clock: { now: Date.now }, random: systemRandom, log: testLog(), network }
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
    const body = Buffer.concat(chunks)
    arrived.push({ contentType: 'application/json', headers: Object.fromEntries(headers), body })
    response.end('[accepted]')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(address && typeof address === 'object')
  notifyUrl = `http://127.0.0.1:${address.port}/notify`
})
after(async () => {
  await network.close()
  await sandbox.close()
  server.close()
})

async function control(path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${sandbox.url}/control/${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return JSON.parse(await answer.text())
}

let count = 0
const reference = (word: string) => {
  count += 1
  return `${word}${process.pid}x${count}`
}

/** A device's card in the clear: what the hub decrypts in direct mode. */
function orderOf(more: Partial<CardOrder> = {}): CardOrder {
  return {
    walletReference: reference('att'),
    surface: 'desktop',
    money: { amount: 1_099n, currency: 'USD' },
    title: 'Coffee',
    expiresAt: Date.now() + 900_000,
    notifyUrl,
    returnUrl: 'https://shop.example/return',
    quitUrl: 'https://shop.example/return',
    credential: {
      type: 'network_token',
      wallet: 'applepay',
      number: '4895370012003478',
      expiry: { month: 12, year: 2031 },
      cryptogram: Buffer.from(systemRandom.bytes(20)).toString('base64'),
      eci: '7',
    },
    capture: 'manual',
    ...more,
  }
}

for (const [name, acquirer] of acquirers) {
  describe(name, () => {
    let account: object
    before(async () => {
      const query = `acquirer=${name}&new=1&notify_url=${encodeURIComponent(notifyUrl)}`
      const { fields } = await control(`googlepay/hub-account?${query}`)
      const own = Object.entries(fields ?? {}).flatMap(([field, value]) =>
        field.startsWith('acquirer_') ? [[field.slice('acquirer_'.length), String(value)]] : [],
      )
      const entered: Record<string, string> = Object.fromEntries(own)
      if (name === 'adyen') {
        entered.capture = 'manual'
        const settings = { capture: 'manual' }
        await control(`adyen/merchants/${entered.merchant_account}`, { settings })
      }
      const read = acquirer.readAccount(entered)
      assert('account' in read, JSON.stringify(read))
      account = read.account
    })

    async function held(more: Partial<CardOrder> = {}) {
      const order = orderOf(more)
      const seen = await acquirer.authorize(ports, account, order)
      assert.equal(seen.status, 'processing', JSON.stringify(seen.problem))
      assert.deepEqual(seen.authorized, order.money)
      assert(seen.walletTransactionId)
      return { ...order, walletTransactionId: seen.walletTransactionId }
    }

    /** What is known of a change in the end: at once, or by webhook. */
    const ended = async (
      first: ChangeObservation,
      status: ChangeObservation['status'],
    ): Promise<void> => {
      if (first.status === status) return
      assert.equal(first.status, 'pending', JSON.stringify(first.problem))
      await eventually(async () => changesOf(acquirer, account, first, status))
    }

    test('money is held, taken in part, given back, and never more than was taken', async () => {
      const order = await held()
      const money = (amount: bigint) => ({ amount, currency: 'USD' })
      const capture = { order, reference: reference('cap'), money: money(999n) }
      const taken = await acquirer.capture(ports, account, capture)
      assert.match(taken.status, /^(?:succeeded|pending)$/, JSON.stringify(taken.problem))
      const refund = { order, reference: reference('ref'), money: money(300n) }
      await ended(await acquirer.refund(ports, account, refund), 'succeeded')
      const repeated = await acquirer.refund(ports, account, refund)
      assert.match(repeated.status, /^(?:succeeded|pending)$/)
      const more = { order, reference: reference('ref'), money: money(700n) }
      await ended(await acquirer.refund(ports, account, more), 'failed')
      const told = await control(`${name}/payments?reference=${order.walletReference}`)
      const [payment] = Array.isArray(told.payments) ? told.payments : []
      assert.deepEqual([payment.captured, payment.refunded], [999, 300])
    })

    test('a held payment is canceled, and what was taken is not', async () => {
      const order = await held()
      const seen = await acquirer.cancel(ports, account, order)
      if (seen.status !== 'closed') {
        await eventually(async () =>
          arrived.find((raw) => {
            const read = acquirer.readNotification(account, raw, Date.now())
            const closed = read.verdict === 'verified' && read.observation.status === 'closed'
            return closed && read.observation.walletReference === order.walletReference
          }),
        )
      }
      const paid = await acquirer.authorize(ports, account, orderOf())
      const { walletTransactionId } = paid
      assert(walletTransactionId)
      const taken = {
        ...orderOf(),
        walletReference: paid.walletReference ?? '',
        walletTransactionId,
      }
      const change = { order: taken, reference: reference('cap'), money: taken.money }
      await acquirer.capture(ports, account, change)
      assert.notEqual((await acquirer.cancel(ports, account, taken)).status, 'closed')
    })

    test('an answer that was lost neither loses the payment nor doubles it', async () => {
      for (const kind of ['api_lost_after', 'api_5xx_after']) {
        const order = orderOf()
        await control('faults', { wallet: name, kind, order: order.walletReference })
        await acquirer.authorize(ports, account, order)
        const told = await control(`${name}/payments?reference=${order.walletReference}`)
        assert(Array.isArray(told.payments))
        assert.equal(told.payments.length, 1, kind)
      }
    })
  })
}

function changesOf(
  acquirer: Acquirer,
  account: object,
  first: ChangeObservation,
  status: ChangeObservation['status'],
): RawNotification | undefined {
  return arrived.find((raw) => {
    const read = acquirer.readNotification(account, raw, Date.now())
    if (read.verdict !== 'change' || read.change.status !== status) return false
    return read.change.change === first.change && read.change.reference === first.reference
  })
}
