// Adyen's own rules: what silence leaves open, what the browser brings back, and which webhooks say
// what about a payment.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import type { CardOrder } from '../acquirer.ts'
import {
  adyenAccount,
  appleToken,
  HMAC_KEY,
  lost,
  NOW,
  networkToken,
  orderOf,
  REFERENCE,
  refusedConnection,
  response,
  type Step,
  script,
} from '../testing.ts'
import { adyen } from './acquirer.ts'

const order = orderOf({ type: 'applepay', token: appleToken })
const account = adyenAccount()
const paid = response('adyen-payments-authorised')
const answer = (body: object) => ({ status: 200, body })

describe('authorize', () => {
  test('after silence the same request goes out once more with the same key', async () => {
    const { ports, sent } = script(lost, paid)
    const seen = await adyen.authorize(ports, account, order)
    assert.equal(seen.status, 'succeeded')
    assert.deepEqual(sent[0], sent[1])
    assert.equal(sent[0]?.headers['idempotency-key'], `${REFERENCE}:authorise`)
  })

  test('two silences leave the outcome open', async () => {
    const seen = await adyen.authorize(script(lost, lost).ports, account, order)
    assert.deepEqual([seen.status, seen.problem?.category], ['unknown', 'unknown_outcome'])
  })

  test('a door that closes after a silence says nothing about the first request', async () => {
    for (const step of [response('adyen-unauthorised'), refusedConnection]) {
      const seen = await adyen.authorize(script(lost, step).ports, account, order)
      assert.equal(seen.status, 'unknown')
    }
  })

  test('what never left this machine has failed', async () => {
    const { ports, sent } = script(refusedConnection)
    const seen = await adyen.authorize(ports, account, order)
    assert.deepEqual([seen.status, seen.problem?.category], ['failed', 'provider_down'])
    assert.equal(sent.length, 1)
  })

  test('a result, an action or a status that is not known leaves the outcome open', async () => {
    for (const step of [
      answer({ resultCode: 'Splendid', merchantReference: REFERENCE }),
      answer({ resultCode: 'ChallengeShopper', merchantReference: REFERENCE }),
      answer({ resultCode: 'RedirectShopper', action: { type: 'redirect', url: 'javascript:1' } }),
      answer({}),
      { status: 302, body: {} },
      { status: 404, body: {} },
    ]) {
      const seen = await adyen.authorize(script(step).ports, account, order)
      assert.equal(seen.status, 'unknown', JSON.stringify(step))
    }
  })

  test('an answer about another payment is not believed', async () => {
    for (const merchantReference of ['tb_1002', undefined]) {
      const step = answer({ resultCode: 'Authorised', pspReference: 'X', merchantReference })
      const seen = await adyen.authorize(script(step).ports, account, order)
      assert.deepEqual([seen.status, seen.walletTransactionId], ['unknown', undefined])
    }
  })

  test('without an amount the webhook decides', async () => {
    const step = answer({ resultCode: 'Authorised', merchantReference: REFERENCE })
    const seen = await adyen.authorize(script(step).ports, account, order)
    assert.equal(seen.status, 'processing')
  })

  test('a refusal of an unknown code gives no hope', async () => {
    for (const refusalReasonCode of ['999', 'toString', undefined]) {
      const step = answer({
        resultCode: 'Refused',
        merchantReference: REFERENCE,
        refusalReasonCode,
      })
      const seen = await adyen.authorize(script(step).ports, account, order)
      assert.deepEqual([seen.status, seen.problem?.category], ['failed', 'risk_declined'])
    }
  })

  test('a part that was not asked for is let go', async () => {
    const part = answer({
      resultCode: 'PartiallyAuthorised',
      merchantReference: REFERENCE,
      pspReference: 'QFQTPCQ8HXSKGK82',
      amount: { currency: 'USD', value: 500 },
    })
    const { ports, sent } = script(part, response('adyen-cancel-received'))
    const seen = await adyen.authorize(ports, account, order)
    assert.equal(seen.status, 'unknown')
    assert.equal(new URL(sent[1]?.url ?? '').pathname, '/v72/payments/QFQTPCQ8HXSKGK82/cancels')
  })

  test('an account that captures otherwise is refused before anything is sent', async () => {
    const { ports, sent } = script()
    const seen = await adyen.authorize(ports, account, { ...order, capture: 'manual' })
    assert.deepEqual([seen.status, seen.problem?.category], ['failed', 'merchant_config'])
    assert.equal(sent.length, 0)
  })

  test('money that is held is not taken', async () => {
    const { ports, sent } = script(paid)
    const manual = adyenAccount({ capture: 'manual' })
    const seen = await adyen.authorize(ports, manual, { ...order, capture: 'manual' })
    assert.deepEqual([seen.status, seen.authorized], ['processing', order.money])
    assert.match(String(sent[0]?.body), /"manualCapture":"true"/)
  })

  test('the browser is described for 3-D Secure, and a form is handed to it', async () => {
    const browser = {
      userAgent: 'Mozilla/5.0',
      acceptHeader: '*/*',
      language: 'zh-CN',
      colorDepth: 24,
      screenHeight: 900,
      screenWidth: 1440,
      timeZoneOffset: -480,
      javaEnabled: false,
    }
    const action = {
      type: 'redirect',
      method: 'POST',
      url: 'https://acs.example.test/',
      data: { MD: '1', PaReq: '2' },
    }
    const { ports, sent } = script(answer({ resultCode: 'RedirectShopper', action }))
    const seen = await adyen.authorize(ports, account, { ...order, browser })
    assert.deepEqual(JSON.parse(String(sent[0]?.body)).browserInfo, browser)
    assert.deepEqual(seen.nextAction, {
      type: 'form',
      action: action.url,
      fields: action.data,
    })
  })

  test('a one-digit indicator is sent with two, and none is not made up', async () => {
    const { ports, sent } = script(paid, paid)
    await adyen.authorize(ports, account, orderOf(networkToken))
    await adyen.authorize(
      ports,
      account,
      orderOf({
        type: 'network_token',
        wallet: 'googlepay',
        number: '4242424242424242',
        expiry: { month: 3, year: 2029 },
        cryptogram: 'AA==',
      }),
    )
    assert.equal(JSON.parse(String(sent[0]?.body)).mpiData.eci, '07')
    const second = JSON.parse(String(sent[1]?.body))
    assert.equal('eci' in second.mpiData, false)
    assert.equal(second.paymentMethod.expiryMonth, '03')
  })
})

describe('the return from 3-D Secure', () => {
  test('is decoded once and handed over', async () => {
    const { ports, sent } = script(response('adyen-details-authorised'))
    await adyen.continueFromReturn(ports, account, order, '?x=1&redirectResult=a%2Bb%2525')
    assert.deepEqual(JSON.parse(String(sent[0]?.body)), { details: { redirectResult: 'a+b%25' } })
  })

  test('of another payment changes nothing', async () => {
    const step = answer({
      resultCode: 'Authorised',
      merchantReference: 'tb_1002',
      amount: { currency: 'USD', value: 1099 },
    })
    const { ports } = script(step)
    const seen = await adyen.continueFromReturn(ports, account, order, 'redirectResult=stolen')
    assert.equal(seen.status, 'unknown')
  })

  test('that is refused says nothing about the payment', async () => {
    const { ports } = script({ status: 422, body: { errorCode: '101', message: 'x' } })
    const seen = await adyen.continueFromReturn(ports, account, order, 'redirectResult=garbage')
    assert.equal(seen.status, 'unknown')
  })

  test('without a result is no reason to go on', async () => {
    for (const query of ['', '?', 'redirectResult=', 'redirectResult=a&redirectResult=b', '%']) {
      assert.equal(adyen.verifyReturn(account, query), false, query)
      const { ports, sent } = script()
      assert.equal((await adyen.continueFromReturn(ports, account, order, query)).status, 'unknown')
      assert.equal(sent.length, 0)
    }
    assert.equal(adyen.verifyReturn(account, '?redirectResult=X6Xt'), true)
  })
})

describe('a question', () => {
  const HOUR = 3_600_000
  const statusAt = async (at: number, more: Partial<CardOrder> = {}) => {
    const { ports, sent, clock } = script()
    clock.time = at
    const { status } = await adyen.query(ports, account, { ...order, ...more })
    assert.equal(sent.length, 0, 'Adyen has none')
    return status
  }

  test('finds nothing out before Adyen has had its time to tell', async () => {
    assert.equal(await statusAt(NOW), 'unknown')
    assert.equal(await statusAt(order.expiresAt + 24 * HOUR - 1), 'unknown')
    assert.equal(await statusAt(NOW + 2 * HOUR - 1, { memory: `cancel ${NOW}` }), 'unknown')
  })

  test('after long silence says that there is no such payment', async () => {
    assert.equal(await statusAt(NOW + 2 * HOUR, { memory: `cancel ${NOW}` }), 'absent')
    assert.equal(await statusAt(order.expiresAt + 24 * HOUR), 'absent')
  })

  test('never says so of a payment that Adyen has told something about', async () => {
    const more = { walletTransactionId: 'QFQTPCQ8HXSKGK82', memory: `cancel ${NOW}` }
    assert.equal(await statusAt(NOW + 1_000 * HOUR, more), 'unknown')
  })
})

test('a cancel remembers when it was first received, and only then', async () => {
  const received = response('adyen-cancel-received')
  const remembered = async (step: Step, more: Partial<CardOrder> = {}) =>
    (await adyen.cancel(script(step).ports, account, { ...order, ...more })).memory
  assert.equal(await remembered(received), `cancel ${NOW}`)
  assert.equal(await remembered(received, { memory: 'cancel 1' }), undefined)
  assert.equal(await remembered(received, { walletTransactionId: 'X' }), undefined)
  for (const step of [lost, response('adyen-unauthorised')]) {
    assert.equal(await remembered(step), undefined)
  }
})

interface Item {
  amount?: { currency: unknown; value: unknown } | undefined
  [name: string]: unknown
}

const authorisation: Item = {
  pspReference: 'QFQTPCQ8HXSKGK82',
  merchantAccountCode: 'TongbaoTestECOM',
  merchantReference: REFERENCE,
  amount: { currency: 'USD', value: 1099 },
  eventCode: 'AUTHORISATION',
  success: 'true',
}

function signed(item: Item): Item {
  const { amount } = item
  const text = [
    item.pspReference,
    item.originalReference,
    item.merchantAccountCode,
    item.merchantReference,
    amount?.value,
    amount?.currency,
    item.eventCode,
    item.success,
  ]
    .map((field) => field ?? '')
    .join(':')
  const hmacSignature = createHmac('sha256', Buffer.from(HMAC_KEY, 'hex'))
    .update(text)
    .digest('base64')
  return { ...item, additionalData: { hmacSignature } }
}

const webhook = (...items: Item[]) => ({
  contentType: 'application/json',
  headers: {},
  body: Buffer.from(
    JSON.stringify({
      live: 'false',
      notificationItems: items.map((item) => ({ NotificationRequestItem: item })),
    }),
  ),
})
const read = (...items: Item[]) => adyen.readNotification(account, webhook(...items), NOW)

describe('webhooks', () => {
  const about = { originalReference: 'QFQTPCQ8HXSKGK82', pspReference: 'B7PV8KDS5WWQZC82' }
  const told: [string, Item, string][] = [
    ['an authorization', {}, 'verified succeeded'],
    ['a refusal', { success: 'false' }, 'verified failed'],
    ['a cancel', { ...about, eventCode: 'CANCELLATION' }, 'verified closed'],
    ['a cancel by reference', { ...about, eventCode: 'TECHNICAL_CANCEL' }, 'verified closed'],
    [
      'a cancel that could not be',
      { ...about, eventCode: 'CANCELLATION', success: 'false' },
      'change cancel failed',
    ],
    ['an expiry', { ...about, eventCode: 'EXPIRE' }, 'verified closed'],
    ['a capture', { ...about, eventCode: 'CAPTURE' }, 'change capture succeeded'],
    [
      'a capture that fails later',
      { ...about, eventCode: 'CAPTURE_FAILED' },
      'change capture failed',
    ],
    ['a refund', { ...about, eventCode: 'REFUND' }, 'change refund succeeded'],
    [
      'a refund refused',
      { ...about, eventCode: 'REFUND', success: 'false' },
      'change refund failed',
    ],
    ['a refund that fails later', { ...about, eventCode: 'REFUND_FAILED' }, 'change refund failed'],
    ['a refund sent back', { ...about, eventCode: 'REFUNDED_REVERSED' }, 'change refund failed'],
    [
      'a cancel of what is not there',
      { eventCode: 'TECHNICAL_CANCEL', success: 'false', reason: 'Transaction not found' },
      'verified absent',
    ],
    [
      'a cancel by reference that could not be',
      { ...about, eventCode: 'TECHNICAL_CANCEL', success: 'false', reason: 'not found' },
      'change cancel failed',
    ],
    [
      'a cancel by reference without a clear reason',
      { eventCode: 'TECHNICAL_CANCEL', success: 'false' },
      'change cancel failed',
    ],
    [
      'a cancel of what was taken',
      { ...about, eventCode: 'CANCEL_OR_REFUND' },
      'verified reversed',
    ],
    ['a chargeback', { ...about, eventCode: 'CHARGEBACK' }, 'verified reversed'],
    [
      'a chargeback to come',
      { ...about, eventCode: 'NOTIFICATION_OF_CHARGEBACK' },
      'ignored alarm',
    ],
    ['a chargeback taken back', { ...about, eventCode: 'CHARGEBACK_REVERSED' }, 'ignored alarm'],
    ['an event that is not known', { eventCode: 'SOMETHING_NEW' }, 'ignored'],
    [
      'a report',
      { eventCode: 'REPORT_AVAILABLE', amount: undefined, merchantReference: '' },
      'ignored',
    ],
    ['a payment of another system', { merchantReference: 'order #7' }, 'ignored'],
  ]
  for (const [name, more, expected] of told) {
    test(`${name} is ${expected}`, () => {
      const verdict = read(signed({ ...authorisation, ...more }))
      const text =
        verdict.verdict === 'verified'
          ? `verified ${verdict.observation.status}`
          : verdict.verdict === 'change'
            ? `change ${verdict.change.change} ${verdict.change.status}`
            : verdict.verdict === 'ignored' && verdict.afterPayment
              ? 'ignored alarm'
              : verdict.verdict
      assert.equal(text, expected)
    })
  }

  test('an authorization names payment, number and amount', () => {
    const verdict = read(signed(authorisation))
    assert.deepEqual(verdict, {
      verdict: 'verified',
      askFirst: false,
      observation: {
        source: 'notification',
        status: 'succeeded',
        walletReference: REFERENCE,
        walletTransactionId: 'QFQTPCQ8HXSKGK82',
        messageId: 'QFQTPCQ8HXSKGK82:AUTHORISATION:true',
        walletStatus: 'AUTHORISATION true',
        money: { amount: 1_099n, currency: 'USD' },
      },
    })
  })

  test('with manual capture an authorization only holds the money', () => {
    const manual = adyenAccount({ capture: 'manual' })
    const verdict = adyen.readNotification(manual, webhook(signed(authorisation)), NOW)
    assert(verdict.verdict === 'verified')
    assert.equal(verdict.observation.status, 'processing')
  })

  test('a currency in which no order is made contradicts every order', () => {
    for (const success of ['true', 'false']) {
      for (const currency of ['BTC', 'XXX', 'IRR']) {
        const amount = { currency, value: 1099 }
        const verdict = read(signed({ ...authorisation, amount, success }))
        assert(verdict.verdict === 'verified')
        assert.deepEqual(verdict.observation.money, { amount: 1_099n, currency })
      }
    }
  })

  test('an amount that cannot be said exactly is not told, so that no success is believed', () => {
    for (const amount of [
      { currency: 'CLP', value: 1050 },
      { currency: 'USD', value: null },
    ]) {
      const verdict = read(signed({ ...authorisation, amount }))
      assert(verdict.verdict === 'verified')
      assert.deepEqual(
        [verdict.observation.status, verdict.observation.money],
        ['succeeded', undefined],
      )
    }
  })

  test('what is genuine and not for this account is kept for a person', () => {
    const verdict = read(signed({ ...authorisation, merchantAccountCode: 'TongbaoTestPOS' }))
    assert(verdict.verdict === 'quarantined')
    assert.equal(verdict.reason, 'wrong_account')
    const { additionalData: _, ...bare } = signed(authorisation)
    assert.equal(read({ ...bare, merchantAccountCode: 'TongbaoTestPOS' }).verdict, 'refused')
  })

  test('fields cut at another colon are not understood although the signature is genuine', () => {
    const whole = signed({ ...authorisation, merchantReference: 'a:b' })
    const cut = { ...whole, merchantAccountCode: 'TongbaoTestECOM:a', merchantReference: 'b' }
    for (const item of [whole, cut]) {
      const verdict = read(item)
      assert(verdict.verdict === 'quarantined')
      assert.equal(verdict.reason, 'malformed')
    }
  })

  test('a field of another shape is kept for a person, if its signature is genuine', () => {
    for (const more of [
      { success: true },
      { success: 'yes' },
      { amount: { currency: 'USD', value: -1099 } },
      { amount: { currency: 'USD', value: 10.99 } },
      { amount: { currency: 'USD', value: '1099' } },
      { amount: { currency: 'usd', value: 1099 } },
      { pspReference: null },
      { merchantReference: 7 },
    ]) {
      const verdict = read(signed({ ...authorisation, ...more }))
      assert.equal(verdict.verdict, 'quarantined', JSON.stringify(more))
      const forged = read({ ...signed(authorisation), ...more, pspReference: 'OTHER' })
      assert.equal(forged.verdict, 'refused', JSON.stringify(more))
    }
  })

  test('one false item spoils the message, and two payments in one are not taken', () => {
    const bad = { ...signed(authorisation), success: 'false' }
    const spoiled = read(signed(authorisation), bad)
    assert(spoiled.verdict === 'refused')
    assert.equal(spoiled.reason, 'signature')
    const two = read(signed(authorisation), signed({ ...authorisation, merchantReference: 'tb_2' }))
    assert.equal(two.verdict, 'quarantined')
    const report = signed({ ...authorisation, eventCode: 'REPORT_AVAILABLE' })
    assert.equal(read(report, signed(authorisation)).verdict, 'verified')
    assert.equal(read().verdict, 'refused')
  })

  test('bytes that are no message are refused', () => {
    for (const [body, reason] of [
      [Buffer.from([0xff, 0xfe]), 'encoding'],
      [Buffer.from('{"live":"false","live":"true"}'), 'malformed'],
      [Buffer.from('[]'), 'malformed'],
      [Buffer.alloc(65_537, 0x20), 'too_large'],
    ] as const) {
      const raw = { contentType: 'application/json', headers: {}, body }
      const verdict = adyen.readNotification(account, raw, NOW)
      assert(verdict.verdict === 'refused')
      assert.equal(verdict.reason, reason)
    }
  })

  test('a configured user and password are demanded before anything is read', () => {
    const guarded = adyenAccount({ notification_user: 'hub', notification_password: 'pä:ss' })
    const raw = webhook(signed(authorisation))
    assert.equal(adyen.readNotification(guarded, raw, NOW).verdict, 'refused')
    const authorization = `Basic ${Buffer.from('hub:pä:ss').toString('base64')}`
    const entered = { ...raw, headers: { authorization } }
    assert.equal(adyen.readNotification(guarded, entered, NOW).verdict, 'verified')
  })

  test('taken is said as Adyen wants to read it', () => {
    assert.deepEqual(
      [adyen.acknowledge(true).status, adyen.acknowledge(true).body],
      [200, '[accepted]'],
    )
    assert.equal(adyen.acknowledge(false).status, 500)
  })
})

describe('the account is checked by a question that moves nothing', () => {
  const cases = [
    [{ status: 200, body: {} }, 'connected'],
    [{ status: 401, body: {} }, 'api_key_refused'],
    [{ status: 403, body: {} }, 'merchant_account_refused'],
    [{ status: 500, body: {} }, 'unclear_answer'],
    [lost, 'unreachable'],
  ] as const
  for (const [step, code] of cases) {
    test(code, async () => {
      const { ports, sent } = script(step)
      const [found] = await adyen.check(ports, account)
      assert.equal(found?.code, code)
      assert.equal(new URL(sent[0]?.url ?? '').pathname, '/v72/paymentMethods')
    })
  }
})
