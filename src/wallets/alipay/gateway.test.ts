import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { NetworkError } from '../../ports.ts'
import { encryptContent } from './encryption.ts'
import { type Call, callGateway, readAnswer } from './gateway.ts'
import {
  accountOf,
  certificateFields,
  keyFields,
  NOW,
  pem,
  privateKey,
  script,
  signedAnswer,
  vectorKeys,
} from './testing.ts'

const METHOD = 'alipay.trade.query'
const REFERENCE = 'TB20270101000001'
const CALL: Call = { method: METHOD, content: {}, kind: 'question', reference: REFERENCE }
const TRADE = {
  code: '10000',
  msg: 'Success',
  out_trade_no: REFERENCE,
  trade_status: 'TRADE_SUCCESS',
  total_amount: '88.88',
}
const account = accountOf(keyFields())

const read = (body: string, status = 200, from = account) =>
  readAnswer(from, CALL, { status, body: Buffer.from(body) }, NOW)

describe('readAnswer', () => {
  const genuine = signedAnswer(METHOD, TRADE)

  test('believes what is signed, wherever the signature stands', () => {
    assert.equal(read(genuine).answer.outcome, 'ok')
    const [, node = '', sign = ''] = /^\{(".*\}),("sign":"[^"]*")\}$/.exec(genuine) ?? []
    for (const body of [`{${sign},${node}}`, `{\n  ${node},\n  ${sign}\n}\n`]) {
      assert.equal(read(body).answer.outcome, 'ok', body)
    }
  })

  const node = JSON.stringify(TRADE)
  const forged = node.replace('88.88', '0.01')
  const doubtful: [string, string, string][] = [
    [
      'another node before the signed one',
      `{"alipay_trade_query_response":${forged},${genuine.slice(1)}`,
      'malformed',
    ],
    [
      'another node behind it',
      `${genuine.slice(0, -1)},"alipay_trade_query_response":${forged}}`,
      'malformed',
    ],
    [
      'a second response node',
      `${genuine.slice(0, -1)},"alipay_trade_pay_response":${node}}`,
      'malformed',
    ],
    [
      'an error node beside it',
      `${genuine.slice(0, -1)},"error_response":{"code":"40002"}}`,
      'malformed',
    ],
    ['a node inside another', `{"x":${genuine}}`, 'malformed'],
    ['the answer to another method', signedAnswer('alipay.trade.pay', TRADE), 'invalid'],
    ['an error node that tells of a success', signedAnswer('error', TRADE), 'valid'],
    ['a changed amount', genuine.replace('88.88', '8.88'), 'invalid'],
    ['an added space', genuine.replace('"code":"10000"', '"code": "10000"'), 'invalid'],
    ['a foreign key', signedAnswer(METHOD, TRADE, { key: privateKey('attacker') }), 'invalid'],
    ['an empty signature', `{"alipay_trade_query_response":${node},"sign":""}`, 'invalid'],
    [
      'a signature that is no string',
      `{"alipay_trade_query_response":${node},"sign":null}`,
      'malformed',
    ],
    ['no signature', `{"alipay_trade_query_response":${node}}`, 'absent'],
    ['text behind it', `${genuine}x`, 'malformed'],
    ['HTML', '<html><body>502</body></html>', 'malformed'],
    ['a cut answer', genuine.slice(0, -2), 'malformed'],
    ['nothing', '', 'malformed'],
    ['a node that is a list', `{"alipay_trade_query_response":[${node}],"sign":"QUJD"}`, 'invalid'],
    [
      'a member named twice inside',
      `{"alipay_trade_query_response":{"code":"10000","code":"40004"},"sign":"QUJD"}`,
      'malformed',
    ],
  ]
  for (const [what, body, signature] of doubtful) {
    test(`does not believe ${what}`, () => {
      const reading = read(body)
      assert.equal(reading.answer.outcome, 'silent')
      assert.equal(reading.signature, signature)
    })
  }

  test('does not believe a genuine body under an error status', () => {
    for (const status of [199, 201, 302, 404, 500, 502]) {
      assert.equal(read(genuine, status).answer.outcome, 'silent')
    }
  })

  test('does not believe any answer with one byte changed', () => {
    const bytes = Buffer.from(genuine)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ mask
        const { answer } = readAnswer(account, CALL, { status: 200, body: changed }, NOW)
        assert.notEqual(answer.outcome, 'ok', changed.toString('latin1'))
      }),
      { numRuns: 1000 },
    )
  })

  test('an unsigned refusal is taken from the gateway itself, never from the business side', () => {
    const plain = (code: string, sub_code: string) =>
      read(JSON.stringify({ alipay_trade_query_response: { code, sub_code } })).answer
    const refused = plain('40002', 'isv.invalid-app-id')
    assert.ok(refused.outcome === 'refused')
    assert.equal(refused.signed, false)
    assert.equal(plain('40004', 'ACQ.TRADE_NOT_EXIST').outcome, 'silent')
    assert.equal(plain('10003', 'x').outcome, 'silent')
    assert.equal(plain('99999', 'x').outcome, 'silent')
  })

  test('reads encrypted nodes with the account’s key only, after the signature', () => {
    const key = Buffer.from(vectorKeys.ids.aes_key_base64, 'base64')
    const cipher = encryptContent(JSON.stringify(TRADE), key)
    const body = signedAnswer(METHOD, cipher)
    const sealed = accountOf(keyFields({ content_key: vectorKeys.ids.aes_key_base64 }))
    assert.equal(read(body, 200, sealed).answer.outcome, 'ok')
    assert.equal(read(body).answer.outcome, 'silent')
    const other = accountOf(keyFields({ content_key: Buffer.alloc(16).toString('base64') }))
    assert.equal(read(body, 200, other).answer.outcome, 'silent')
    assert.equal(
      read(body.replace(cipher, encryptContent('{}', key)), 200, sealed).signature,
      'invalid',
    )
  })
})

describe('callGateway', () => {
  const SN = pem('certs', 'alipay_leaf_next_sn')
  const next = signedAnswer(METHOD, TRADE, {
    key: privateKey('alipay_next'),
    members: `"alipay_cert_sn":"${SN}",`,
  })
  const download = (file: string) =>
    signedAnswer('alipay.open.app.alipaycert.download', {
      code: '10000',
      msg: 'Success',
      alipay_cert_content: Buffer.from(file).toString('base64'),
    })
  const chain = pem('certs', 'alipay_leaf_next') + pem('certs', 'sub_ca')

  test('learns a new platform certificate once, then believes it without asking', async () => {
    const certificates = accountOf(certificateFields())
    const { ports, sent } = script(next, download(chain), next)
    assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'ok')
    assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'ok')
    assert.equal(sent.length, 3)
    assert.equal(sent[1]?.parameters.get('biz_content'), `{"alipay_cert_sn":"${SN}"}`)
  })

  test('two answers at once share one download', async () => {
    const certificates = accountOf(certificateFields())
    const { ports, sent } = script(next, next, download(chain))
    const answers = await Promise.all([
      callGateway(ports, certificates, CALL),
      callGateway(ports, certificates, CALL),
    ])
    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      ['ok', 'ok'],
    )
    assert.equal(sent.length, 3)
  })

  test('asks at most once a minute: the number in an answer is not signed', async () => {
    const certificates = accountOf(certificateFields())
    const { ports, sent, clock } = script(next, 'x', next, next, download(chain))
    assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'silent')
    assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'silent')
    assert.equal(sent.length, 3)
    clock.time += 60_000
    assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'ok')
  })

  const foreign: [string, string][] = [
    ['of another number', pem('certs', 'alipay_leaf') + pem('certs', 'sub_ca')],
    ['without its chain', 'x'],
    ['of a merchant under the same authority', pem('certs', 'app_leaf') + pem('certs', 'sub_ca')],
    ['that is an authority', pem('certs', 'sub_ca')],
  ]
  for (const [what, file] of foreign) {
    test(`discards a downloaded certificate ${what}`, async () => {
      const certificates = accountOf(certificateFields())
      const { ports } = script(next, download(file))
      assert.equal((await callGateway(ports, certificates, CALL)).outcome, 'silent')
      assert.equal(certificates.certificates?.trust.learned.length, 0)
    })
  }

  test('asks for nothing in key mode and for nothing that is no number', async () => {
    const one = script(next)
    await callGateway(one.ports, account, CALL)
    assert.equal(one.sent.length, 1)
    const odd = script(next.replace(SN, '../../etc'))
    await callGateway(odd.ports, accountOf(certificateFields()), CALL)
    assert.equal(odd.sent.length, 1)
  })

  test('tells what certainly never left from what may have arrived', async () => {
    for (const sent of [true, false]) {
      const { ports } = script(new NetworkError('reset', sent, 'x'))
      const answer = await callGateway(ports, account, { ...CALL, kind: 'money' })
      assert.ok(answer.outcome === 'silent')
      assert.equal(answer.sent, sent)
      assert.equal(answer.problem.category, sent ? 'unknown_outcome' : 'provider_down')
    }
  })

  test('a bug is not mistaken for silence', async () => {
    const { ports } = script(() => {
      throw new TypeError('a bug')
    })
    await assert.rejects(callGateway(ports, account, CALL), TypeError)
  })
})
