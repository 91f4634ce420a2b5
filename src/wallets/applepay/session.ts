// Opens the merchant session that Apple's sheet asks for, over mutual TLS with the merchant identity
// certificate (Apple, "Requesting an Apple Pay payment session").

import { parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem, ProblemCategory, SessionRequest } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { shortened } from './sheet.ts'
import { isUrlOfGateway, isValidationUrl } from './validation-url.ts'

export type SessionAnswer = { session: Record<string, unknown> } | { problem: Problem }

const TIMEOUT_MS = 10_000
const MAX_BYTES = 64 * 1024
const MAX_WORDS = 200

/**
 * The session, to be handed to the browser unchanged. Nothing the browser named is used unless it
 * stands in a closed list, and the domain is one of the account's.
 */
export async function openSession(
  ports: Ports,
  account: ApplePayAccount,
  request: SessionRequest,
): Promise<SessionAnswer> {
  const domain = request.domain.toLowerCase()
  if (!account.domains.includes(domain)) {
    return fault('merchant_config', 'domain_not_registered', `${domain} is not of this account`)
  }
  if (!isAllowed(account, request.validationUrl)) {
    ports.log.warn({ wallet: 'applepay' }, 'a validation address is none of the gateway')
    return fault('invalid_request', 'validation_url', 'the address is none of the gateway')
  }
  const merchantName = shortened(request.merchantName)
  if (account.identity) return ask(ports, account, request.validationUrl, { domain, merchantName })
  const { acquirer, account: own } = account.acquiring
  const opened = acquirer.appleSession?.(ports, own, { domain, merchantName })
  return opened ?? fault('merchant_config', 'identity_missing', 'no merchant identity certificate')
}

/** Where the account's sessions are opened when no browser names a place. */
export function defaultValidationUrl({ live, gateway }: ApplePayAccount): string {
  const host = live ? 'apple-pay-gateway.apple.com' : 'apple-pay-gateway-cert.apple.com'
  return `${gateway ?? `https://${host}`}/paymentservices/paymentSession`
}

function isAllowed({ live, gateway }: ApplePayAccount, url: string): boolean {
  if (gateway !== undefined) return isUrlOfGateway(url, gateway)
  return isValidationUrl(url, live ? 'production' : 'sandbox')
}

async function ask(
  ports: Ports,
  { merchantId, identity }: ApplePayAccount,
  url: string,
  { domain, merchantName }: { domain: string; merchantName: string },
): Promise<SessionAnswer> {
  const send = () =>
    ports.network.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        merchantIdentifier: merchantId,
        displayName: merchantName,
        initiative: 'web',
        initiativeContext: domain,
      }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      ...(identity && { clientCertificate: identity.client }),
    })
  try {
    // A session costs nothing and moves nothing: silence is asked again, once.
    const answer = await send().catch((error: unknown) => {
      if (error instanceof NetworkError && error.reason !== 'tls') return send()
      throw error
    })
    return readSession(answer, domain)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    // Apple ends the handshake with a certificate that it does not know or that has expired.
    return error.reason === 'tls'
      ? fault('merchant_config', 'tls', 'the merchant identity certificate was refused')
      : fault('provider_down', error.reason, error.message)
  }
}

/** Opaque to us, but for what every session has; one for another domain would only fail later. */
export function readSession({ status, body }: OutgoingAnswer, domain: string): SessionAnswer {
  const session = parseJsonObject(decodeUtf8(body) ?? '')
  if (status !== 200) {
    const { statusCode, statusMessage } = session ?? {}
    const code = typeof statusCode === 'string' ? statusCode.slice(0, 64) : String(status)
    const words = typeof statusMessage === 'string' ? statusMessage.slice(0, MAX_WORDS) : ''
    const down = status >= 500 || status === 429
    return fault(down ? 'provider_down' : 'merchant_config', code, words)
  }
  const names = ['merchantSessionIdentifier', 'nonce', 'merchantIdentifier', 'signature']
  const whole = names.every((name) => typeof session?.[name] === 'string' && session[name] !== '')
  if (!session || !whole) return fault('provider_down', 'session_shape', 'this is no session')
  const { domainName } = session
  if (typeof domainName === 'string' && domainName.toLowerCase() !== domain) {
    return fault('merchant_config', 'session_domain', 'the session is for another domain')
  }
  return { session: { ...session } }
}

function fault(
  category: ProblemCategory,
  walletCode: string,
  walletMessage: string,
): SessionAnswer {
  return { problem: { category, walletCode, walletMessage } }
}
