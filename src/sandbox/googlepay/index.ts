// Google Pay on the sandbox's server: root keys, the payer's sheet, control.
import { generateKeyPairSync } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { readSetting, writeSetting } from '../books.ts'
import type { AcquirerAccounts } from '../cards/accounts.ts'
import { addAsset, addQuestion, cardViews } from '../cards/browser.ts'
import { openGoogleToken } from '../cards/google-token.ts'
import { cardById, DEFAULT_CARD } from '../cards/test-cards.ts'
import type { Vault } from '../cards/world.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { Platform } from '../platform.ts'
import { GOOGLEPAY_FAULTS } from './faults.ts'
import { type GoogleKeys, openKeys, pemOf } from './keys.ts'
import { type GatewayPeers, openTokens, type Tokens } from './tokens.ts'

export interface GooglePay {
  platform: Platform
  keys: GoogleKeys
  openToken: Vault['openGoogle']
}

/** Names that Google knows the acquirers by. */
const GATEWAYS = { adyen: 'adyen', stripe: 'stripe', checkoutcom: 'checkoutltd' }
const MAX_AGE_S = 3_600
const DEFAULT_DELAY_SECONDS = 15

/** Opens Google's part of the books. */
export function openGooglePay(platform: Platform): GooglePay {
  platform.faults.declare('googlepay', GOOGLEPAY_FAULTS)
  const keys = openKeys(platform.books, platform.realClock.now)
  return {
    platform,
    keys,
    openToken: (acquirer, token) =>
      openGoogleToken(token, {
        roots: keys.trusted(),
        recipientId: `gateway:${GATEWAYS[acquirer]}`,
        privateKeys: [keys.gatewayKey(GATEWAYS[acquirer])],
        now: platform.realClock.now(),
      }),
  }
}

export async function addGooglePay(
  app: FastifyInstance,
  { platform, keys }: GooglePay,
  parts: { peers: GatewayPeers; accounts: AcquirerAccounts },
): Promise<void> {
  const tokens = openTokens(platform, keys, parts.peers)
  await addAsset(app, '/googlepay/pay.js', new URL('./pay.js', import.meta.url))
  addKeys(app, platform, keys)
  const cards = cardViews({ visa: 'VISA', masterCard: 'MASTERCARD', amex: 'AMEX' })
  addQuestion(app, '/googlepay/wallet', () => ({ status: 200, body: { cards } }))
  addQuestion(app, '/googlepay/authorize', (body) => {
    const given = isObject(body) ? body : {}
    const made = answerOf(tokens, given)
    return 'error' in made ? { status: 409, body: made.error } : { status: 200, body: made.data }
  })
  addControl(app, { platform, keys, tokens, accounts: parts.accounts })
}

function answerOf(tokens: Tokens, given: JsonObject) {
  const request = isObject(given.request) ? given.request : {}
  const card = cardById(stringMember(given, 'card') ?? DEFAULT_CARD)
  const unknown = { statusCode: 'BUYER_ACCOUNT_ERROR', statusMessage: 'there is no such card' }
  return card ? tokens.make(request, card) : { error: unknown }
}

function addKeys(app: FastifyInstance, platform: Platform, keys: GoogleKeys): void {
  const strikes = (kind: string) =>
    platform.faults.strikes({ wallet: 'googlepay', kind, order: 'keys' })
  app.get('/googlepay/keys.json', async (_request, reply) => {
    if (strikes('keys_500')) return reply.code(500).send({ error: 'unavailable' })
    const slow = strikes('keys_slow')
    if (slow) {
      const ms = (slow.seconds ?? DEFAULT_DELAY_SECONDS) * 1000
      await new Promise((resolve) => setTimeout(resolve, ms).unref())
    }
    return reply
      .header('cache-control', `public, max-age=${MAX_AGE_S}`)
      .send(strikes('keys_empty') ? { keys: [] } : keys.published())
  })
}

type Query = { Querystring: Record<string, string | undefined> }

function addControl(
  app: FastifyInstance,
  parts: { platform: Platform; keys: GoogleKeys; tokens: Tokens; accounts: AcquirerAccounts },
): void {
  const { platform, keys, tokens, accounts } = parts

  app.post('/control/googlepay/tokens', (request, reply) => {
    const given = isObject(request.body) ? request.body : {}
    const made = answerOf(tokens, given)
    return 'error' in made ? reply.code(400).send({ problem: made.error }) : made.data
  })
  app.post('/control/googlepay/rotate-root', (request) => {
    keys.rotate(isObject(request.body) && request.body.forget === true)
    return keys.published()
  })
  app.get<Query>('/control/googlepay/hub-account', (request, reply) => {
    const wanted = accounts.wanted('googlepay', request.query)
    if (typeof wanted === 'string') return bad(reply, wanted)
    const { acquirer, direct, fresh, account } = wanted
    return {
      wallet: 'googlepay',
      name: `Sandbox Google Pay (${accounts.title(acquirer)})`,
      fields: {
        environment: 'test',
        country: 'US',
        mode: direct ? 'direct' : 'acquirer_decrypts',
        pci_scope_accepted: direct ? 'true' : undefined,
        private_keys: direct ? merchantKey(platform, fresh) : undefined,
        root_keys_url: `${platform.address()}/googlepay/keys.json`,
        sheet_script: `${platform.address()}/googlepay/pay.js`,
        ...accounts.hubFields(acquirer, account.id, { appleSessions: false }),
      },
    }
  })
}

/** The merchant's own key; Google learns its public half from each request. */
function merchantKey(platform: Platform, fresh: boolean): string {
  const kept = fresh ? undefined : readSetting(platform.books, 'googlepay.merchant_key')
  if (kept !== undefined) return kept
  const pem = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  if (!fresh) writeSetting(platform.books, 'googlepay.merchant_key', pem)
  return pem
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}
