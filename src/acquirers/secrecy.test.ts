// What is charged in direct mode stands in the request and nowhere else, whatever comes back.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CardObservation, CardOrder } from './acquirer.ts'
import { adyen } from './adyen/acquirer.ts'
import { checkoutcom } from './checkoutcom/acquirer.ts'
import { stripe } from './stripe/acquirer.ts'
import {
  adyenAccount,
  CARD_NUMBER,
  checkoutcomAccount,
  lost,
  networkToken,
  orderOf,
  REFERENCE,
  type Script,
  type Step,
  script,
  stripeAccount,
} from './testing.ts'

const spaced = CARD_NUMBER.replace(/(.{4})(?=.)/g, '$1 ')
const echo = `the card ${CARD_NUMBER} (${spaced}) was refused`

const authorizations: [string, (s: Script, order: CardOrder) => Promise<CardObservation>][] = [
  ['Adyen', ({ ports }, order) => adyen.authorize(ports, adyenAccount(), order)],
  ['Stripe', ({ ports }, order) => stripe.authorize(ports, stripeAccount(), order)],
  ['Checkout.com', ({ ports }, order) => checkoutcom.authorize(ports, checkoutcomAccount(), order)],
]

const declined = {
  resultCode: 'Refused',
  merchantReference: REFERENCE,
  refusalReason: echo,
  refusalReasonCode: CARD_NUMBER,
  reference: REFERENCE,
  status: 'Declined',
  approved: false,
  response_code: CARD_NUMBER,
  response_summary: echo,
  message: echo,
  errorCode: CARD_NUMBER,
  error_type: CARD_NUMBER,
  error_codes: [CARD_NUMBER],
  error: { type: 'card_error', code: CARD_NUMBER, decline_code: CARD_NUMBER, message: echo },
}

const odd = {
  ...declined,
  resultCode: echo,
  status: echo,
  metadata: { tongbao_payment: REFERENCE },
}

const steps: [string, Step][] = [
  ['a status that repeats it', { status: 200, body: odd }],
  ...[200, 201, 400, 402, 403, 422, 429, 500].map((status): [string, Step] => [
    `status ${status}`,
    { status, body: declined },
  ]),
  ['silence', lost],
]

for (const [name, authorize] of authorizations) {
  describe(`${name} keeps the card to itself`, () => {
    for (const [what, step] of steps) {
      test(what, async () => {
        const played = script(step, step, step)
        const seen = await authorize(played, orderOf(networkToken))
        assert.notEqual(seen.status, 'succeeded')
        const kept = JSON.stringify([seen, played.logged], (_, value: unknown) =>
          typeof value === 'bigint' ? value.toString() : value,
        )
        assert(!kept.includes(CARD_NUMBER) && !kept.includes(spaced), kept)
        assert(!kept.includes('AgAAAAAAAIR8CQrXcIhbQAAAAAA='), kept)
        const [first] = played.sent
        assert(
          new URLSearchParams(`x=${String(first?.body)}`).toString().includes(CARD_NUMBER),
          'the request has it',
        )
        assert(!played.sent.some(({ url }) => url.includes(CARD_NUMBER)))
      })
    }
  })
}
