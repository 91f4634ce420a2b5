import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CARD_NUMBER,
  CRYPTOGRAM,
  makeToken,
  plaintextOf,
  sheetText,
  type TokenWish,
} from '../../../test/oracles/applepay-tokens.ts'
import { NetworkError } from '../../ports.ts'
import { authorised, json, type Script } from '../testing.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { applicationDataOf } from './sheet.ts'
import { directFields, fieldsOf, orderOf, script } from './testing.ts'
import { applepay } from './wallet.ts'

function accountOf(fields: Record<string, string>): ApplePayAccount {
  const read = applepay.readAccount(fields)
  assert.ok('account' in read)
  return read.account
}

const through = accountOf(fieldsOf())
const direct = accountOf(directFields())
const order = orderOf()
const tokenFor = (of: AttemptOrder, wish: Partial<TokenWish> = {}) =>
  makeToken({ plaintext: plaintextOf(), applicationData: applicationDataOf(of), ...wish })

const bodyOf = ({ sent }: Script) => JSON.parse(String(sent[0]?.body))

async function refusalOf(account: ApplePayAccount, of: AttemptOrder): Promise<string> {
  const world = script()
  const observation = await applepay.create(world.ports, account, of)
  assert.equal(observation.status, 'failed')
  assert.equal(observation.walletReference, of.walletReference)
  assert.equal(world.sent.length, 0, 'nothing was sent')
  assert.equal(world.logged.length, 1, 'the refusal is logged')
  const { category, walletCode } = observation.problem ?? {}
  return `${walletCode} ${category}`
}

test('the acquirer gets the token as it came, still encrypted', async () => {
  const { text, paymentData } = tokenFor(order)
  const world = script(authorised(order))
  const observation = await applepay.create(world.ports, through, { ...order, token: text })
  assert.equal(observation.status, 'succeeded')
  assert.equal(observation.walletTransactionId, 'QFQTPCQ8HXSKGK82')
  const { paymentMethod, reference } = bodyOf(world)
  assert.equal(reference, order.walletReference)
  const sentToken = Buffer.from(paymentMethod.applePayToken, 'base64').toString()
  assert.equal(sentToken, JSON.stringify(paymentData))
})

test('in direct mode the acquirer gets the device number, cryptogram and indicator', async () => {
  const { text } = tokenFor(order)
  const world = script(authorised(order))
  const observation = await applepay.create(world.ports, direct, { ...order, token: text })
  assert.equal(observation.status, 'succeeded')
  const { paymentMethod, mpiData } = bodyOf(world)
  assert.deepEqual(paymentMethod, {
    type: 'scheme',
    brand: 'applepay',
    number: CARD_NUMBER,
    expiryMonth: '12',
    expiryYear: '2029',
  })
  assert.equal(mpiData.cavv, CRYPTOGRAM)
  assert.equal(mpiData.eci, '07')
})

test('an indicator that Apple did not give is not invented', async () => {
  const { text } = tokenFor(order, {
    plaintext: plaintextOf({ paymentData: { onlinePaymentCryptogram: CRYPTOGRAM } }),
  })
  const world = script(authorised(order))
  await applepay.create(world.ports, direct, { ...order, token: text })
  assert.ok(!('eci' in bodyOf(world).mpiData))
})

describe('what the hub decrypts leaves it for the acquirer and in no other way', () => {
  const holder = 'Zhou Ying'
  const { text } = tokenFor(order, { plaintext: plaintextOf({ cardholderName: holder }) })
  const secrets = [CARD_NUMBER, CRYPTOGRAM, holder]
  const shown = (world: Script, observation: Observation) =>
    JSON.stringify([observation, world.logged], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
  const answers = {
    taken: [authorised(order)],
    'refused with the card in the words': [
      json({
        resultCode: 'Refused',
        pspReference: 'QFQTPCQ8HXSKGK82',
        merchantReference: order.walletReference,
        refusalReason: `card ${CARD_NUMBER} of ${holder}, cavv ${CRYPTOGRAM}`,
        refusalReasonCode: '2',
      }),
    ],
    'an error with the card in the words': [
      json({ status: 422, errorCode: '101', message: `Invalid ${CRYPTOGRAM} ${holder}` }, 422),
    ],
    silent: [new NetworkError('reset', true, 'gone'), new NetworkError('reset', true, 'gone')],
  }
  for (const [name, steps] of Object.entries(answers)) {
    test(name, async () => {
      const world = script(...steps)
      const observation = await applepay.create(world.ports, direct, { ...order, token: text })
      for (const secret of secrets) {
        assert.ok(JSON.stringify(world.sent).includes(secret), 'the acquirer got it')
        assert.ok(!shown(world, observation).includes(secret), secret)
      }
      assert.equal(observation.memory, undefined)
    })
  }

  const broken = {
    amount: plaintextOf({ transactionAmount: 1 }),
    expiry: plaintextOf({ applicationExpirationDate: '2912' }),
    shape: plaintextOf({ paymentData: 1 }),
    json: `{"applicationPrimaryAccountNumber":"${CARD_NUMBER}"`,
  }
  for (const [name, plaintext] of Object.entries(broken)) {
    test(`a refusal for its ${name} says nothing of the card`, async () => {
      const world = script()
      const token = tokenFor(order, { plaintext }).text
      const observation = await applepay.create(world.ports, direct, { ...order, token })
      assert.equal(observation.status, 'failed')
      for (const secret of [CARD_NUMBER, CRYPTOGRAM]) {
        assert.ok(!shown(world, observation).includes(secret))
      }
    })
  }
})

describe('a token is refused before anything is sent', () => {
  const cases: [string, string, AttemptOrder][] = [
    ['without one', 'token_format invalid_request', order],
    ['that is no JSON', 'token_format invalid_request', { ...order, token: 'x' }],
    ['that is too long', 'token_format invalid_request', { ...order, token: ' '.repeat(40_000) }],
    [
      'for another payment',
      'token_application_data risk_declined',
      { ...order, token: tokenFor(orderOf({ paymentId: 'pay_2' })).text },
    ],
    [
      'for another price',
      'token_application_data risk_declined',
      { ...order, token: tokenFor(orderOf({ money: { amount: 1n, currency: 'USD' } })).text },
    ],
    [
      'that is bound to nothing',
      'token_application_data risk_declined',
      { ...order, token: makeToken({ plaintext: plaintextOf() }).text },
    ],
  ]
  for (const [name, expected, of] of cases) {
    test(name, async () => assert.equal(await refusalOf(through, of), expected))
  }

  test('by another root than the account trusts', async () => {
    const { gateway: _1, root_certificate: _2, ...fields } = fieldsOf()
    const token = tokenFor(order).text
    assert.equal(
      await refusalOf(accountOf(fields), { ...order, token }),
      'token_chain risk_declined',
    )
  })

  test('six minutes after the payer agreed', async () => {
    const token = tokenFor(order).text
    const world = script()
    world.clock.time += 6 * 60_000
    const observation = await applepay.create(world.ports, through, { ...order, token })
    const { walletCode, category } = observation.problem ?? {}
    assert.deepEqual([walletCode, category], ['token_signing_time', 'retry_new'])
  })

  const directCases: [string, string, Partial<TokenWish>][] = [
    [
      'amount',
      'token_amount risk_declined',
      { plaintext: plaintextOf({ transactionAmount: 1098 }) },
    ],
    [
      'currency',
      'token_currency risk_declined',
      { plaintext: plaintextOf({ currencyCode: '978' }) },
    ],
    [
      'a fraction',
      'token_payload invalid_request',
      { plaintext: plaintextOf().replace('1099', '1099.0') },
    ],
    [
      'an amount as text',
      'token_payload invalid_request',
      { plaintext: plaintextOf({ transactionAmount: '1099' }) },
    ],
    [
      'EMV data',
      'token_payload invalid_request',
      { plaintext: plaintextOf({ paymentDataType: 'EMV', paymentData: { emvData: 'AAAA' } }) },
    ],
    ['another key', 'token_recipient_key merchant_config', { recipient: 'm2' }],
    ['a key of RSA_v1', 'token_recipient_key merchant_config', { recipient: 'm1_rsa' }],
  ]
  for (const [name, expected, wish] of directCases) {
    test(`in direct mode by its ${name}`, async () => {
      const token = tokenFor(order, wish).text
      assert.equal(await refusalOf(direct, { ...order, token }), expected)
    })
  }

  test('for a currency that the acquirer does not take', async () => {
    const world = script()
    const money = { amount: 1n, currency: 'BTC' }
    const token = tokenFor({ ...order, money }).text
    const seen = await applepay.create(world.ports, through, { ...order, money, token })
    assert.deepEqual([seen.status, world.sent.length], ['failed', 0])
  })
})

describe('the identity of a token', () => {
  const identify = (text: string, of = through) => applepay.identifyToken?.(of, text, Date.now())
  const made = tokenFor(order)

  test('is what Apple signed, however the number is written', () => {
    const { transactionId } = made.paymentData.header
    assert.deepEqual(identify(made.text), { tokenId: transactionId })
    const header = { ...made.paymentData.header, transactionId: transactionId.toUpperCase() }
    assert.deepEqual(identify(sheetText({ ...made.paymentData, header })), {
      tokenId: transactionId,
    })
  })

  test('belongs only to a token that Apple signed', () => {
    const header = { ...made.paymentData.header, transactionId: '0'.repeat(64) }
    const forged = identify(sheetText({ ...made.paymentData, header }))
    assert.ok(forged && 'problem' in forged)
    assert.equal(forged.problem.walletCode, 'token_signature')
    const short = { ...made.paymentData.header }
    short.transactionId = short.transactionId.slice(0, -1)
    const cut = identify(sheetText({ ...made.paymentData, header: short }))
    assert.ok(cut && 'problem' in cut && cut.problem.walletCode === 'token_format')
  })

  test('is told for the old key too, and not for the key of a stranger', () => {
    assert.ok('tokenId' in (identify(tokenFor(order, { recipient: 'm1_old' }).text, direct) ?? {}))
    assert.ok('problem' in (identify(tokenFor(order, { recipient: 'm2' }).text, direct) ?? {}))
  })
})
