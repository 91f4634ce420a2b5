// Notifications: acknowledgement, repetition on WeChat Pay's schedule, and every way to go wrong.
import assert from 'node:assert/strict'
import { createDecipheriv, verify } from 'node:crypto'
import { test } from 'node:test'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { listOf, orderNumber } from '../test-support.ts'
import { RETRY_MS } from './notifier.ts'
import { type Arrived, listenForJson, type Merchant, NOW, orderBody, start } from './testing.ts'

const EVENT_POLL_MS = 5

async function open(given: JsonObject = {}) {
  const { world, merchant, call } = await start(given)
  const listener = await listenForJson()
  const log = async (number: string) =>
    listOf(await world.control(`wechatpay/notifications?out_trade_no=${number}`), 'notifications')
  return {
    world,
    merchant,
    listener,
    async payNew(fault?: string, more: JsonObject = {}) {
      const number = orderNumber()
      const rule = { wallet: 'wechatpay', kind: fault, out_trade_no: number, ...more }
      if (fault) await world.control('faults', rule)
      const body = { ...orderBody(merchant, number), notify_url: listener.url }
      const made = await call('POST', '/v3/pay/transactions/native', body)
      await world.control('wechatpay/orders/pay', { text: String(made.body.code_url) })
      return number
    },
    log,
    /** Resolves when the log of an order looks as wanted; the books are written after the answer. */
    async logged(number: string, wanted: (notice: JsonObject) => boolean): Promise<JsonObject> {
      for (;;) {
        const [notice] = await log(number)
        if (notice && wanted(notice)) return notice
        await new Promise((resolve) => setTimeout(resolve, EVENT_POLL_MS))
      }
    },
    async [Symbol.asyncDispose]() {
      await world.sandbox.close()
      await listener[Symbol.asyncDispose]()
    },
  }
}

const state = (name: string) => (notice: JsonObject) => notice.state === name
const deliveries = (count: number) => (notice: JsonObject) =>
  Array.isArray(notice.deliveries) && notice.deliveries.length === count

/** What a merchant finds that does everything right: the plaintext, or why it refuses. */
function read({ headers, body }: Arrived, merchant: Merchant): JsonObject | string {
  const value = (name: string) => String(headers[`wechatpay-${name}`] ?? '')
  if (!value('signature')) return 'unsigned'
  if (Math.abs(Number(value('timestamp')) - NOW / 1000) >= 300) return 'stale'
  if (value('serial') !== merchant.publicKeyId) return 'unknown serial'
  if (value('signature').startsWith('WECHATPAY/SIGNTEST/')) return 'signtest'
  const message = Buffer.from(`${value('timestamp')}\n${value('nonce')}\n${body}\n`)
  const signature = Buffer.from(value('signature'), 'base64')
  if (!verify('sha256', message, merchant.publicKey, signature)) return 'signature'
  const resource = parseObject(body)?.resource
  assert(isObject(resource))
  const sealed = Buffer.from(String(resource.ciphertext), 'base64')
  const nonce = Buffer.from(String(resource.nonce))
  const decipher = createDecipheriv('aes-256-gcm', merchant.apiV3Key, nonce)
  decipher.setAAD(Buffer.from(String(resource.associated_data)))
  decipher.setAuthTag(sealed.subarray(-16))
  const plain = decipher.update(sealed.subarray(0, -16), undefined, 'utf8')
  try {
    decipher.final()
  } catch {
    return 'decryption'
  }
  return parseObject(plain) ?? 'no object'
}

test('a payment is notified once, encrypted and signed, and 204 ends it', async () => {
  await using world = await open()
  const number = await world.payNew()
  const notice = await world.logged(number, state('acknowledged'))
  const [first] = world.listener.received
  assert(first)
  assert.equal(first.headers['user-agent'], 'Mozilla/4.0')
  const plain = read(first, world.merchant)
  assert(isObject(plain))
  assert.equal(plain.out_trade_no, number)
  assert.equal(plain.trade_state, 'SUCCESS')
  assert.deepEqual(plain.amount, {
    currency: 'CNY',
    payer_currency: 'CNY',
    payer_total: 8850,
    total: 8850,
  })
  assert.equal(notice.fault, undefined)
})

test('without acknowledgement it is sent sixteen times in all, each signed anew', async () => {
  await using world = await open()
  world.listener.status = 500
  const number = await world.payNew()
  let sent = 1
  await world.logged(number, deliveries(sent))
  for (const ms of RETRY_MS) {
    await world.world.control('clock/advance', { seconds: ms / 1000 })
    sent += 1
    await world.logged(number, deliveries(sent))
  }
  await world.logged(number, state('exhausted'))
  assert.equal(sent, 16)
  const [one, other] = world.listener.received
  assert(one && other)
  assert.equal(parseObject(one.body)?.id, parseObject(other.body)?.id)
  assert.notEqual(one.headers['wechatpay-nonce'], other.headers['wechatpay-nonce'])
})

test('a redirect and a 200 page of a firewall: the one is no acknowledgement, the other is', async () => {
  await using world = await open()
  world.listener.status = 302
  const number = await world.payNew()
  await world.logged(number, state('waiting'))
  world.listener.status = 200
  await world.world.control('clock/advance', { seconds: 15 })
  await world.logged(number, state('acknowledged'))
})

const REFUSED: Record<string, string> = {
  notification_signtest: 'signtest',
  notification_unsigned: 'unsigned',
  notification_tampered: 'signature',
  notification_wrong_key: 'signature',
  notification_unknown_serial: 'unknown serial',
  notification_stale: 'stale',
  notification_wrong_api_key: 'decryption',
  notification_broken_tag: 'decryption',
}

for (const [fault, wanted] of Object.entries(REFUSED)) {
  test(`${fault}: the first is refused (${wanted}), the repetition is genuine`, async () => {
    await using world = await open()
    world.listener.status = 401
    const number = await world.payNew(fault)
    await world.logged(number, deliveries(1))
    world.listener.status = 204
    await world.world.control('clock/advance', { seconds: 15 })
    await world.logged(number, state('acknowledged'))
    const [bad, good] = world.listener.received
    assert(bad && good)
    assert.equal(read(bad, world.merchant), wanted)
    const plain = read(good, world.merchant)
    assert(isObject(plain))
    assert.equal(plain.out_trade_no, number)
  })
}

test('genuinely signed lies: another amount, another merchant', async () => {
  await using world = await open()
  await world.payNew('notification_wrong_amount')
  await world.payNew('notification_wrong_merchant')
  const [amount, merchant] = await world.listener.arrived(2)
  assert(amount && merchant)
  const wrong = read(amount, world.merchant)
  assert(isObject(wrong) && isObject(wrong.amount))
  assert.equal(wrong.amount.total, 8851)
  const foreign = read(merchant, world.merchant)
  assert(isObject(foreign))
  assert.notEqual(foreign.mchid, world.merchant.mchid)
})

test('lost, doubled, delayed and reordered', async () => {
  await using world = await open()
  const lost = await world.payNew('notification_lost')
  await world.logged(lost, state('lost'))
  await world.payNew('notification_doubled')
  await world.listener.arrived(2)
  await world.payNew('notification_delayed', { seconds: 40 })
  const held = await world.payNew('notification_reordered')
  await world.logged(held, state('held'))
  assert.equal(world.listener.received.length, 2)
  const next = await world.payNew()
  await world.logged(next, state('acknowledged'))
  await world.logged(held, state('acknowledged'))
  await world.world.control('clock/advance', { seconds: 40 })
  await world.listener.arrived(5)
})

test('a probe and a forgery on command are sent once and never repeated', async () => {
  await using world = await open()
  const number = await world.payNew('notification_lost')
  world.listener.status = 500
  for (const kind of ['notification_signtest', 'notification_wrong_key']) {
    await world.world.control('wechatpay/notifications/lie', { out_trade_no: number, kind })
  }
  for (const arrived of await world.listener.arrived(2)) {
    assert.match(String(read(arrived, world.merchant)), /^sign/)
  }
  for (;;) {
    const states = (await world.log(number)).map((notice) => notice.state)
    if (states.filter((each) => each === 'exhausted').length === 2) break
    await new Promise((resolve) => setTimeout(resolve, EVENT_POLL_MS))
  }
})

test('while migrating, both keys sign, by share', async () => {
  await using none = await open({ mode: 'migrating', public_key_share: 0 })
  await none.payNew()
  const [old] = await none.listener.arrived(1)
  assert.match(String(old?.headers['wechatpay-serial']), /^[0-9A-F]{40}$/)
  await using all = await open({ mode: 'migrating', public_key_share: 1 })
  await all.payNew()
  const [fresh] = await all.listener.arrived(1)
  assert.equal(fresh?.headers['wechatpay-serial'], all.merchant.publicKeyId)
})
