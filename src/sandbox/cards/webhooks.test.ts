// Webhooks of the acquirers: their schedules, and what becomes of them on the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isObject } from '../json.ts'
import { listOf } from '../test-support.ts'
import { type CardSetup, cardSetup, type Webhook } from './test-support.ts'

/** Charges a card through Adyen. Resolves when it was answered. */
async function pay(world: CardSetup, reference: string): Promise<void> {
  const fields = await world.account('applepay')
  const token = await world.apple()
  const answer = await fetch(`${fields.acquirer_base_url}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': fields.acquirer_api_key ?? '' },
    body: JSON.stringify({
      merchantAccount: fields.acquirer_merchant_account,
      amount: { currency: 'USD', value: 1099 },
      reference,
      returnUrl: 'https://shop.example/',
      paymentMethod: {
        type: 'applepay',
        applePayToken: Buffer.from(JSON.stringify(token)).toString('base64'),
      },
    }),
  })
  assert.equal(answer.status, 200)
}

const about = (reference: string) => (hook: Webhook) => hook.body.includes(`"${reference}"`)

async function strike(world: CardSetup, kind: string, order: string): Promise<void> {
  await world.control('faults', { wallet: 'adyen', kind, order })
}

test('what is not taken is sent again, further and further apart', async () => {
  await using world = await cardSetup('adyen')
  world.hooks.status = 500
  await pay(world, 'order1')
  const arrived = async (count: number) =>
    world.hooks.next(() => world.hooks.all.filter(about('order1')).length >= count)
  await arrived(1)
  for (const [index, seconds] of [9, 18, 27, 120, 300, 600].entries()) {
    // The next delivery is booked a moment after the answer to this one.
    await booked(world, index + 1)
    await world.control('clock/advance', { seconds })
    await arrived(index + 2)
  }
  world.hooks.status = 202
  await booked(world, 7)
  await world.control('clock/advance', { seconds: 900 })
  await arrived(8)
  await booked(world, 8)
  const [message] = listOf(
    await world.control('adyen/notifications?reference=order1'),
    'notifications',
  )
  assert.equal(message?.state, 'acknowledged')
})

/** Asks until the books have this many deliveries. */
async function booked(world: CardSetup, count: number): Promise<void> {
  for (;;) {
    const told = await world.control('adyen/notifications?reference=order1')
    const [message] = listOf(told, 'notifications')
    const deliveries = message?.deliveries
    if (Array.isArray(deliveries) && deliveries.length >= count) return
  }
}

test('lost, doubled, late and reordered', async () => {
  await using world = await cardSetup('adyen')
  await strike(world, 'notification_lost', 'lost')
  await strike(world, 'notification_doubled', 'doubled')
  await strike(world, 'notification_delayed', 'late')
  await strike(world, 'notification_reordered', 'first')
  for (const reference of ['lost', 'doubled', 'late', 'first', 'second']) {
    await pay(world, reference)
  }
  await world.hooks.next(about('first'))
  const order = world.hooks.all.map(({ body }) => /"merchantReference":"(\w+)"/.exec(body)?.[1])
  assert(order.indexOf('second') < order.indexOf('first'), order.join(' '))
  assert.equal(order.filter((reference) => reference === 'doubled').length, 2)
  assert(!order.includes('late') && !order.includes('lost'))
  await world.control('clock/advance', { seconds: 31 })
  await world.hooks.next(about('late'))
  assert(!world.hooks.all.some(about('lost')))
})

test('a webhook goes only to the account it is about', async () => {
  await using world = await cardSetup('adyen')
  const apple = await world.account('applepay')
  const google = await world.account('googlepay')
  assert.notEqual(apple.acquirer_merchant_account, google.acquirer_merchant_account)
  assert.notEqual(apple.acquirer_hmac_keys, google.acquirer_hmac_keys)
})

test('an authorization that lapses is told, once', async () => {
  await using world = await cardSetup('adyen')
  const { acquirer_merchant_account: account } = await world.account('applepay')
  await world.control(`adyen/merchants/${account}`, { settings: { capture: 'manual' } })
  await pay(world, 'held')
  const [payment] = listOf(await world.control('adyen/payments?reference=held'), 'payments')
  const over = await world.control(`adyen/payments/${payment?.id}/expire`, {})
  assert.equal(over.state, 'expired')
  await world.hooks.next(({ body }) => body.includes('EXPIRE') && body.includes('held'))
  const again = await world.control(`adyen/payments/${payment?.id}/expire`, {})
  assert(isObject(again.problem))
})
