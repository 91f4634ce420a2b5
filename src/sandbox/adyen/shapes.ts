// What Adyen's Checkout API v72 takes in each call (sheet 3.1 and 3.2).
import type { Rule, Shape } from '../cards/shape.ts'

const text = (max: number): Rule => ({ type: 'text', max })
const needed = (max: number, pattern?: RegExp): Rule => ({
  type: 'text',
  max,
  required: true,
  ...(pattern && { pattern }),
})
const MONEY: Shape = {
  currency: needed(3, /^[A-Z]{3}$/),
  value: { type: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER, required: true },
}
const AMOUNT: Rule = { type: 'object', members: MONEY, required: true }
const ACCOUNT = needed(80)
const ADDRESS: Rule = {
  type: 'object',
  members: {
    city: text(3000),
    country: text(3),
    houseNumberOrName: text(3000),
    postalCode: text(10),
    stateOrProvince: text(3000),
    street: text(3000),
  },
}

export const PAYMENT: Shape = {
  merchantAccount: ACCOUNT,
  amount: AMOUNT,
  reference: needed(80),
  returnUrl: needed(1024, /^[a-z][a-z0-9+.-]*:\/\/\S+$/i),
  paymentMethod: {
    type: 'object',
    required: true,
    members: {
      type: needed(40),
      applePayToken: text(10_000),
      googlePayToken: text(10_000),
      googlePayCardNetwork: text(40),
      brand: text(40),
      number: text(19),
      expiryMonth: text(2),
      expiryYear: text(4),
      holderName: text(500),
    },
  },
  mpiData: {
    type: 'object',
    members: {
      authenticationResponse: text(1),
      directoryResponse: text(1),
      cavv: text(200),
      eci: { type: 'text', pattern: /^\d\d$/ },
      tokenAuthenticationVerificationValue: text(200),
    },
  },
  channel: { type: 'text', pattern: /^(?:Web|iOS|Android)$/ },
  origin: { type: 'text', max: 80, pattern: /^https?:\/\/[^/]+$/ },
  browserInfo: {
    type: 'object',
    members: {
      userAgent: needed(2048),
      acceptHeader: needed(2048),
      language: needed(8),
      colorDepth: { type: 'integer', min: 1, max: 64, required: true },
      screenHeight: { type: 'integer', min: 0, max: 100_000, required: true },
      screenWidth: { type: 'integer', min: 0, max: 100_000, required: true },
      timeZoneOffset: { type: 'integer', min: -1_440, max: 1_440, required: true },
      javaEnabled: { type: 'boolean' },
      javaScriptEnabled: { type: 'boolean' },
    },
  },
  shopperIP: text(1000),
  shopperEmail: text(300),
  shopperReference: { type: 'text', max: 256, pattern: /^.{3,}$/ },
  shopperInteraction: { type: 'text', pattern: /^(?:Ecommerce|ContAuth|Moto|POS)$/ },
  shopperLocale: text(10),
  countryCode: text(2),
  billingAddress: ADDRESS,
  deliveryAddress: ADDRESS,
  captureDelayHours: { type: 'integer', min: 0, max: 672 },
  metadata: { type: 'texts', most: 20, nameMax: 20, valueMax: 80 },
  additionalData: { type: 'texts', most: 50, nameMax: 100, valueMax: 1_000 },
}

export const DETAILS: Shape = {
  details: {
    type: 'object',
    required: true,
    members: { redirectResult: text(20_000), threeDSResult: text(50_000) },
  },
  paymentData: text(200_000),
}

export const CAPTURE: Shape = { merchantAccount: ACCOUNT, amount: AMOUNT, reference: text(80) }
export const REFUND: Shape = {
  ...CAPTURE,
  merchantRefundReason: {
    type: 'text',
    pattern: /^(?:FRAUD|CUSTOMER REQUEST|RETURN|DUPLICATE|OTHER)$/,
  },
}
export const CANCEL: Shape = { merchantAccount: ACCOUNT, reference: text(80) }
export const CANCEL_BY_REFERENCE: Shape = { ...CANCEL, paymentReference: needed(80) }
export const SESSION: Shape = {
  displayName: needed(64),
  domainName: needed(1000),
  merchantIdentifier: needed(1000),
}
export const METHODS: Shape = {
  merchantAccount: ACCOUNT,
  amount: { type: 'object', members: MONEY },
  channel: text(10),
  countryCode: text(2),
  shopperLocale: text(10),
  shopperReference: text(256),
}
