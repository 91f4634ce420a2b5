import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeForm } from '../../encoding/form.ts'
import type { NotificationVerdict } from '../wallet.ts'
import { MAX_NOTIFICATION_BYTES, readNotification, verifyReturn } from './notification.ts'
import { notificationTexts } from './signature.ts'
import {
  accountOf,
  certificateFields,
  keyFields,
  NOW,
  pem,
  privateKey,
  vectorKeys,
} from './testing.ts'

const FORM = 'application/x-www-form-urlencoded; charset=utf-8'
const account = accountOf(keyFields())

const PAID: Record<string, string> = {
  notify_time: '2027-01-01 08:00:05',
  notify_type: 'trade_status_sync',
  notify_id: '2027010100222080005000000500000001',
  app_id: vectorKeys.ids.app_id,
  auth_app_id: vectorKeys.ids.app_id,
  charset: 'utf-8',
  version: '1.0',
  trade_no: '2027010122001400000500000001',
  out_trade_no: 'TB20270101000001',
  buyer_open_id: '074a1CcTG1LelxKe4xQC0zgNdId0nxi9',
  buyer_logon_id: '159****5620',
  seller_id: vectorKeys.ids.seller_id,
  trade_status: 'TRADE_SUCCESS',
  total_amount: '88.88',
  receipt_amount: '88.88',
  subject: '拿铁咖啡 50% off',
  gmt_create: '2027-01-01 07:59:50',
  gmt_payment: '2027-01-01 08:00:04',
}

/** Alipay's side: signs with rule V1, blanks left out, and posts the fields. */
function post(fields: Record<string, string>, key: KeyObject = privateKey('alipay')): string {
  const [text = ''] = notificationTexts(Object.entries(fields))
  const signature = sign('sha256', Buffer.from(text), key).toString('base64')
  return encodeForm([...Object.entries(fields), ['sign_type', 'RSA2'], ['sign', signature]])
}

function read(body: string | Uint8Array, contentType = FORM, from = account): NotificationVerdict {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return readNotification(from, { contentType, headers: {}, body: bytes }, NOW)
}

const outcome = (verdict: NotificationVerdict) =>
  verdict.verdict === 'refused' ? verdict.reason : verdict.verdict

describe('a genuine notification', () => {
  test('becomes an observation that is only a reason to ask', () => {
    assert.deepEqual(read(post(PAID)), {
      verdict: 'verified',
      askFirst: true,
      observation: {
        source: 'notification',
        status: 'succeeded',
        walletStatus: 'TRADE_SUCCESS',
        walletReference: 'TB20270101000001',
        walletTransactionId: '2027010122001400000500000001',
        money: { amount: 8888n, currency: 'CNY' },
        received: { amount: 8888n, currency: 'CNY' },
        receiver: vectorKeys.ids.seller_id,
        paidAt: Date.parse('2027-01-01T00:00:04Z'),
        payerDisplay: '159****5620',
        payerId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi9',
        messageId: '2027010100222080005000000500000001',
      },
    })
  })

  test('is read the same again, after a minute and after a year', () => {
    const body = Buffer.from(post(PAID))
    const raw = { contentType: FORM, headers: {}, body }
    const first = readNotification(account, raw, NOW)
    for (const later of [60_000, 365 * 86_400_000]) {
      assert.deepEqual(readNotification(account, raw, NOW + later), first)
    }
  })

  test('closed after payment stays a success with everything refunded', () => {
    const closed = {
      ...PAID,
      trade_status: 'TRADE_CLOSED',
      gmt_refund: '2027-01-01 09:00:00.123',
      refund_fee: '88.88',
    }
    const verdict = read(post(closed))
    assert.ok(verdict.verdict === 'verified')
    assert.equal(verdict.observation.status, 'succeeded')
    assert.deepEqual(verdict.observation.refundedTotal, { amount: 8888n, currency: 'CNY' })
  })

  test('may be signed by any active key, in certificate mode with and without its number', () => {
    const rotated = accountOf(
      keyFields({
        alipay_public_key: `${pem('alipay', 'public')}\n\n${pem('alipay_next', 'public')}`,
      }),
    )
    assert.equal(outcome(read(post(PAID, privateKey('alipay_next')), FORM, rotated)), 'verified')
    const certificates = accountOf(certificateFields())
    const numbered = { ...PAID, alipay_cert_sn: pem('certs', 'alipay_leaf_sn') }
    const covered = Object.entries(numbered)
    const all = [...notificationTexts(covered)]
    assert.equal(all.length, 2)
    for (const text of all) {
      const signature = sign('sha256', Buffer.from(text), privateKey('alipay')).toString('base64')
      const body = encodeForm([...covered, ['sign', signature]])
      assert.equal(outcome(read(body, FORM, certificates)), 'verified')
    }
  })

  test('is refused once the certificate of its signer has expired', () => {
    const certificates = accountOf(certificateFields())
    const raw = { contentType: FORM, headers: {}, body: Buffer.from(post(PAID)) }
    assert.equal(outcome(readNotification(certificates, raw, NOW)), 'verified')
    const late = Date.parse('2037-01-01T00:00:00Z')
    assert.equal(outcome(readNotification(certificates, raw, late)), 'signature')
  })
})

describe('a tampered notification changes nothing', () => {
  const genuine = post(PAID)
  const without = (name: string) =>
    genuine
      .split('&')
      .filter((pair) => !pair.startsWith(`${name}=`))
      .join('&')
  const change = (name: string, value: string) =>
    genuine.replace(new RegExp(`(^|&)${name}=[^&]*`), `$1${name}=${value}`)
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })

  const cases: [string, string | Uint8Array, string, string?][] = [
    ['another key', post(PAID, privateKey('attacker')), 'signature'],
    ['a fresh key', post(PAID, foreign.privateKey), 'signature'],
    ["the merchant's own key", post(PAID, privateKey('app')), 'signature'],
    ['an empty signature', change('sign', ''), 'signature'],
    ['no signature', without('sign'), 'signature'],
    ['a signature in URL-safe base64', change('sign', 'A-_A'), 'signature'],
    ['a signature of another length', change('sign', 'QUJD'), 'signature'],
    ['sign_type RSA', change('sign_type', 'RSA'), 'algorithm'],
    ['sign_type none', change('sign_type', 'none'), 'algorithm'],
    ['sign_type in lower case', change('sign_type', 'rsa2'), 'algorithm'],
    ['an empty sign_type', change('sign_type', ''), 'algorithm'],
    ['a doubled field', `${genuine}&total_amount=88.88`, 'duplicate_field'],
    ['a doubled signature', `${genuine}&sign=QQ%3D%3D`, 'duplicate_field'],
    ['an added field', `${genuine}&extra=1`, 'signature'],
    ['bytes behind it', `${genuine}\r\n`, 'malformed'],
    ['an empty pair behind it', `${genuine}&`, 'malformed'],
    ['GBK text', change('subject', '%C4%C3%CC%FA'), 'encoding'],
    ['a broken percent escape', change('subject', '%E6%8B%'), 'malformed'],
    ['an empty body', '', 'malformed'],
    ['JSON', JSON.stringify(PAID), 'malformed'],
    ['a JSON content type', genuine, 'content_type', 'application/json'],
    ['a multipart content type', genuine, 'content_type', 'multipart/form-data; boundary=x'],
    ['no content type', genuine, 'content_type', ''],
    [
      'a GBK content type',
      genuine,
      'content_type',
      'application/x-www-form-urlencoded; charset=GBK',
    ],
    ['too many bytes', `${genuine}&a=${'x'.repeat(MAX_NOTIFICATION_BYTES)}`, 'too_large'],
    [
      "another application's message",
      post({ ...PAID, app_id: '9021000100000777' }),
      'wrong_account',
    ],
    [
      "another merchant's message",
      post({ ...PAID, seller_id: '2088000000000777' }),
      'wrong_account',
    ],
    ['an amount with three decimals', post({ ...PAID, total_amount: '88.880' }), 'malformed'],
    ['a negative amount', post({ ...PAID, total_amount: '-88.88' }), 'malformed'],
    ['a scientific amount', post({ ...PAID, total_amount: '8.888e1' }), 'malformed'],
    ['full-width digits', post({ ...PAID, total_amount: '８８.８８' }), 'malformed'],
    [
      'an unknown trade status',
      post({ ...PAID, trade_status: 'TRADE_PAID' }),
      'not_a_notification',
    ],
    ['two kinds of message in one', post({ ...PAID, msg_method: 'x' }), 'malformed'],
    ['a value that may be cut', post({ ...PAID, body: 'x&trade_no=1' }), 'malformed'],
  ]
  for (const [what, body, reason, contentType] of cases) {
    test(`refuses ${what}`, () => assert.equal(outcome(read(body, contentType ?? FORM)), reason))
  }

  for (const name of Object.keys(PAID)) {
    test(`refuses ${name} changed, missing or blanked`, () => {
      for (const body of [change(name, 'x1'), without(name), change(name, ''), change(name, '+')]) {
        assert.equal(read(body).verdict, 'refused', body)
      }
    })
  }

  for (const name of [
    'notify_id',
    'notify_time',
    'trade_no',
    'out_trade_no',
    'app_id',
    'seller_id',
    'trade_status',
  ]) {
    test(`refuses a signed message without ${name}`, () => {
      const { [name]: _left, ...rest } = PAID
      assert.equal(outcome(read(post(rest))), 'not_a_notification')
    })
  }

  test('refuses any single byte changed, wherever it is', () => {
    const bytes = Buffer.from(genuine)
    const original = read(bytes)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ mask
        const verdict = read(changed)
        // A byte may change its spelling (%2b for %2B) and nothing else.
        if (verdict.verdict !== 'refused') assert.deepEqual(verdict, original)
      }),
      { numRuns: 2000 },
    )
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (body) => void read(body)))
  })
})

describe('messages that are no trade', () => {
  const complaint = {
    app_id: vectorKeys.ids.app_id,
    charset: 'UTF-8',
    version: '1.1',
    notify_id: '1',
    utc_timestamp: '1798761600000',
    msg_method: 'alipay.merchant.tradecomplain.changed',
    biz_content: '{"complain_event_id":"1"}',
  }

  test('are ignored when genuine and refused when not', () => {
    assert.deepEqual(read(post(complaint)), {
      verdict: 'ignored',
      reason: 'alipay.merchant.tradecomplain.changed',
    })
    assert.equal(outcome(read(post(complaint, privateKey('attacker')))), 'signature')
  })

  test('may be signed by rule V2, a trade never', () => {
    const signV2 = (fields: Record<string, string>) => {
      const pairs = [...Object.entries(fields), ['sign_type', 'RSA2'] as const]
      const [text = ''] = notificationTexts(pairs, 'V2')
      const signature = sign('sha256', Buffer.from(text), privateKey('alipay')).toString('base64')
      return encodeForm([...pairs, ['sign', signature]])
    }
    assert.equal(
      outcome(read(signV2({ app_id: '1', notify_type: 'servicemarket_order_notify' }))),
      'ignored',
    )
    assert.equal(outcome(read(signV2(PAID))), 'signature')
  })
})

describe('the return of the payer’s browser', () => {
  const RETURN = {
    app_id: vectorKeys.ids.app_id,
    auth_app_id: vectorKeys.ids.app_id,
    charset: 'utf-8',
    method: 'alipay.trade.page.pay.return',
    out_trade_no: 'TB20270101000001',
    seller_id: vectorKeys.ids.seller_id,
    timestamp: '2027-01-01 08:00:06',
    total_amount: '88.88',
    trade_no: '2027010122001400000500000001',
    version: '1.0',
  }

  test('is recognized, with and without parameters of the merchant among its own', () => {
    assert.equal(verifyReturn(account, post(RETURN)), true)
    assert.equal(verifyReturn(account, `?${post(RETURN)}&pid=pay_1`), true)
  })

  test('is no notification when posted to notify_url', () => {
    assert.equal(outcome(read(post(RETURN))), 'not_a_notification')
  })

  test('is refused when changed, of another application, or something else that is signed', () => {
    for (const query of [
      post(RETURN).replace('88.88', '0.01'),
      post(RETURN, privateKey('attacker')),
      post({ ...RETURN, app_id: '9021000100000777' }),
      post({ ...RETURN, method: 'alipay.trade.app.pay.return' }),
      post(PAID),
      `${post(RETURN)}&out_trade_no=TB2`,
      post(RETURN).replace('sign_type=RSA2', 'sign_type=RSA'),
      '',
      '?',
      '%',
    ]) {
      assert.equal(verifyReturn(account, query), false, query)
    }
  })
})

test('the published key pair of the tests is the one that signs', () => {
  assert.ok(createPublicKey(privateKey('alipay')).equals(createPublicKey(pem('alipay', 'public'))))
})
