import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { NetworkError } from '../../ports.ts'
import type { NotificationVerdict, RawNotification } from '../wallet.ts'
import { refreshKeys } from './key-refresh.ts'
import { MAX_NOTIFICATION_BYTES, readNotification } from './notification.ts'
import {
  accountOf,
  answer,
  fieldsOf,
  lost,
  merchantKeys,
  NOW,
  notification,
  REFERENCE,
  script,
  seal,
  signedHeaders,
  transaction,
  vectorKeys,
} from './testing.ts'

const account = accountOf()
const { m2 } = vectorKeys.merchants
const read = (raw: RawNotification, now = NOW, from = account) => readNotification(from, raw, now)
const paid = JSON.stringify(transaction())

function observed(verdict: NotificationVerdict) {
  assert(verdict.verdict === 'verified')
  return verdict.observation
}
const reason = (verdict: NotificationVerdict) =>
  verdict.verdict === 'refused' ? verdict.reason : verdict.verdict
const doubt = (verdict: NotificationVerdict) => {
  const { status, money, walletTransactionId, problem } = observed(verdict)
  assert.equal(status, 'unknown')
  assert.equal(money, undefined)
  assert.equal(walletTransactionId, undefined)
  return problem?.walletMessage
}

describe('a genuine notification', () => {
  test('becomes an observation that is only a reason to ask', () => {
    assert.deepEqual(read(notification(paid)), {
      verdict: 'verified',
      askFirst: true,
      observation: {
        source: 'notification',
        status: 'succeeded',
        walletReference: REFERENCE,
        walletTransactionId: '4200002500202603250000000001',
        receiver: merchantKeys.mchid,
        paidAt: Date.parse('2026-03-25T09:59:58+08:00'),
        payerId: 'oTEST00000000000000000000001',
        walletStatus: 'SUCCESS',
        money: { amount: 5600n, currency: 'CNY' },
        messageId: '2da21bdd-13f7-51c0-a1d2-52d178a4ba0c',
      },
    })
  })

  test('is opened with the previous APIv3 key while that is kept', () => {
    const raw = notification(paid, { key: m2.api_v3_key })
    assert.equal(reason(read(raw)), 'wrong_account')
    const both = accountOf(fieldsOf(undefined, { previous_api_v3_key: m2.api_v3_key }))
    assert.equal(reason(read(raw, NOW, both)), 'verified')
  })

  test('comes under any key that is loaded: a migration mixes both kinds', () => {
    for (const by of ['pubkey', 'cert_old', 'cert_new'] as const) {
      assert.equal(reason(read(notification(paid, { by }))), 'verified')
    }
    const one = accountOf(fieldsOf(['pubkey']))
    assert.equal(reason(read(notification(paid, { by: 'cert_new' }), NOW, one)), 'unknown_key')
  })

  test('states another amount exactly, also where a number would lose digits', () => {
    for (const total of ['5601', '9007199254740993', '123456789012345678901234567890']) {
      const text = paid.replace('"total":5600', `"total":${total}`)
      assert.equal(observed(read(notification(text))).money?.amount, BigInt(total))
    }
    const foreign = paid.replace('"currency":"CNY"', '"currency":"HKD"')
    assert.deepEqual(observed(read(notification(foreign))).money, {
      amount: 5600n,
      currency: 'HKD',
    })
  })
})

describe('a genuine notification that contradicts claims nothing and names its order', () => {
  const amount = (total: string) => paid.replace('"total":5600', `"total":${total}`)
  const cases: readonly [string, string, string][] = [
    ['another merchant', JSON.stringify(transaction({ mchid: m2.mchid })), 'mchid_mismatch'],
    ['no merchant', JSON.stringify(transaction({ mchid: undefined })), 'mchid_mismatch'],
    ['another application', JSON.stringify(transaction({ appid: m2.appid })), 'appid_mismatch'],
    ['an amount as a text', amount('"5600"'), 'bad_amount_type'],
    ['an amount with a fraction', amount('5600.0'), 'bad_amount_type'],
    ['an amount with an exponent', amount('56e2'), 'bad_amount_type'],
    ['a negative amount', amount('-5600'), 'bad_amount_type'],
    ['an amount that is null', amount('null'), 'bad_amount_type'],
    ['no total', JSON.stringify(transaction({ amount: { payer_total: 5600 } })), 'missing_field'],
    ['no amount', JSON.stringify(transaction({ amount: undefined })), 'missing_field'],
    [
      'an amount that is a list',
      JSON.stringify(transaction({ amount: [5600] })),
      'bad_amount_type',
    ],
    ['a currency that is none', paid.replace('"CNY"', '"XQX"'), 'currency_mismatch'],
    ['no transaction number', JSON.stringify(transaction({ transaction_id: '' })), 'missing_field'],
    ['another state', JSON.stringify(transaction({ trade_state: 'NOTPAY' })), 'type_mismatch'],
    [
      'a refund as its state',
      JSON.stringify(transaction({ trade_state: 'REFUND' })),
      'type_mismatch',
    ],
    [
      'a state that nobody knows',
      JSON.stringify(transaction({ trade_state: 'PAID' })),
      'unknown_state',
    ],
  ]
  for (const [what, text, why] of cases) {
    test(what, () => {
      const verdict = read(notification(text))
      assert.equal(doubt(verdict), why)
      assert.equal(observed(verdict).walletReference, REFERENCE)
      assert(verdict.verdict === 'verified' && verdict.askFirst)
    })
  }

  test('a member named twice: not even the order is certain', () => {
    const verdict = read(notification(paid.replace('"mchid"', '"mchid":"1","mchid"')))
    assert.equal(doubt(verdict), 'duplicate_keys')
    assert.equal(observed(verdict).walletReference, undefined)
  })

  test('the event of a payment around a refund, and the other way round', () => {
    assert.equal(doubt(read(notification(paid, { original: 'refund' }))), 'type_mismatch')
    assert.equal(doubt(read(notification(paid, { event: 'REFUND.SUCCESS' }))), 'type_mismatch')
    assert.equal(doubt(read(notification(paid, { original: '' }))), 'type_mismatch')
    const bare = notification(paid, { event: 'REFUND.SUCCESS', original: '' })
    assert.equal(doubt(read(bare)), 'type_mismatch')
  })
})

describe('what is not about taking a payment is kept and changes nothing', () => {
  const refund = (more: object = {}) =>
    JSON.stringify({
      mchid: merchantKeys.mchid,
      out_trade_no: REFERENCE,
      out_refund_no: 'RF1',
      refund_status: 'SUCCESS',
      amount: { total: 5600, refund: 600 },
      ...more,
    })
  const cases: readonly [string, string, string, string][] = [
    ['a refund', refund(), 'REFUND.SUCCESS', 'refund'],
    ['a refund that is stuck', refund({ refund_status: 'ABNORMAL' }), 'REFUND.ABNORMAL', 'refund'],
    ['a complaint', '{"complaint_id":"1"}', 'COMPLAINT.CREATE', 'complaint'],
    ['profit sharing under the name of a payment', '{}', 'TRANSACTION.SUCCESS', 'profitsharing'],
    ['the echo of the check', '{"echo_message":"x"}', 'SECURITY_ECHO.SUCCESS', 'security'],
  ]
  for (const [what, text, event, original] of cases) {
    test(what, () => {
      const verdict = read(notification(text, { event, original }))
      assert.deepEqual(verdict, { verdict: 'ignored', reason: `${event} ${original}` })
    })
  }

  test('but a refund that contradicts itself is a reason to ask', () => {
    const how = { event: 'REFUND.SUCCESS', original: 'refund' }
    const other = refund({ refund_status: 'CLOSED' })
    assert.equal(doubt(read(notification(other, how))), 'type_mismatch')
    assert.equal(doubt(read(notification(refund({ mchid: m2.mchid }), how))), 'mchid_mismatch')
  })
})

describe('refuses', () => {
  const good = notification(paid)
  const headers = (more: Record<string, string>) => ({
    ...good,
    headers: { ...good.headers, ...more },
  })
  const body = (text: string): RawNotification => ({
    contentType: 'application/json',
    headers: signedHeaders(text),
    body: Buffer.from(text),
  })
  const envelope = (more: object) =>
    JSON.stringify({ id: 'x', event_type: 'TRANSACTION.SUCCESS', ...more })
  const probe = `WECHATPAY/SIGNTEST/${good.headers['wechatpay-signature']?.slice(19)}`
  const signed = Buffer.from(envelope({ resource: { ...seal('\xff', 'transaction') } }))
  const cases: readonly [string, RawNotification, string][] = [
    [
      'a changed byte',
      { ...good, body: Buffer.concat([good.body, Buffer.from(' ')]) },
      'signature',
    ],
    ['a wrong signature on purpose', headers({ 'wechatpay-signature': probe }), 'signature'],
    ['no headers', { ...good, headers: {} }, 'signature'],
    ['a header in two spellings', headers({ 'Wechatpay-Serial': 'x' }), 'signature'],
    [
      'another scheme',
      headers({ 'wechatpay-signature-type': 'WECHATPAY2-SM2-WITH-SM3' }),
      'algorithm',
    ],
    ['a serial that is not known', headers({ 'wechatpay-serial': 'F'.repeat(40) }), 'unknown_key'],
    ['a timestamp with a sign', headers({ 'wechatpay-timestamp': '+1' }), 'timestamp'],
    [
      'base64 with a line end',
      headers({ 'wechatpay-signature': `${good.headers['wechatpay-signature']}\n` }),
      'signature',
    ],
    ['too much', body('x'.repeat(MAX_NOTIFICATION_BYTES + 1)), 'too_large'],
    ['what is no JSON', body('a=1'), 'malformed'],
    ['a list', body('[]'), 'malformed'],
    ['a member named twice', body('{"id":"1","id":"2"}'), 'duplicate_field'],
    ['no resource', body(envelope({})), 'malformed'],
    ['a resource without a cipher', body(envelope({ resource: {} })), 'malformed'],
    [
      'a cipher of another country',
      body(envelope({ resource: { ...seal('{}', ''), algorithm: 'AEAD_SM4_GCM' } })),
      'algorithm',
    ],
    [
      'an addition that is null',
      body(envelope({ resource: { ...seal('{}', ''), associated_data: null } })),
      'malformed',
    ],
    [
      'a nonce of no length',
      body(envelope({ resource: { ...seal('{}', ''), nonce: '' } })),
      'wrong_account',
    ],
    [
      'a ciphertext shorter than its tag',
      body(envelope({ resource: { ...seal('{}', ''), ciphertext: 'AAAA' } })),
      'wrong_account',
    ],
    ['no event', body(JSON.stringify({ id: 'x', resource: seal('{}', '') })), 'malformed'],
    ['a plaintext that is a text', body(envelope({ resource: seal('"{}"', '') })), 'malformed'],
    ['a plaintext that is null', body(envelope({ resource: seal('null', '') })), 'malformed'],
    ['a plaintext that is cut off', body(envelope({ resource: seal('{"a":', '') })), 'malformed'],
    ['a body that was changed on its way', { ...body('{}'), body: signed }, 'signature'],
  ]
  for (const [what, raw, why] of cases) {
    test(what, () => assert.equal(reason(read(raw)), why))
  }

  test('what was signed five minutes ago or will be in five minutes, to the millisecond', () => {
    for (const [apart, verdict] of [
      [299_999, 'verified'],
      [300_000, 'timestamp'],
      [-299_999, 'verified'],
      [-300_000, 'timestamp'],
    ] as const) {
      assert.equal(reason(read(good, NOW + apart)), verdict, String(apart))
    }
  })

  test('whatever else is signed without throwing', () => {
    const members = fc.dictionary(fc.constantFrom('id', 'event_type', 'resource'), fc.jsonValue())
    fc.assert(
      fc.property(fc.oneof(members, fc.jsonValue()), (value) => {
        assert.equal(reason(read(body(JSON.stringify(value)))), 'malformed')
      }),
    )
  })

  test('to call a success what does not say so in every field', () => {
    const member = fc.constantFrom(...Object.keys(transaction()))
    fc.assert(
      fc.property(member, fc.jsonValue(), (name, value) => {
        const odd = JSON.stringify(transaction({ [name]: value }))
        const verdict = read(notification(odd))
        assert(verdict.verdict === 'verified' && verdict.askFirst)
        const { status, money, walletReference, walletTransactionId } = verdict.observation
        if (status !== 'succeeded') return
        const plain: Record<string, unknown> = JSON.parse(odd)
        assert.equal(plain.mchid, merchantKeys.mchid)
        assert.equal(plain.trade_state, 'SUCCESS')
        assert.equal(walletReference, plain.out_trade_no)
        assert.equal(walletTransactionId, plain.transaction_id)
        assert(money && odd.includes(`"total":${money.amount}`))
      }),
    )
  })

  test('any changed byte of the body', () => {
    for (let at = 0; at < good.body.length; at += 3) {
      const changed = Uint8Array.from(good.body)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(reason(read({ ...good, body: changed })), 'signature')
    }
  })
})

describe('an unknown serial', () => {
  const list = (
    by: 'cert_old' | 'cert_new' | 'pubkey',
    names = ['cert_old', 'cert_new'] as const,
  ) =>
    answer(
      200,
      {
        data: names.map((name) => ({
          serial_no: vectorKeys.platform[name].id,
          encrypt_certificate: seal(vectorKeys.platform[name].cert_pem ?? '', 'certificate'),
        })),
      },
      { by },
    )

  test('is learned in a rotation, from a list that the new certificate itself signed', async () => {
    const fresh = accountOf(fieldsOf(['cert_old']))
    const raw = notification(paid, { by: 'cert_new' })
    assert.equal(reason(read(raw, NOW, fresh)), 'unknown_key')
    const { ports, sent } = script(list('cert_new'))
    await refreshKeys(ports, fresh)
    assert.match(sent[0]?.url ?? '', /\/v3\/certificates$/)
    assert.equal(reason(read(raw, NOW, fresh)), 'verified')
    assert.equal(reason(read(notification(paid, { by: 'cert_old' }), NOW, fresh)), 'verified')
  })

  test('is asked about at most once a minute, by all who want to know together', async () => {
    const fresh = accountOf(fieldsOf([]))
    const { ports, sent, clock } = script(
      new NetworkError('dns', false, ''),
      list('pubkey'),
      lost,
      list('cert_old'),
    )
    await Promise.all([refreshKeys(ports, fresh), refreshKeys(ports, fresh)])
    // The first host could not be reached, and the list of the second is signed with nothing known.
    assert.equal(sent.length, 2)
    assert.deepEqual(fresh.keyset.learned, [])
    clock.time += 59_999
    await refreshKeys(ports, fresh)
    assert.equal(sent.length, 2)
    clock.time += 1
    await refreshKeys(ports, fresh)
    assert.equal(sent.length, 3)
    clock.time += 60_000
    await refreshKeys(ports, fresh)
    assert.equal(fresh.keyset.learned.length, 2)
  })

  test('of a list that was tampered with teaches nothing', async () => {
    const stolen = { ...list('cert_old') }
    const swapped = Buffer.from(
      stolen.body.toString().replace(vectorKeys.platform.cert_new.id, 'F'.repeat(40)),
    )
    for (const tampered of [
      { ...stolen, body: swapped },
      { ...stolen, headers: {} },
      answer(200, { data: [] }),
      answer(200, { data: [{ serial_no: 'x', encrypt_certificate: seal('x', 'certificate') }] }),
      answer(404, { code: 'RESOURCE_NOT_EXISTS', message: '' }),
    ]) {
      const fresh = accountOf(fieldsOf(['cert_old']))
      await refreshKeys(script(tampered).ports, fresh)
      assert.deepEqual(fresh.keyset.learned, [])
    }
  })
})
