// What Adyen tells of its own accord, and what it never tells, through the payments and the database:
// the real driver over a network whose answers a test writes.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type FreshDatabase, freshDatabase, testLog } from '../../src/db/testing.ts'
import type { ConnectedWallet } from '../../src/merchants/connected-wallets.ts'
import { applyFact } from '../../src/payments/apply.ts'
import { observe, orderOf } from '../../src/payments/ask.ts'
import type { PaymentContext } from '../../src/payments/context.ts'
import { createPayment } from '../../src/payments/decide.ts'
import { createJournal } from '../../src/payments/journal.ts'
import { createNotificationBook } from '../../src/payments/notification-book.ts'
import type { Attempt, Payment } from '../../src/payments/payment.ts'
import { receiveNotification } from '../../src/payments/receive-notification.ts'
import { resolvePayment } from '../../src/payments/resolve.ts'
import { findPayment } from '../../src/payments/store.ts'
import { anAttempt, aPayment, heldClock, systemRandom, T0 } from '../../src/payments/testing.ts'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest } from '../../src/ports.ts'
import { fieldsOf } from '../../src/wallets/googlepay/testing.ts'
import { googlepay } from '../../src/wallets/googlepay/wallet.ts'
import { json } from '../../src/wallets/testing.ts'
import { eventsOf } from './shop.ts'

const HOUR = 3_600_000
const PSP = 'QFQTPCQ8HXSKGK82'

let db: FreshDatabase
before(async () => {
  db = await freshDatabase({ size: 6 })
  await db.pool.query(`insert into merchants values ('mer_test', 'Test', '{}', now())`)
})
after(() => db.drop())

const lost = () => {
  throw new NetworkError('timeout', true, 'no answer')
}
const received = () => json({ status: 'received', pspReference: 'B7PV8KDS5WWQZC82' }, 201)

let accounts = 0

/** A hub with one account, and Adyen's answers by the path of the call. */
function setUp() {
  const walletAccountId = `wac_${++accounts}`
  const connected: ConnectedWallet = {
    merchantId: 'mer_test',
    walletAccountId,
    livemode: false,
    enabled: true,
    surfaces: ['desktop'],
    wallet: googlepay,
    account: openAccount(),
  }
  const answers: Record<string, () => OutgoingAnswer> = { payments: lost, cancels: received }
  const sent: OutgoingRequest[] = []
  const clock = heldClock()
  const log = testLog()
  const present = (payment: Payment) => ({ id: payment.paymentId })
  const ctx: PaymentContext = {
    pool: db.pool,
    journal: createJournal({ pool: db.pool, clock, random: systemRandom, present }),
    ports: {
      clock,
      random: systemRandom,
      log,
      network: {
        async send(request) {
          sent.push(request)
          const answer = answers[request.url.split('/').at(-1) ?? '']
          return answer?.() ?? assert.fail(`no answer prepared for ${request.url}`)
        },
      },
    },
    wallets: {
      find: async (id) => (id === walletAccountId ? connected : undefined),
      list: async () => [connected],
      ofWallets: async () => [connected],
    },
    registry: new Map([[googlepay.name, googlepay]]),
    notifications: createNotificationBook(db.pool),
    links: {
      notify: () => 'https://hub.example/notify',
      returned: () => 'https://hub.example/return',
      quit: () => 'https://hub.example/quit',
    },
    changed: () => {},
  }
  return { ctx, clock, log, answers, sent, walletAccountId }
}

type Hub = ReturnType<typeof setUp>

/** A payment whose charge has been sent to Adyen, with whatever it answered. */
async function charged(hub: Hub): Promise<{ payment: Payment; attempt: Attempt }> {
  const { ctx, walletAccountId } = hub
  const payment = aPayment({ currency: 'USD', amount: 1_099n })
  const { version: _version, eventCount: _count, attempts: _attempts, ...fresh } = payment
  await ctx.journal.commit({ change: createPayment(fresh), resolveAt: null })
  const attempt = anAttempt({
    wallet: 'googlepay',
    walletAccountId,
    surface: 'desktop',
    amount: 1_099n,
    currency: 'USD',
  })
  const started = await applyFact(ctx, payment, { type: 'attempt_started', attempt, at: T0 })
  assert.equal(started.kind, 'applied')
  const order = { ...orderOf(ctx, payment, attempt), token: '{"signedMessage":"made up"}' }
  const told = await googlepay.create(ctx.ports, openAccount(), order)
  await observe(ctx, await reread(hub, payment), attempt, googlepay, told, false)
  return { payment, attempt }
}

function openAccount() {
  const read = googlepay.readAccount(fieldsOf())
  assert.ok('account' in read)
  return read.account
}

async function reread({ ctx }: Hub, payment: Payment): Promise<Payment> {
  return (await findPayment(ctx.pool, payment)) ?? assert.fail('no payment')
}

const attemptOf = async (hub: Hub, payment: Payment) =>
  (await reread(hub, payment)).attempts[0] ?? assert.fail('no attempt')

/** Lets the payment's job run whenever it wants to. Tells when it wanted nothing more. */
async function lookedAfter(hub: Hub, payment: Payment, until = Number.POSITIVE_INFINITY) {
  for (let looks = 0; looks < 300; looks++) {
    const resolved = await resolvePayment(hub.ctx, payment)
    const next = resolved?.next ?? null
    if (next === null || next > until) return next
    hub.clock.time = Math.max(next, hub.clock.time + 1)
  }
  return assert.fail('the payment is looked at for ever')
}

const HMAC_KEY = Buffer.from(fieldsOf().acquirer_hmac_keys ?? '', 'hex')

interface Item {
  eventCode: string
  merchantReference: string
  [name: string]: unknown
}

/** A webhook as Adyen signs it (sheet 3.3). */
function webhook(given: Item, key = HMAC_KEY): Buffer {
  const item: Record<string, unknown> = {
    pspReference: PSP,
    merchantAccountCode: fieldsOf().acquirer_merchant_account,
    success: 'true',
    ...given,
  }
  const amount = { currency: 'USD', value: 1_099, ...Object(item.amount) }
  const text = [
    item.pspReference,
    item.originalReference ?? '',
    item.merchantAccountCode,
    item.merchantReference,
    amount.value,
    amount.currency,
    item.eventCode,
    item.success,
  ].join(':')
  const additionalData = { hmacSignature: createHmac('sha256', key).update(text).digest('base64') }
  const NotificationRequestItem = { ...item, amount, additionalData }
  return Buffer.from(
    JSON.stringify({ live: 'false', notificationItems: [{ NotificationRequestItem }] }),
  )
}

/** The outcome, the status that Adyen reads, and how the bytes were kept. */
async function tell(hub: Hub, item: Item, key = HMAC_KEY) {
  const body = webhook(item, key)
  const raw = { contentType: 'application/json', headers: {}, body }
  const { outcome, acknowledgement, asked } = await receiveNotification(
    hub.ctx,
    'googlepay',
    hub.walletAccountId,
    raw,
  )
  await asked
  const { rows } = await db.pool.query<{ verdict: string; payment_id: string | null }>(
    'select verdict, payment_id from notifications where wallet_account_id = $1 and body = $2',
    [hub.walletAccountId, body],
  )
  return { outcome, status: acknowledgement.status, kept: rows[0] }
}

const errors = ({ log }: Hub) => log.lines.filter((line) => line.includes('"level":"error"'))

let hub: Hub
beforeEach(() => {
  hub = setUp()
})

describe('a charge that never arrived', () => {
  test('ends without any news: the cancel was received, and nothing was heard', async () => {
    const { payment } = await charged(hub)
    assert.equal((await attemptOf(hub, payment)).status, 'unknown_outcome')
    assert.equal(await lookedAfter(hub, payment), null)
    assert.equal((await reread(hub, payment)).status, 'expired')
    assert.ok(hub.clock.time < payment.expiresAt + 4 * HOUR)
  })

  test('ends as canceled where the merchant canceled', async () => {
    const { payment } = await charged(hub)
    await applyFact(hub.ctx, payment, { type: 'cancel_requested', at: hub.clock.now() })
    assert.equal(await lookedAfter(hub, payment), null)
    assert.equal((await reread(hub, payment)).status, 'canceled')
  })

  test('ends at once when Adyen says that it knows no such payment', async () => {
    const { payment, attempt } = await charged(hub)
    await lookedAfter(hub, payment, T0 + 16 * 60_000)
    assert.ok(hub.sent.some(({ url }) => url.endsWith('/cancels')))
    const told = await tell(hub, {
      eventCode: 'TECHNICAL_CANCEL',
      merchantReference: attempt.walletReference,
      success: 'false',
      reason: 'Transaction not found',
    })
    assert.deepEqual([told.outcome, told.status], ['taken', 200])
    assert.equal((await attemptOf(hub, payment)).status, 'failed')
    assert.equal(await lookedAfter(hub, payment), null)
    assert.equal((await reread(hub, payment)).status, 'expired')
    assert.equal(hub.clock.time, payment.expiresAt)
  })

  test('ends after a day where Adyen does not even take the cancel', async () => {
    hub.answers.cancels = lost
    const { payment } = await charged(hub)
    assert.equal(await lookedAfter(hub, payment), null)
    assert.equal((await reread(hub, payment)).status, 'expired')
    assert.ok(hub.clock.time >= payment.expiresAt + 24 * HOUR)
    assert.ok(hub.clock.time <= payment.expiresAt + 26 * HOUR)
  })

  test('ends where the payer was sent to 3-D Secure and never came back', async () => {
    const action = { type: 'redirect', method: 'GET', url: 'https://acs.example.com/3ds' }
    hub.answers.payments = () => json({ resultCode: 'RedirectShopper', action })
    const { payment } = await charged(hub)
    assert.equal((await attemptOf(hub, payment)).status, 'requires_action')
    assert.equal(await lookedAfter(hub, payment), null)
    assert.equal((await reread(hub, payment)).status, 'expired')
  })

  test('is late money when it had arrived after all', async () => {
    const { payment, attempt } = await charged(hub)
    await lookedAfter(hub, payment)
    const merchantReference = attempt.walletReference
    const told = await tell(hub, { eventCode: 'AUTHORISATION', merchantReference })
    assert.equal(told.outcome, 'taken')
    const { status, late, amountCaptured } = await reread(hub, payment)
    assert.deepEqual([status, late, amountCaptured], ['succeeded', true, 1_099n])
  })
})

describe('genuine news that change no payment', () => {
  let payment: Payment
  let merchantReference: string
  beforeEach(async () => {
    const begun = await charged(hub)
    payment = begun.payment
    merchantReference = begun.attempt.walletReference
  })
  const pay = async () => {
    const told = await tell(hub, { eventCode: 'AUTHORISATION', merchantReference })
    assert.equal(told.outcome, 'taken')
  }
  const of = (eventCode: string, more: object = {}) => ({
    eventCode,
    merchantReference,
    originalReference: PSP,
    pspReference: 'B7PV8KDS5WWQZC82',
    ...more,
  })

  test('for another merchant account, or not understood, are kept and taken', async () => {
    for (const more of [
      { merchantAccountCode: 'ShopPOS' },
      { merchantReference: 'order:7' },
      { amount: { value: -1_099 } },
    ]) {
      const told = await tell(hub, { eventCode: 'AUTHORISATION', merchantReference, ...more })
      assert.deepEqual([told.outcome, told.status], ['quarantined', 200], JSON.stringify(more))
      assert.equal(told.kept?.verdict, 'quarantined')
    }
    assert.equal(errors(hub).length, 3)
    assert.equal((await attemptOf(hub, payment)).status, 'unknown_outcome')
  })

  test('are refused and not kept when somebody else signed them', async () => {
    const item = { eventCode: 'AUTHORISATION', merchantReference, merchantAccountCode: 'ShopPOS' }
    const told = await tell(hub, item, Buffer.alloc(32))
    assert.deepEqual(told, { outcome: 'refused_signature', status: 500, kept: undefined })
  })

  test('of our order in another currency are quarantined', async () => {
    const amount = { currency: 'XXX', value: 1_099 }
    const told = await tell(hub, { eventCode: 'AUTHORISATION', merchantReference, amount })
    assert.deepEqual([told.outcome, told.status], ['quarantined', 200])
    const { status, details } = await attemptOf(hub, payment)
    assert.deepEqual([status, details.conflict], ['unknown_outcome', 'currency'])
  })

  test('of refunds and disputes stay with their payment, and somebody is told', async () => {
    await pay()
    for (const eventCode of ['REFUND', 'REFUND_FAILED', 'NOTIFICATION_OF_CHARGEBACK']) {
      const told = await tell(hub, of(eventCode))
      assert.deepEqual([told.outcome, told.status], ['after_payment', 200], eventCode)
      assert.deepEqual(told.kept, { verdict: 'ignored', payment_id: payment.paymentId })
      const line = errors(hub).at(-1) ?? ''
      for (const word of [payment.paymentId, hub.walletAccountId, merchantReference, eventCode]) {
        assert.ok(line.includes(word), `${word} in ${line}`)
      }
    }
    assert.equal((await reread(hub, payment)).status, 'succeeded')
  })

  test('that the money of a success is gone raise the quarantine', async () => {
    for (const eventCode of ['CAPTURE_FAILED', 'CHARGEBACK', 'CANCEL_OR_REFUND']) {
      hub = setUp()
      const begun = await charged(hub)
      merchantReference = begun.attempt.walletReference
      await pay()
      const told = await tell(hub, of(eventCode))
      assert.deepEqual([told.outcome, told.status], ['quarantined', 200], eventCode)
      assert.equal(told.kept?.payment_id, begun.payment.paymentId)
      assert.ok(errors(hub).at(-1)?.includes(`"walletStatus":"${eventCode} true"`), eventCode)
      const events = await eventsOf(db.pool, begun.payment.paymentId)
      assert.deepEqual(events.slice(-2), ['payment.succeeded', 'payment.quarantined'])
    }
  })

  test('of a capture that failed before its authorization was heard of leave no success', async () => {
    await tell(hub, of('CAPTURE_FAILED'))
    await tell(hub, { eventCode: 'AUTHORISATION', merchantReference })
    assert.equal((await attemptOf(hub, payment)).status, 'canceled')
    assert.equal((await reread(hub, payment)).amountCaptured, 0n)
  })
})
