import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OutgoingAnswer } from '../../ports.ts'
import { close } from './close.ts'
import { create } from './create.ts'
import { query } from './query.ts'
import {
  accountOf,
  fieldsOf,
  lost,
  merchantKeys,
  orderOf,
  paths,
  REFERENCE,
  type Step,
  script,
} from './testing.ts'
import { v2Sign } from './v2-signature.ts'
import { readXml, writeXml } from './v2-xml.ts'

const account = accountOf(
  fieldsOf(undefined, { code_pay: 'v2', api_v2_key: merchantKeys.api_v2_key }),
)
const order = orderOf('barcode')

type Members = Record<string, string>

const PAID: Members = {
  trade_type: 'MICROPAY',
  out_trade_no: REFERENCE,
  transaction_id: '4200002500202603250000000001',
  total_fee: '5600',
  fee_type: 'CNY',
  time_end: '20260325095958',
  openid: 'oTEST00000000000000000000001',
}

function told(members: Members, key = merchantKeys.api_v2_key): OutgoingAnswer {
  const all = {
    return_code: 'SUCCESS',
    appid: merchantKeys.appid,
    mch_id: merchantKeys.mchid,
    nonce_str: 'x',
    result_code: 'SUCCESS',
    ...members,
  }
  const sign = v2Sign(Object.entries(all), key, 'HMAC-SHA256')
  return { status: 200, headers: {}, body: Buffer.from(writeXml({ ...all, sign })) }
}

const refused = (code: string, more: Members = {}) =>
  told({ result_code: 'FAIL', err_code: code, err_code_des: 'x', ...more })
const raw = (text: string, status = 200): OutgoingAnswer => ({
  status,
  headers: {},
  body: Buffer.from(text),
})

async function play(operation: typeof create, ...steps: Step[]) {
  const played = script(...steps)
  const observation = await operation(played.ports, account, order)
  const { status, problem } = observation
  return { observation, played, told: problem ? `${status} ${problem.category}` : status }
}

describe('a shown code over APIv2', () => {
  test('is taken with what the payer shows, signed by the shared key', async () => {
    const { observation, played } = await play(create, told(PAID))
    assert.equal(observation.status, 'succeeded')
    assert.deepEqual(observation.money, { amount: 5600n, currency: 'CNY' })
    assert.equal(observation.paidAt, Date.parse('2026-03-25T09:59:58+08:00'))
    assert.equal(played.sent[0]?.url, 'https://api.mch.weixin.qq.com/pay/micropay')
    const sent = new Map(readXml(String(played.sent[0]?.body)))
    const sign = sent.get('sign')
    assert.equal(v2Sign(sent, merchantKeys.api_v2_key, 'HMAC-SHA256'), sign)
    for (const name of ['sign', 'nonce_str']) sent.delete(name)
    assert.deepEqual(Object.fromEntries(sent), {
      appid: merchantKeys.appid,
      mch_id: merchantKeys.mchid,
      sign_type: 'HMAC-SHA256',
      out_trade_no: REFERENCE,
      body: '手冲咖啡 Coffee',
      total_fee: '5600',
      fee_type: 'CNY',
      spbill_create_ip: '203.0.113.9',
      auth_code: '130061098828009406',
    })
    assert.equal(played.sent[0]?.clientCertificate, undefined)
  })

  const cases: readonly [string, Step, string][] = [
    ['waits for the password', refused('USERPAYING'), 'processing'],
    ['has no money', refused('NOTENOUGH'), 'failed insufficient_funds'],
    ['is expired', refused('AUTHCODEEXPIRE'), 'failed retry_new'],
    ['has an unusable card', refused('NOTSUPORTCARD'), 'failed payer_action'],
    ['meets a fault', refused('SYSTEMERROR'), 'unknown unknown_outcome'],
    ['meets a fault of the bank', refused('BANKERROR'), 'unknown unknown_outcome'],
    ['meets an unknown word', refused('NEWWORD'), 'unknown unknown_outcome'],
    ['meets no word', told({ result_code: 'FAIL' }), 'unknown unknown_outcome'],
    ['is lost', lost, 'unknown unknown_outcome'],
    ['is answered with another key', told(PAID, 'x'.repeat(32)), 'unknown unknown_outcome'],
    [
      'is answered to another merchant',
      told({ ...PAID, mch_id: '1900000110' }),
      'unknown unknown_outcome',
    ],
    [
      'is answered for another order',
      told({ ...PAID, out_trade_no: 'OTHER1' }),
      'unknown unknown_outcome',
    ],
    ['is answered without an amount', told({ ...PAID, total_fee: '' }), 'unknown unknown_outcome'],
    [
      'is answered with a fraction',
      told({ ...PAID, total_fee: '56.00' }),
      'unknown unknown_outcome',
    ],
    ['is answered by another product', told({ ...PAID, trade_type: 'NATIVE' }), 'unknown'],
    [
      'is refused by the transport',
      raw('<xml><return_code>FAIL</return_code></xml>'),
      'unknown unknown_outcome',
    ],
    ['is answered by a page', raw('<html></html>', 502), 'unknown unknown_outcome'],
  ]
  for (const [what, step, expected] of cases) {
    test(what, async () => assert.equal((await play(create, step)).told, expected))
  }
})

describe('a question over APIv2', () => {
  const cases: readonly [string, Step, string][] = [
    ['paid', told({ ...PAID, trade_state: 'SUCCESS' }), 'succeeded'],
    ['waits', told({ out_trade_no: REFERENCE, trade_state: 'USERPAYING' }), 'processing'],
    ['revoked', told({ ...PAID, trade_state: 'REVOKED' }), 'reversed'],
    ['no state', told(PAID), 'unknown unknown_outcome'],
    ['no such order', refused('ORDERNOTEXIST'), 'absent'],
    ['silence', lost, 'unknown provider_down'],
  ]
  for (const [what, step, expected] of cases) {
    test(what, async () => assert.equal((await play(query, step)).told, expected))
  }
})

describe('the reversal over APIv2', () => {
  const revoked = told({ out_trade_no: REFERENCE, trade_state: 'REVOKED' })

  test("shows the merchant's certificate, repeats when told to, and asks at the end", async () => {
    const again = refused('SYSTEMERROR', { recall: 'Y' })
    const { told: end, played } = await play(close, again, again, told({ recall: 'N' }), revoked)
    assert.equal(end, 'closed')
    assert.deepEqual(paths(played), [
      ...Array<string>(3).fill('/secapi/pay/reverse'),
      '/pay/orderquery',
    ])
    const { certificate = '', key = '' } = played.sent[0]?.clientCertificate ?? {}
    assert.match(certificate, /BEGIN CERTIFICATE/)
    assert.match(key, /BEGIN PRIVATE KEY/)
    assert.equal(played.sent[3]?.clientCertificate, undefined)
  })

  test('is unknown while it has to be repeated, is lost, or the order stands', async () => {
    const again = refused('SYSTEMERROR', { recall: 'Y' })
    assert.equal((await play(close, again, again, again)).told, 'unknown unknown_outcome')
    assert.equal((await play(close, lost)).told, 'unknown unknown_outcome')
    const stands = told({ ...PAID, trade_state: 'SUCCESS' })
    assert.equal((await play(close, told({ recall: 'N' }), stands)).told, 'unknown unknown_outcome')
    assert.equal((await play(close, refused('ORDERNOTEXIST'))).told, 'absent')
  })
})

describe('XML', () => {
  test('is one flat element of texts', () => {
    const text =
      '<?xml version="1.0"?>\n<xml>\n<a><![CDATA[1 < 2 & 3]]></a>\n<b>x &amp; y</b><c/>\n</xml>\n'
    assert.deepEqual(Object.fromEntries(readXml(text) ?? []), { a: '1 < 2 & 3', b: 'x & y', c: '' })
  })

  const refusals: readonly [string, string][] = [
    [
      'a type declaration',
      '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><b>&a;</b></xml>',
    ],
    ['an entity of its own', '<xml><b>&a;</b></xml>'],
    ['a character by its number', '<xml><b>&#65;</b></xml>'],
    ['a name twice', '<xml><a>1</a><a>2</a></xml>'],
    ['an element in an element', '<xml><a><b>1</b></a></xml>'],
    ['attributes', '<xml><a x="1">1</a></xml>'],
    ['another root', '<root><a>1</a></root>'],
    ['text behind it', '<xml><a>1</a></xml>x'],
    ['text between', '<xml>x<a>1</a></xml>'],
    ['a cut', '<xml><a>1</a>'],
    ['a comment', '<xml><!-- x --><a>1</a></xml>'],
    ['too much', `<xml><a>${'x'.repeat(70_000)}</a></xml>`],
    ['nothing', ''],
  ]
  for (const [what, text] of refusals) {
    test(`refuses ${what}`, () => assert.equal(readXml(text), undefined))
  }
})
