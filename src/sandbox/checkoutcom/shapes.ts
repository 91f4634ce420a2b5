// What Checkout.com's API takes in each call (sheet section 5).
import type { Rule, Shape } from '../cards/shape.ts'

const text = (max: number): Rule => ({ type: 'text', max })
const needed = (max: number): Rule => ({ type: 'text', max, required: true })
const UNITS: Rule = { type: 'integer', min: 1, max: 999_999_999 }
const METADATA: Rule = { type: 'texts', most: 18, nameMax: 100, valueMax: 255 }
const MONTH: Rule = { type: 'integer', min: 1, max: 12 }
const YEAR: Rule = { type: 'integer', min: 2000, max: 9999 }

const APPLE: Shape = {
  version: needed(10),
  data: needed(8_000),
  signature: needed(16_000),
  header: {
    type: 'object',
    required: true,
    members: {
      ephemeralPublicKey: text(200),
      wrappedKey: text(800),
      publicKeyHash: needed(100),
      transactionId: needed(100),
      applicationData: text(100),
    },
  },
}
const GOOGLE: Shape = {
  protocolVersion: needed(10),
  signature: needed(400),
  signedMessage: needed(8_000),
}

const tokenOf = (members: Shape): Shape => ({
  type: needed(20),
  token_data: { type: 'object', members, required: true },
})
export const APPLE_TOKEN = tokenOf(APPLE)
/** Beside these there is `intermediateSigningKey`, whose list of signatures is checked on opening. */
export const GOOGLE_TOKEN = tokenOf(GOOGLE)

export const PAYMENT: Shape = {
  source: {
    type: 'object',
    required: true,
    members: {
      type: needed(20),
      token: needed(100),
      token_type: text(20),
      expiry_month: MONTH,
      expiry_year: YEAR,
      cryptogram: text(200),
      eci: { type: 'text', pattern: /^\d\d$/ },
      name: text(255),
    },
  },
  amount: UNITS,
  currency: { type: 'text', pattern: /^[A-Z]{3}$/, required: true },
  capture: { type: 'boolean' },
  capture_on: text(40),
  reference: text(80),
  description: text(100),
  processing_channel_id: text(64),
  authorization_type: { type: 'text', pattern: /^(?:Final|Estimated|Incremental)$/ },
  '3ds': {
    type: 'object',
    members: { enabled: { type: 'boolean' }, attempt_n3d: { type: 'boolean' } },
  },
  success_url: { type: 'text', max: 1024, pattern: /^https?:\/\/\S+$/ },
  failure_url: { type: 'text', max: 1024, pattern: /^https?:\/\/\S+$/ },
  customer: { type: 'object', members: { email: text(255), name: text(255), id: text(100) } },
  payment_ip: text(45),
  metadata: METADATA,
}

export const CAPTURE: Shape = {
  amount: UNITS,
  capture_type: { type: 'text', pattern: /^(?:Final|NonFinal)$/ },
  reference: text(80),
  metadata: METADATA,
}
export const REFUND: Shape = { amount: UNITS, reference: text(80), metadata: METADATA }
export const VOID: Shape = { reference: text(80), metadata: METADATA }
