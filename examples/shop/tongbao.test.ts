// What makes a webhook genuine, checked with signatures that the standardwebhooks package made.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook, WebhookRefused } from './tongbao.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NOW = Date.UTC(2026, 10, 22, 8, 0, 0)
const MINUTE = 60_000
const BODY = JSON.stringify({
  type: 'payment.succeeded',
  timestamp: '2026-11-22T08:00:00.000Z',
  sequence: 3,
  data: {
    id: 'pay_01',
    reference: 'QS1',
    status: 'succeeded',
    amount: 12_800,
    currency: 'CNY',
    receipt_url: 'https://hub.example/r/abc',
  },
})

interface Message {
  secret?: string
  at?: number
  signed?: string
}

function headersFor({ secret = SECRET, at = NOW, signed = BODY }: Message = {}) {
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign('evt_1', new Date(at), signed),
  }
}

function refuses(headers: Record<string, string>, body = BODY): void {
  assert.throws(() => verifyWebhook(SECRET, headers, Buffer.from(body), NOW), WebhookRefused)
}

test('takes what the hub signed', () => {
  assert.deepEqual(verifyWebhook(SECRET, headersFor(), Buffer.from(BODY), NOW), {
    id: 'evt_1',
    type: 'payment.succeeded',
    sequence: 3,
    payment: {
      id: 'pay_01',
      reference: 'QS1',
      status: 'succeeded',
      amount: 12_800,
      currency: 'CNY',
      receiptUrl: 'https://hub.example/r/abc',
    },
  })
})

test('takes the published check value of Standard Webhooks', () => {
  const body = Buffer.from('{"test": 2432232314}')
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  // The signature is right; what follows it is no event of the hub.
  assert.throws(() => verifyWebhook(SECRET, headers, body, 1_614_265_330_000), TypeError)
})

test('takes one of two signatures while the secret is being changed', () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const headers = headersFor()
  const both = `${headersFor({ secret: other })['webhook-signature']} ${headers['webhook-signature']}`
  const event = verifyWebhook(
    SECRET,
    { ...headers, 'webhook-signature': both },
    Buffer.from(BODY),
    NOW,
  )
  assert.equal(event.sequence, 3)
})

test('refuses a signature made with another secret', () => {
  refuses(headersFor({ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }))
})

test('refuses a body that was changed', () => {
  refuses(headersFor(), BODY.replace('12800', '1'))
  refuses(headersFor(), `${BODY} `)
})

test('refuses another id or time than was signed', () => {
  refuses({ ...headersFor(), 'webhook-id': 'evt_2' })
  refuses({ ...headersFor(), 'webhook-timestamp': String(NOW / 1000 + 1) })
})

test('refuses a message more than five minutes old or early', () => {
  refuses(headersFor({ at: NOW - 5 * MINUTE - 1000 }))
  refuses(headersFor({ at: NOW + 5 * MINUTE + 1000 }))
  verifyWebhook(SECRET, headersFor({ at: NOW - 5 * MINUTE }), Buffer.from(BODY), NOW)
})

test('refuses missing, empty and unknown signatures', () => {
  const { 'webhook-signature': signature, ...rest } = headersFor()
  refuses(rest)
  refuses({ ...rest, 'webhook-signature': '' })
  refuses({ ...rest, 'webhook-signature': 'v1,' })
  refuses({ ...rest, 'webhook-signature': signature.replace('v1,', 'v2,') })
  refuses({ ...rest, 'webhook-signature': signature.slice(3) })
  refuses({ ...headersFor(), 'webhook-timestamp': 'soon' })
  refuses({ ...headersFor(), 'webhook-id': '' })
})
