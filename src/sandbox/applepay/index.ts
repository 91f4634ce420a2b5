// Apple Pay on the sandbox's server: Apple's gateway, the payer's sheet, control.
import type { FastifyInstance } from 'fastify'
import { openAppleToken } from '../cards/apple-token.ts'
import { addAsset, addQuestion, cardViews } from '../cards/browser.ts'
import { cardById } from '../cards/test-cards.ts'
import type { Vault } from '../cards/world.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { Platform } from '../platform.ts'
import { type Authority, openAuthority } from './authority.ts'
import { APPLEPAY_FAULTS } from './faults.ts'
import { type Gateway, openGateway } from './gateway.ts'
import { type AppleMerchants, openAppleMerchants } from './merchants.ts'
import { openSessions, type Sessions } from './sessions.ts'
import { openTokens, type Tokens } from './tokens.ts'

export interface ApplePay {
  authority: Authority
  merchants: AppleMerchants
  sessions: Sessions
  tokens: Tokens
  gateway: Gateway
  platform: Platform
  openToken: Vault['openApple']
}

/** Opens Apple's part of the books. */
export function openApplePay(platform: Platform): ApplePay {
  platform.faults.declare('applepay', APPLEPAY_FAULTS)
  const authority = openAuthority(platform.books, platform.realClock.now)
  const merchants = openAppleMerchants(platform.books, authority)
  const sessions = openSessions(platform.books, authority)
  return {
    platform,
    authority,
    merchants,
    sessions,
    tokens: openTokens({ platform, authority, merchants }),
    gateway: openGateway({ platform, authority, merchants, sessions }),
    openToken: (merchant, paymentData) =>
      openAppleToken(paymentData, {
        root: authority.root,
        now: platform.realClock.now(),
        keyOf(publicKeyHash) {
          const processing = merchants.byKeyHash(publicKeyHash)
          const owner = processing && merchants.byId(processing.merchant)
          const held = processing?.holder === 'acquirer' && owner?.account === merchant.id
          if (!held || owner.acquirer !== merchant.acquirer) return undefined
          return { merchantId: processing.merchant, privateKey: processing.privateKey }
        },
      }),
  }
}

/** A session that an acquirer opens with its own identity, which needs no certificate of the hub. */
export function acquirersSession(
  { merchants, sessions, platform }: ApplePay,
  account: string,
  { domain, name }: { domain: string; name: string },
): JsonObject | undefined {
  const merchant = merchants.byAccount('adyen', account)
  if (!merchant?.domains.includes(domain.toLowerCase())) return undefined
  return sessions.open({
    merchantId: merchant.id,
    domain: domain.toLowerCase(),
    displayName: name,
    now: platform.clock.now(),
  })
}

export async function addSheet(app: FastifyInstance, applePay: ApplePay): Promise<void> {
  const { sessions, tokens, gateway, platform } = applePay
  await addAsset(app, '/applepay/sheet.js', new URL('./sheet.js', import.meta.url))

  addQuestion(app, '/applepay/device', () => ({
    status: 200,
    body: {
      validation_url: `${gateway.address()}/paymentservices/startSession`,
      cards: cardViews({ visa: 'visa', masterCard: 'masterCard', amex: 'amex' })
        .filter((card) => card.in_apple_pay)
        .map((card) => ({ ...card, on_device: true })),
    },
  }))
  addQuestion(app, '/applepay/validate', (body, origin) => {
    const session = isObject(body) && isObject(body.session) ? body.session : {}
    const found = sessions.check(session, platform.clock.now(), false)
    if (typeof found === 'string') return refusal(`session_${found}`)
    if (found.domain !== hostOf(origin)) return refusal('session_other_domain')
    return { status: 200, body: { name: found.displayName } }
  })
  addQuestion(app, '/applepay/authorize', (body, origin) => {
    const given = isObject(body) ? body : {}
    const object = isObject(given.session) ? given.session : {}
    const found = sessions.check(object, platform.clock.now(), true)
    if (typeof found === 'string') return refusal(`session_${found}`)
    if (found.domain !== hostOf(origin)) return refusal('session_other_domain')
    const card = cardById(stringMember(given, 'card') ?? '')
    if (!card?.inApplePay) return refusal('card_unknown')
    const made = tokens.make({
      merchantId: found.merchantId,
      card,
      amount: stringMember(given, 'amount') ?? '',
      currency: stringMember(given, 'currency') ?? '',
      applicationData: stringMember(given, 'application_data'),
    })
    return 'problem' in made ? refusal(made.problem) : { status: 200, body: made }
  })
}

function refusal(problem: string) {
  return { status: 409, body: { problem } }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname.toLowerCase() : undefined
}
