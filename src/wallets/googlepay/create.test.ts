import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CARD_NUMBER,
  CRYPTOGRAM,
  makeToken,
  NOW,
  plaintextOf,
  type TokenWish,
} from '../../../test/oracles/googlepay-tokens.ts'
import { NetworkError } from '../../ports.ts'
import { authorised, json, type Script } from '../testing.ts'
import type { Observation } from '../wallet.ts'
import type { GooglePayAccount } from './account.ts'
import { directFields, fieldsOf, orderOf, rootsAnswer, script, stripeFields } from './testing.ts'
import { googlepay } from './wallet.ts'

function accountOf(fields: Record<string, string>): GooglePayAccount {
  const read = googlepay.readAccount(fields)
  assert.ok('account' in read)
  return read.account
}

const order = orderOf()
const through = accountOf(fieldsOf())
const bodyOf = ({ sent }: Script) => JSON.parse(String(sent.at(-1)?.body))
const directTake = async (token: string, ...steps: Parameters<typeof script>) => {
  const world = script(...steps)
  const direct = accountOf(directFields())
  const observation = await googlepay.create(world.ports, direct, { ...order, token })
  return { world, observation }
}

test('the acquirer gets the token letter by letter', async () => {
  const token = `${await makeToken({ plaintext: plaintextOf() })} `
  const world = script(authorised(order))
  const observation = await googlepay.create(world.ports, through, { ...order, token })
  assert.equal(observation.status, 'succeeded')
  assert.deepEqual(bodyOf(world).paymentMethod, { type: 'googlepay', googlePayToken: token })
})

test('a payment that needs 3-D Secure says where the payer has to go', async () => {
  const action = { type: 'redirect', method: 'GET', url: 'https://acs.example.com/3ds' }
  const token = await makeToken({ plaintext: plaintextOf({ authMethod: 'PAN_ONLY' }) })
  const world = script(json({ resultCode: 'RedirectShopper', action }))
  const observation = await googlepay.create(world.ports, through, { ...order, token })
  assert.equal(observation.status, 'requires_action')
  assert.deepEqual(observation.nextAction, { type: 'redirect', url: action.url })
})

describe('direct mode', () => {
  test('opens the token and hands over number, cryptogram and indicator', async () => {
    const token = await makeToken({ plaintext: plaintextOf(), recipient: 'm1_old' })
    const { world, observation } = await directTake(token, rootsAnswer(), authorised(order))
    assert.equal(observation.status, 'succeeded')
    const { paymentMethod, mpiData } = bodyOf(world)
    assert.equal(paymentMethod.brand, 'googlepay')
    assert.equal(paymentMethod.number, CARD_NUMBER)
    assert.equal(mpiData.cavv, CRYPTOGRAM)
    assert.equal(mpiData.eci, '05')
  })

  const cases: [string, string, TokenWish][] = [
    [
      'a real card number',
      'token_pan_only payer_action',
      { plaintext: plaintextOf({ authMethod: 'PAN_ONLY' }) },
    ],
    [
      'a root that is not Google',
      'token_intermediate_signature risk_declined',
      { plaintext: plaintextOf(), root: 'rogue' },
    ],
    [
      'another merchant',
      'token_signature risk_declined',
      { plaintext: plaintextOf(), recipientId: 'merchant:1' },
    ],
    ['another key', 'token_decrypt merchant_config', { plaintext: plaintextOf(), recipient: 'm2' }],
    [
      'its age',
      'token_message_expired retry_new',
      { plaintext: plaintextOf({}, { messageExpiration: String(NOW) }) },
    ],
    [
      'an old intermediate key',
      'token_intermediate_expired retry_new',
      { plaintext: plaintextOf(), keyExpiration: NOW },
    ],
    [
      'no cryptogram',
      'token_payload invalid_request',
      { plaintext: plaintextOf({ cryptogram: undefined }) },
    ],
    [
      'another method of payment',
      'token_payload invalid_request',
      { plaintext: plaintextOf({}, { paymentMethod: 'PAYPAL' }) },
    ],
  ]
  for (const [name, expected, wish] of cases) {
    test(`refuses a token for ${name}, and nothing of it is told`, async () => {
      const { world, observation } = await directTake(await makeToken(wish), rootsAnswer())
      const { walletCode, category } = observation.problem ?? {}
      assert.deepEqual([observation.status, `${walletCode} ${category}`], ['failed', expected])
      assert.equal(world.sent.length, 1, 'only the root keys were asked for')
      assert.equal(world.logged.length, 1)
      const shown = JSON.stringify([observation, world.logged])
      assert.ok(!shown.includes(CARD_NUMBER) && !shown.includes(CRYPTOGRAM))
    })
  }

  test('without root keys no token is believed', async () => {
    const token = await makeToken({ plaintext: plaintextOf() })
    const reset = new NetworkError('reset', true, 'gone')
    const { observation } = await directTake(token, reset, reset)
    const { walletCode, category } = observation.problem ?? {}
    assert.deepEqual([walletCode, category], ['token_root_keys', 'provider_down'])
  })

  test('what was decrypted is in no observation and no log, whatever the acquirer says', async () => {
    const token = await makeToken({ plaintext: plaintextOf() })
    const reset = new NetworkError('reset', true, 'gone')
    const words = `card ${CARD_NUMBER} cavv ${CRYPTOGRAM}`
    const refusal = json({
      resultCode: 'Refused',
      pspReference: 'QFQTPCQ8HXSKGK82',
      merchantReference: order.walletReference,
      refusalReason: words,
      refusalReasonCode: '2',
    })
    const ends = [[authorised(order)], [refusal], [json({ message: words }, 422)], [reset, reset]]
    for (const steps of ends) {
      const { world, observation } = await directTake(token, rootsAnswer(), ...steps)
      assert.ok(JSON.stringify(world.sent).includes(CARD_NUMBER))
      const shown = textOf([observation, world.logged])
      assert.ok(!shown.includes(CARD_NUMBER) && !shown.includes(CRYPTOGRAM), shown)
      assert.equal(observation.memory, undefined)
    }
  })
})

function textOf(value: [Observation, unknown]): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item))
}

describe('the identity of a token', () => {
  const identify = (token: string, account = through) =>
    googlepay.identifyToken?.(account, token, NOW)
  const direct = accountOf(directFields())

  test('stays when the token is written in another way', async () => {
    const token = await makeToken({ plaintext: plaintextOf() })
    const { protocolVersion, ...rest } = JSON.parse(token)
    const again = JSON.stringify({ protocolVersion, ...rest }, null, 1)
    assert.notEqual(again, token)
    for (const account of [through, direct]) {
      assert.deepEqual(identify(again, account), identify(token, account))
    }
  })

  test('differs between tokens of one card', async () => {
    const plaintext = plaintextOf()
    const [one, two] = [await makeToken({ plaintext }), await makeToken({ plaintext })]
    assert.notDeepEqual(identify(one), identify(two))
  })

  test('is the number of a token that Stripe made, whatever stands beside it', () => {
    const stripe = accountOf(stripeFields())
    const one = identify('{"id":"tok_1","object":"token"}', stripe)
    assert.ok(one && 'tokenId' in one)
    assert.deepEqual(identify('{ "object": "token", "id": "tok_1" }', stripe), one)
    for (const signedMessage of ['a', 'b']) {
      assert.deepEqual(identify(JSON.stringify({ id: 'tok_1', signedMessage }), stripe), one)
    }
    assert.notDeepEqual(identify('{"id":"tok_2","object":"token"}', stripe), one)
    for (const text of ['{}', '{"signedMessage":"a"}', '{"id":"card_1"}', 'tok_1']) {
      assert.ok('problem' in (identify(text, stripe) ?? {}), text)
    }
  })

  test('is what Google signed at any other acquirer, whatever number stands beside it', async () => {
    const token = await makeToken({ plaintext: plaintextOf() })
    const again = JSON.stringify({ ...JSON.parse(token), id: 'tok_1' })
    assert.deepEqual(identify(again), identify(token))
  })

  test('does not exist for what is no token', () => {
    for (const text of ['', 'x'.repeat(20_000)]) assert.ok('problem' in (identify(text) ?? {}))
    assert.ok('problem' in (identify('{}', direct) ?? {}))
  })
})
