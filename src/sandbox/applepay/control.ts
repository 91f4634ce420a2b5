// Apple Pay's part of the control API: merchants, tokens on demand, and what a hub has to enter.
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AcquirerAccounts } from '../cards/accounts.ts'
import { cardById, DEFAULT_CARD } from '../cards/test-cards.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { ApplePay } from './index.ts'
import type { AppleMerchant, Holder } from './merchants.ts'

type Query = { Querystring: Record<string, string | undefined> }

export function addControl(
  app: FastifyInstance,
  applePay: ApplePay,
  accounts: AcquirerAccounts,
): void {
  const { merchants, authority, gateway, tokens } = applePay

  app.get('/control/applepay/merchants', () => ({ merchants: merchants.list().map(viewMerchant) }))
  app.post<{ Params: { id: string } }>('/control/applepay/merchants/:id', (request, reply) => {
    const { id } = request.params
    if (!merchants.byId(id)) return missing(reply)
    const given = readObject(request.body)
    const domains = Array.isArray(given.domains)
      ? given.domains.filter((domain) => typeof domain === 'string')
      : undefined
    if (domains) merchants.setDomains(id, domains)
    const version = given.new_processing_key
    if (version === 'EC_v1' || version === 'RSA_v1') {
      const [newest] = merchants.processing(id)
      merchants.renew(id, version, newest?.holder ?? 'acquirer')
    }
    const merchant = merchants.byId(id)
    return merchant ? viewMerchant(merchant) : missing(reply)
  })
  app.get('/control/applepay/authority', () => ({
    root_certificate: authority.root,
    gateway: gateway.address(),
  }))

  app.post('/control/applepay/tokens', (request, reply) => {
    const given = readObject(request.body)
    const [first] = merchants.list()
    const card = cardById(stringMember(given, 'card') ?? DEFAULT_CARD)
    const version = stringMember(given, 'version')
    if (!card?.inApplePay)
      return bad(reply, 'card is one of those GET /control/cards lists as in_apple_pay')
    const made = tokens.make({
      merchantId: stringMember(given, 'merchant_id') ?? first?.id ?? '',
      card,
      amount: stringMember(given, 'amount') ?? '',
      currency: stringMember(given, 'currency') ?? '',
      applicationData: stringMember(given, 'application_data'),
      version: version === 'RSA_v1' || version === 'EC_v1' ? version : undefined,
    })
    return 'problem' in made ? bad(reply, made.problem) : made
  })

  app.get<Query>('/control/applepay/hub-account', (request, reply) => {
    const { query } = request
    const wanted = accounts.wanted('applepay', query)
    if (typeof wanted === 'string') return bad(reply, wanted)
    const { acquirer, direct, fresh, account } = wanted
    const known = fresh ? undefined : merchants.byAccount(acquirer, account.id)
    const domains = domainsOf(query.domain, applePay.platform.hubUrl)
    const holder: Holder = direct ? 'merchant' : 'acquirer'
    const merchant = known ?? merchants.add({ acquirer, account: account.id, domains, holder })
    if (query.domain !== undefined) merchants.setDomains(merchant.id, domains)
    return {
      wallet: 'applepay',
      name: `Sandbox Apple Pay (${accounts.title(acquirer)})`,
      fields: hubFields(merchant, { direct, byAcquirer: query.sessions === 'acquirer' }),
    }
  })

  function hubFields(merchant: AppleMerchant, mode: { direct: boolean; byAcquirer: boolean }) {
    const { direct, byAcquirer } = mode
    const { domains } = merchants.byId(merchant.id) ?? merchant
    const processing = merchants.processing(merchant.id)
    const keys = processing.filter(({ holder }) => holder === 'merchant')
    return {
      merchant_id: merchant.id,
      country: 'US',
      environment: 'test',
      mode: direct ? 'direct' : 'acquirer_decrypts',
      pci_scope_accepted: direct ? 'true' : undefined,
      domains: domains.join(', '),
      merchant_identity_certificate: byAcquirer ? undefined : merchant.identityCertificate,
      merchant_identity_key: byAcquirer ? undefined : merchant.identityKey,
      processing_certificate: processing.map(({ certificate }) => certificate).join(''),
      processing_key: direct
        ? keys
            .map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
            .join('')
        : undefined,
      gateway: gateway.address(),
      root_certificate: authority.root,
      sheet_script: `${applePay.platform.address()}/applepay/sheet.js`,
      ...accounts.hubFields(merchant.acquirer, merchant.account, { appleSessions: byAcquirer }),
    }
  }

  function viewMerchant(merchant: AppleMerchant) {
    return {
      merchant_id: merchant.id,
      country: 'US',
      domains: merchant.domains,
      acquirer: merchant.acquirer,
      account: merchant.account,
      identity_certificate: merchant.identityCertificate,
      processing: merchants.processing(merchant.id).map(({ version, holder, certificate }) => ({
        version,
        holder,
        certificate,
      })),
    }
  }
}

/** Where the hub's pages are, and this machine's own names. */
function domainsOf(given: string | undefined, hubUrl: string | undefined): string[] {
  if (given !== undefined) return given.toLowerCase().split(/[\s,]+/)
  const own = hubUrl === undefined ? [] : [new URL(hubUrl).hostname.toLowerCase()]
  return [...new Set([...own, 'localhost', '127.0.0.1'])]
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}

function missing(reply: FastifyReply) {
  return reply.code(404).send({ problem: { code: 'MERCHANT_NOT_EXIST' } })
}
