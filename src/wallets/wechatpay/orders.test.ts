import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Observation, Surface } from '../wallet.ts'
import { close } from './close.ts'
import { create } from './create.ts'
import { cashierText } from './pay-sign.ts'
import { query } from './query.ts'
import { signText } from './signature.ts'
import {
  accountOf,
  answer,
  bodyOf,
  fieldsOf,
  lost,
  merchantKeys,
  NOW,
  notThere,
  orderOf,
  paths,
  REFERENCE,
  refusedConnection,
  type Step,
  script,
  transaction,
  unsigned,
  vectorKeys,
} from './testing.ts'

const account = accountOf()
const PREPAY = '/v3/pay/transactions'
const ORDER = `${PREPAY}/out-trade-no/${REFERENCE}`
const waiting = (trade_state: string) =>
  transaction({ trade_state, transaction_id: undefined, success_time: undefined })

async function start(surface: Surface, steps: Step[], more = {}, from = account) {
  const played = script(...steps)
  const observation = await create(played.ports, from, orderOf(surface, more))
  return { observation, played }
}

async function askAbout(surface: Surface, ...steps: Step[]) {
  const played = script(...steps)
  return { observation: await query(played.ports, account, orderOf(surface)), played }
}

async function end(surface: Surface, ...steps: Step[]) {
  const played = script(...steps)
  return { observation: await close(played.ports, account, orderOf(surface)), played }
}

const told = ({ status, problem }: Observation) =>
  problem ? `${status} ${problem.category}` : status

describe('an order by QR code', () => {
  test('is made once, exactly, and shown until it or its code ends', async () => {
    const code_url = 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz'
    const { observation, played } = await start('qr', [answer(200, { code_url })])
    assert.deepEqual(observation, {
      source: 'response',
      walletReference: REFERENCE,
      status: 'requires_action',
      nextAction: { type: 'qr', content: code_url, expiresAt: NOW + 30 * 60_000 },
      memory: merchantKeys.appid,
    })
    const [request] = played.sent
    assert.equal(request?.url, `https://api.mch.weixin.qq.com${PREPAY}/native`)
    assert.deepEqual(bodyOf(request), {
      appid: merchantKeys.appid,
      mchid: merchantKeys.mchid,
      description: '手冲咖啡 Coffee',
      out_trade_no: REFERENCE,
      time_expire: '2026-03-25T10:30:00+08:00',
      notify_url: 'https://pay.example.com/notify/wechatpay/wac_1',
      amount: { total: 5600, currency: 'CNY' },
    })
    const { headers = {} } = request ?? {}
    assert.equal(headers.accept, 'application/json')
    assert(headers['user-agent'])
    assert.equal(headers['wechatpay-serial'], vectorKeys.platform.pubkey.id)
    assert.match(headers.authorization ?? '', /^WECHATPAY2-SHA256-RSA2048 mchid="1900000109",/)
  })

  test('dies with its code after two hours, however long it may stand', async () => {
    const more = { expiresAt: NOW + 86_400_000 }
    const { observation } = await start('qr', [answer(200, { code_url: 'weixin://x' })], more)
    assert(observation.nextAction?.type === 'qr')
    assert.equal(observation.nextAction.expiresAt, NOW + 2 * 3_600_000)
  })

  test('asks for no public key signature where none is known', async () => {
    const old = accountOf(fieldsOf(['cert_old']))
    const given = answer(200, { code_url: 'weixin://x' }, { by: 'cert_old' })
    const { played, observation } = await start('qr', [given], {}, old)
    assert.equal(observation.status, 'requires_action')
    assert.equal(played.sent[0]?.headers['wechatpay-serial'], undefined)
  })
})

describe('an order on a phone', () => {
  test('leads to the page of WeChat, with the way back behind it', async () => {
    const h5_url = 'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2'
    const { observation, played } = await start('mobile', [answer(200, { h5_url })])
    const back = 'https%3A%2F%2Fpay.example.com%2Fpay%2Freturn%2F1%3Fx%3D1%26y%3D2'
    assert.deepEqual(observation.nextAction, {
      type: 'redirect',
      url: `${h5_url}&redirect_url=${back}`,
    })
    assert.deepEqual(bodyOf(played.sent[0]).scene_info, {
      payer_client_ip: '203.0.113.9',
      h5_info: { type: 'Wap' },
    })
  })

  test('never leads anywhere but to the web', async () => {
    for (const h5_url of ['javascript:alert(1)', 'http://wx.tenpay.com/?a=1', 'weixin://x', '']) {
      const { observation } = await start('mobile', [answer(200, { h5_url })])
      assert.equal(told(observation), 'unknown unknown_outcome')
    }
  })

  test('needs an address of the payer and a hub on the registered domain', async () => {
    const nowhere = await start('mobile', [], { payerAddress: undefined })
    assert.equal(told(nowhere.observation), 'failed invalid_request')
    const elsewhere = accountOf(fieldsOf(undefined, { h5_domain: 'other.example.com' }))
    const other = await start('mobile', [], {}, elsewhere)
    assert.equal(told(other.observation), 'failed merchant_config')
    const here = accountOf(fieldsOf(undefined, { h5_domain: 'example.com' }))
    const h5_url = 'https://wx.tenpay.com/x?a=1'
    const { observation } = await start('mobile', [answer(200, { h5_url })], {}, here)
    assert.equal(observation.status, 'requires_action')
  })
})

describe('an order inside WeChat and in an app', () => {
  const prepaid = answer(200, { prepay_id: 'wx25100000000000' })
  const signed = (cashier: 'jsapi' | 'app', appId: string, nonceStr: string) => {
    const timeStamp = String(NOW / 1000)
    const of = { appId, timeStamp, nonceStr, prepayId: 'wx25100000000000' }
    return signText(cashierText(cashier, of), account.privateKey)
  }
  const sheetOf = (observation: Observation) => {
    assert(observation.nextAction?.type === 'sheet')
    assert.equal(observation.nextAction.wallet, 'wechatpay')
    return observation.nextAction.parameters
  }

  test('a page gets the parameters of its bridge', async () => {
    const { observation, played } = await start('in_app', [prepaid])
    const parameters = sheetOf(observation)
    assert.deepEqual(Object.keys(parameters), [
      'appId',
      'timeStamp',
      'nonceStr',
      'package',
      'signType',
      'paySign',
    ])
    assert.equal(parameters.package, 'prepay_id=wx25100000000000')
    const { nonceStr = '' } = parameters
    assert.equal(parameters.paySign, signed('jsapi', merchantKeys.appid, nonceStr))
    assert.deepEqual(bodyOf(played.sent[0]).payer, { openid: 'oTEST00000000000000000000001' })
    assert.equal(paths(played)[0], `${PREPAY}/jsapi`)
  })

  test('a mini program gets no appId, and its order is its own application\u2019s', async () => {
    const payer = { openId: 'oMINI', appId: merchantKeys.appid_mini }
    const { observation, played } = await start('in_app', [prepaid], { payer })
    const parameters = sheetOf(observation)
    assert.equal(parameters.appId, undefined)
    assert.equal(
      parameters.paySign,
      signed('jsapi', merchantKeys.appid_mini, parameters.nonceStr ?? ''),
    )
    assert.equal(bodyOf(played.sent[0]).appid, merchantKeys.appid_mini)
    assert.equal(observation.memory, merchantKeys.appid_mini)
  })

  test('an app gets what its SDK takes', async () => {
    const { observation, played } = await start('app', [prepaid])
    const parameters = sheetOf(observation)
    assert.deepEqual(Object.keys(parameters), [
      'appId',
      'partnerId',
      'prepayId',
      'packageValue',
      'nonceStr',
      'timeStamp',
      'sign',
    ])
    assert.equal(parameters.sign, signed('app', merchantKeys.appid_app, parameters.nonceStr ?? ''))
    assert.equal(bodyOf(played.sent[0]).appid, merchantKeys.appid_app)
  })

  test('is not made without payer, application or a foreign one', async () => {
    const nobody = await start('in_app', [], { payer: {} })
    assert.equal(told(nobody.observation), 'failed invalid_request')
    const foreign = await start('in_app', [], {
      payer: { openId: 'o', appId: 'wx0000000000000000' },
    })
    assert.equal(told(foreign.observation), 'failed merchant_config')
    const { app_appid: _none, ...rest } = fieldsOf()
    assert.equal(
      told((await start('app', [], {}, accountOf(rest))).observation),
      'failed merchant_config',
    )
  })
})

describe('an order that is refused before anything is sent', () => {
  const cases: readonly [string, Surface, object, string][] = [
    [
      'another currency',
      'qr',
      { money: { amount: 1n, currency: 'USD' } },
      'failed invalid_request',
    ],
    ['nothing', 'qr', { money: { amount: 0n, currency: 'CNY' } }, 'failed invalid_request'],
    ['a short number', 'qr', { walletReference: 'TB1' }, 'failed invalid_request'],
    [
      'an address with a query',
      'qr',
      { notifyUrl: 'https://a.example/n?x=1' },
      'failed invalid_request',
    ],
    [
      'an address with a blank',
      'qr',
      { notifyUrl: ' https://a.example/n' },
      'failed invalid_request',
    ],
    ['no time left', 'qr', { expiresAt: NOW + 59_999 }, 'failed invalid_request'],
    ['a desktop page', 'desktop', {}, 'failed invalid_request'],
    ['a code of another wallet', 'barcode', { authCode: '281234567890123456' }, 'failed retry_new'],
    ['a code that is too short', 'barcode', { authCode: '13006109882800940' }, 'failed retry_new'],
  ]
  for (const [what, surface, more, expected] of cases) {
    test(what, async () =>
      assert.equal(told((await start(surface, [], more)).observation), expected),
    )
  }
})

describe('an order whose answer', () => {
  const cases: readonly [string, Step[], string][] = [
    ['is lost', [lost], 'unknown unknown_outcome'],
    ['never was, by either host', [refusedConnection, refusedConnection], 'failed provider_down'],
    ['is not signed', [unsigned(200, { code_url: 'weixin://x' })], 'unknown unknown_outcome'],
    [
      'is signed by somebody else',
      [answer(200, {}, { by: 'pubkey', now: NOW - 300_000 })],
      'unknown unknown_outcome',
    ],
    ['lacks the code', [answer(200, { prepay_id: 'wx1' })], 'unknown unknown_outcome'],
    ['is only accepted', [answer(202, { code_url: 'weixin://x' })], 'unknown unknown_outcome'],
    [
      'is a page',
      [{ status: 502, headers: {}, body: Buffer.from('<html>') }],
      'unknown unknown_outcome',
    ],
    ['is a fault', [answer(500, { code: 'SYSTEM_ERROR', message: '' })], 'unknown unknown_outcome'],
    ['says no', [answer(400, { code: 'PARAM_ERROR', message: '' })], 'failed invalid_request'],
    [
      'says no, without a signature',
      [unsigned(401, { code: 'SIGN_ERROR', message: '' })],
      'failed merchant_config',
    ],
    [
      'says that it is paid',
      [answer(400, { code: 'ORDER_PAID', message: '' })],
      'unknown duplicate',
    ],
    [
      'says that the number is used',
      [answer(403, { code: 'OUT_TRADE_NO_USED', message: '' })],
      'unknown duplicate',
    ],
    [
      'has a word that nobody knows',
      [answer(400, { code: 'NEW_WORD', message: '' })],
      'unknown unknown_outcome',
    ],
    [
      'says that it is closed',
      [answer(400, { code: 'ORDER_CLOSED', message: '' })],
      'unknown retry_new',
    ],
  ]
  for (const [what, steps, expected] of cases) {
    test(what, async () => assert.equal(told((await start('qr', steps)).observation), expected))
  }

  test('comes from the other host where no connection can be made, with the same number', async () => {
    const given = answer(200, { code_url: 'weixin://x' })
    const { observation, played } = await start('qr', [refusedConnection, given])
    assert.equal(observation.status, 'requires_action')
    assert.deepEqual(
      played.sent.map(({ url }) => new URL(url).host),
      ['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com'],
    )
    assert.deepEqual(played.sent[0]?.body, played.sent[1]?.body)
  })

  test('is wrongly signed on purpose is asked for again', async () => {
    const given = answer(200, { code_url: 'weixin://x' })
    const probe = { ...given.headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/abc' }
    const { observation, played } = await start('qr', [{ ...given, headers: probe }, given])
    assert.equal(observation.status, 'requires_action')
    assert.equal(played.sent.length, 2)
    assert.deepEqual(played.sent[0]?.body, played.sent[1]?.body)
  })

  test('says by its internal number that the order stands', async () => {
    const given = answer(400, { code: 'INVALID_REQUEST', message: '' })
    const headers = { ...given.headers, 'request-id': '08-268498688' }
    assert.equal(
      told((await start('qr', [{ ...given, headers }])).observation),
      'unknown duplicate',
    )
  })
})

describe('a code that the payer shows', () => {
  const pay = (...steps: Step[]) => start('barcode', steps)

  test('is taken at once', async () => {
    const { observation, played } = await pay(answer(200, transaction({ trade_type: 'MICROPAY' })))
    assert.equal(observation.status, 'succeeded')
    assert.deepEqual(observation.money, { amount: 5600n, currency: 'CNY' })
    assert.deepEqual(bodyOf(played.sent[0]), {
      appid: merchantKeys.appid,
      mchid: merchantKeys.mchid,
      description: '手冲咖啡 Coffee',
      out_trade_no: REFERENCE,
      amount: { total: 5600, currency: 'CNY' },
      payer: { auth_code: '130061098828009406' },
      scene_info: { store_info: { out_id: 'main' }, device_ip: '203.0.113.9' },
    })
    assert.equal(played.sent[0]?.timeoutMs, 30_000)
  })

  const cases: readonly [string, Step[], string][] = [
    ['waits for the password (202)', [answer(202, waiting('USERPAYING'))], 'processing'],
    [
      'waits for the password (a word)',
      [answer(202, { code: 'USER_PAYING', message: '' })],
      'processing',
    ],
    [
      'waits for the password (an error)',
      [answer(400, { code: 'USERPAYING', message: '' })],
      'processing',
    ],
    ['is expired', [answer(400, { code: 'AUTHCODEEXPIRE', message: '' })], 'failed retry_new'],
    [
      'has no money',
      [answer(403, { code: 'NOT_ENOUGH', message: '' })],
      'failed insufficient_funds',
    ],
    [
      'has no money, says nobody',
      [unsigned(403, { code: 'NOT_ENOUGH' })],
      'unknown insufficient_funds',
    ],
    [
      'meets a limit',
      [answer(429, { code: 'FREQUENCY_LIMITED', message: '' })],
      'unknown unknown_outcome',
    ],
    ['is lost', [lost], 'unknown unknown_outcome'],
    ['never left', [refusedConnection, refusedConnection], 'unknown provider_down'],
    [
      'is called by an unknown word',
      [answer(403, { code: 'NEW', message: '' })],
      'unknown unknown_outcome',
    ],
    [
      'is answered for another order',
      [answer(200, transaction({ out_trade_no: 'OTHER1' }))],
      'unknown unknown_outcome',
    ],
    [
      'is answered for another merchant',
      [answer(200, transaction({ mchid: '1900000110' }))],
      'unknown unknown_outcome',
    ],
    [
      'is called twice',
      [answer(200, JSON.stringify(transaction()).replace('{', '{"mchid":"1",'))],
      'unknown unknown_outcome',
    ],
  ]
  for (const [what, steps, expected] of cases) {
    test(what, async () => assert.equal(told((await pay(...steps)).observation), expected))
  }

  test('that failed is reversed before it is called failed', async () => {
    const reversed = {
      appid: merchantKeys.appid,
      mchid: merchantKeys.mchid,
      out_trade_no: REFERENCE,
    }
    const { observation, played } = await pay(
      answer(200, waiting('PAYERROR')),
      answer(200, reversed),
      answer(200, waiting('REVOKED')),
    )
    assert.equal(told(observation), 'failed retry_new')
    assert.deepEqual(paths(played), [`${PREPAY}/codepay`, `${ORDER}/reverse`, ORDER])
    const unsure = await pay(answer(200, waiting('PAYERROR')), lost)
    assert.equal(told(unsure.observation), 'unknown unknown_outcome')
  })

  test('is never repeated by itself, not even after a wrong signature on purpose', async () => {
    const given = answer(200, transaction())
    const probe = { ...given.headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/abc' }
    const { observation, played } = await pay({ ...given, headers: probe })
    assert.equal(told(observation), 'unknown unknown_outcome')
    assert.equal(played.sent.length, 1)
  })
})

describe('a question', () => {
  test('names merchant and order', async () => {
    const { played } = await askAbout('qr', answer(200, transaction()))
    assert.equal(played.sent[0]?.method, 'GET')
    assert.equal(played.sent[0]?.body, undefined)
    assert.equal(
      played.sent[0]?.url,
      `https://api.mch.weixin.qq.com${ORDER}?mchid=${merchantKeys.mchid}`,
    )
  })

  const cases: readonly [string, Surface, Step, string][] = [
    ['paid', 'qr', answer(200, transaction()), 'succeeded'],
    [
      'a refund was asked for',
      'qr',
      answer(200, transaction({ trade_state: 'REFUND' })),
      'succeeded',
    ],
    ['waits', 'qr', answer(200, waiting('NOTPAY')), 'requires_action'],
    ['waits, shown code', 'barcode', answer(200, waiting('NOTPAY')), 'processing'],
    ['accepted', 'barcode', answer(200, waiting('ACCEPT')), 'processing'],
    ['closed', 'qr', answer(200, waiting('CLOSED')), 'closed'],
    ['revoked unpaid', 'barcode', answer(200, waiting('REVOKED')), 'closed'],
    ['revoked', 'barcode', answer(200, transaction({ trade_state: 'REVOKED' })), 'reversed'],
    ['a new state', 'qr', answer(200, waiting('FROZEN')), 'unknown unknown_outcome'],
    [
      'no state',
      'qr',
      answer(200, transaction({ trade_state: undefined })),
      'unknown unknown_outcome',
    ],
    [
      'paid without a number',
      'qr',
      answer(200, transaction({ transaction_id: undefined })),
      'unknown unknown_outcome',
    ],
    [
      'another application',
      'qr',
      answer(200, transaction({ appid: merchantKeys.appid_mini })),
      'unknown unknown_outcome',
    ],
    ['no such order', 'qr', answer(404, notThere), 'absent'],
    [
      'no such order, by the old word',
      'qr',
      answer(404, { code: 'ORDERNOTEXIST', message: '' }),
      'absent',
    ],
    ['no such order, unsigned', 'qr', unsigned(404, notThere), 'unknown not_found'],
    ['no such order, by another status', 'qr', answer(400, notThere), 'unknown not_found'],
    ['a fault', 'qr', answer(500, { code: 'SYSTEM_ERROR', message: '' }), 'unknown provider_down'],
    ['silence', 'qr', lost, 'unknown provider_down'],
  ]
  for (const [what, surface, step, expected] of cases) {
    test(`is answered: ${what}`, async () => {
      assert.equal(told((await askAbout(surface, step)).observation), expected)
    })
  }

  test('compares with the application that the order was made for', async () => {
    const { ports } = script(answer(200, transaction({ appid: merchantKeys.appid_mini })))
    const order = orderOf('in_app', { memory: merchantKeys.appid_mini })
    assert.equal((await query(ports, account, order)).status, 'succeeded')
  })

  test('fetches a certificate that it does not know, once', async () => {
    const fresh = accountOf(fieldsOf(['pubkey']))
    const given = answer(200, transaction(), { by: 'cert_new' })
    const { ports, sent } = script(given, answer(404, { code: 'RESOURCE_NOT_EXISTS', message: '' }))
    const observation = await query(ports, fresh, orderOf('qr'))
    assert.equal(told(observation), 'unknown unknown_outcome')
    assert.equal(sent.length, 2)
  })
})

describe('the end of an order', () => {
  const done = answer(204)
  const cases: readonly [string, Step[], string][] = [
    ['is what WeChat Pay tells afterwards', [done, answer(200, waiting('CLOSED'))], 'closed'],
    ['is not certain before', [done, answer(200, waiting('NOTPAY'))], 'requires_action'],
    ['is not certain without an answer', [done, lost], 'unknown provider_down'],
    [
      'finds it paid',
      [answer(400, { code: 'ORDER_PAID', message: '' }), answer(200, transaction())],
      'succeeded',
    ],
    [
      'finds it closed',
      [answer(400, { code: 'ORDERCLOSED', message: '' }), answer(200, waiting('CLOSED'))],
      'closed',
    ],
    ['finds the payer at work', [answer(202, { code: 'USER_PAYING', message: '' })], 'processing'],
    ['finds nothing', [answer(404, notThere)], 'absent'],
    ['finds nothing, says nobody', [unsigned(404, notThere)], 'unknown not_found'],
    ['is refused', [answer(403, { code: 'RULE_LIMIT', message: '' })], 'unknown risk_declined'],
    ['is lost', [lost], 'unknown provider_down'],
    [
      'is not signed',
      [{ status: 204, headers: {}, body: Buffer.alloc(0) }],
      'unknown unknown_outcome',
    ],
  ]
  for (const [what, steps, expected] of cases) {
    test(what, async () => {
      const { observation, played } = await end('qr', ...steps)
      assert.equal(told(observation), expected)
      assert.deepEqual(bodyOf(played.sent[0]), { mchid: merchantKeys.mchid })
      assert.equal(paths(played)[0], `${ORDER}/close`)
    })
  }

  const reversed = answer(200, {
    appid: merchantKeys.appid,
    mchid: merchantKeys.mchid,
    out_trade_no: REFERENCE,
  })
  const codes: readonly [string, Step[], string][] = [
    [
      'gives the money back',
      [reversed, answer(200, transaction({ trade_state: 'REVOKED' }))],
      'reversed',
    ],
    [
      'gives it back as a refund',
      [reversed, answer(200, transaction({ trade_state: 'REFUND' }))],
      'reversed',
    ],
    ['ends what was not paid', [reversed, answer(200, waiting('CLOSED'))], 'closed'],
    [
      'is not believed while it stands',
      [reversed, answer(200, transaction())],
      'unknown unknown_outcome',
    ],
    [
      'is not believed while it waits',
      [reversed, answer(200, waiting('USERPAYING'))],
      'unknown unknown_outcome',
    ],
    [
      "is another order's",
      [answer(200, { mchid: merchantKeys.mchid, out_trade_no: 'OTHER1' })],
      'unknown unknown_outcome',
    ],
    ['is lost', [lost], 'unknown unknown_outcome'],
    ['finds nothing', [answer(404, notThere)], 'absent'],
    ['fails', [answer(500, { code: 'SYSTEMERROR', message: '' })], 'unknown unknown_outcome'],
  ]
  for (const [what, steps, expected] of codes) {
    test(`of a shown code ${what}`, async () => {
      const { observation, played } = await end('barcode', ...steps)
      assert.equal(told(observation), expected)
      const { appid, mchid } = merchantKeys
      assert.deepEqual(bodyOf(played.sent[0]), { appid, mchid })
      assert.equal(paths(played)[0], `${ORDER}/reverse`)
      if (observation.status === 'unknown') assert.equal(observation.money, undefined)
    })
  }
})
