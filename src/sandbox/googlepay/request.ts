// A PaymentDataRequest as Google checks it before the sheet opens (sheet section 2).
import { isObject, type JsonObject, stringMember } from '../json.ts'

export interface ReadRequest {
  authMethods: readonly string[]
  networks: readonly string[]
  target:
    | { type: 'gateway'; gateway: string; merchant: string }
    /** The point that messages are encrypted to. */
    | { type: 'direct'; publicKey: Buffer }
  amount: string
  currency: string
}

export interface WrongRequest {
  statusCode: 'DEVELOPER_ERROR'
  statusMessage: string
}

const NETWORKS = /^(?:AMEX|DISCOVER|ELECTRON|ELO|ELO_DEBIT|INTERAC|JCB|MAESTRO|MASTERCARD|VISA)$/

export function readRequest(request: JsonObject): ReadRequest | WrongRequest {
  if (request.apiVersion !== 2 || request.apiVersionMinor !== 0) {
    return wrong('apiVersion has to be 2 and apiVersionMinor 0')
  }
  const methods = Array.isArray(request.allowedPaymentMethods) ? request.allowedPaymentMethods : []
  const method = methods.filter(isObject).find(({ type }) => type === 'CARD')
  if (!method) return wrong('allowedPaymentMethods has no CARD')
  const parameters = isObject(method.parameters) ? method.parameters : {}
  const authMethods = textsOf(parameters.allowedAuthMethods)
  const networks = textsOf(parameters.allowedCardNetworks)
  if (!authMethods?.every((name) => name === 'PAN_ONLY' || name === 'CRYPTOGRAM_3DS')) {
    return wrong('allowedAuthMethods')
  }
  if (!networks?.every((name) => NETWORKS.test(name))) return wrong('allowedCardNetworks')
  const target = readTarget(method.tokenizationSpecification)
  if (typeof target === 'string') return wrong(target)
  const info = isObject(request.transactionInfo) ? request.transactionInfo : {}
  const price = readPrice(info)
  return 'statusCode' in price ? price : { authMethods, networks, target, ...price }
}

function readPrice(info: JsonObject): { amount: string; currency: string } | WrongRequest {
  const currency = stringMember(info, 'currencyCode') ?? ''
  const status = stringMember(info, 'totalPriceStatus') ?? ''
  const amount = stringMember(info, 'totalPrice') ?? ''
  if (!/^[A-Z]{3}$/.test(currency)) return wrong('transactionInfo.currencyCode')
  if (!/^(?:FINAL|ESTIMATED|NOT_CURRENTLY_KNOWN)$/.test(status)) {
    return wrong('transactionInfo.totalPriceStatus')
  }
  const priced = /^[0-9]+(\.[0-9][0-9])?$/.test(amount)
  if (!priced && status !== 'NOT_CURRENTLY_KNOWN') return wrong('transactionInfo.totalPrice')
  const option = info.checkoutOption
  if (option === 'COMPLETE_IMMEDIATE_PURCHASE' && status !== 'FINAL') {
    return wrong('COMPLETE_IMMEDIATE_PURCHASE needs totalPriceStatus FINAL')
  }
  return { amount, currency }
}

function readTarget(specification: unknown): ReadRequest['target'] | string {
  if (!isObject(specification) || !isObject(specification.parameters)) {
    return 'tokenizationSpecification is missing'
  }
  const { type, parameters } = specification
  if (type === 'DIRECT') {
    const text = stringMember(parameters, 'publicKey') ?? ''
    const publicKey = Buffer.from(text, 'base64')
    const point = publicKey.length === 65 && publicKey[0] === 4
    if (parameters.protocolVersion !== 'ECv2' || !point) return 'DIRECT needs ECv2 and a public key'
    return { type: 'direct', publicKey }
  }
  if (type !== 'PAYMENT_GATEWAY') return 'tokenizationSpecification.type'
  const gateway = stringMember(parameters, 'gateway') ?? ''
  const named = gateway === 'stripe' ? 'stripe:publishableKey' : 'gatewayMerchantId'
  const merchant = stringMember(parameters, named) ?? ''
  if (gateway === '' || merchant === '') return `gateway or ${named} is missing`
  if (gateway === 'stripe' && parameters['stripe:version'] === undefined) {
    return 'stripe:version is missing'
  }
  return { type: 'gateway', gateway, merchant }
}

function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const texts = value.filter((entry) => typeof entry === 'string')
  return texts.length === value.length ? texts : undefined
}

function wrong(statusMessage: string): WrongRequest {
  return { statusCode: 'DEVELOPER_ERROR', statusMessage }
}
