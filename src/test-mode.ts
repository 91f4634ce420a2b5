// What test mode brings along: a merchant with the sandbox's wallets, the example shop's webhook
// endpoint, and a file from which the shop and scripts learn how to call the API.

import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Pool, transaction } from './db/pool.ts'
import { createApiKey } from './merchants/api-keys.ts'
import { type Begun, prepareFirstStart } from './merchants/first-start.ts'
import { findFirstMerchant } from './merchants/merchant-store.ts'
import { SCOPES } from './merchants/scopes.ts'
import type { WalletAccounts } from './merchants/wallet-accounts.ts'
import type { Ports } from './ports.ts'
import {
  createEndpoint,
  type EndpointContext,
  listEndpoints,
  rotateSecret,
} from './webhooks/endpoints.ts'

export interface TestModeDeps {
  pool: Pool
  ports: Ports
  walletAccounts: WalletAccounts
  endpoints: EndpointContext
  /** Names of the wallets the hub knows. */
  wallets: readonly string[]
  sandboxUrl: string
  shopUrl: string
  /** Where a wallet reports to, for one of its accounts. */
  notifyUrl(wallet: string, walletAccountId: string): string
  version: string
  /** The file that holds API key and webhook secret, readable by its owner only. */
  accessFile: string
}

/** Does nothing when the database has a merchant and the file is there. */
export async function prepareTestMode(deps: TestModeDeps): Promise<void> {
  const url = `${deps.shopUrl}/webhooks`
  const begun = await prepareFirstStart(deps, {
    merchant: {
      name: 'Qingshan Tea 青山茶铺',
      support: { email: 'help@qingshan.example', phone: '400-000-0000', hours: '9:00–21:00' },
    },
    // The shop can frame the page without a setting; where payers return to stays open, so that a
    // developer's own shop beside it works at once.
    settings: { embedOrigins: [new URL(deps.shopUrl).origin] },
    walletAccounts: await Promise.all(deps.wallets.map((wallet) => sandboxAccount(deps, wallet))),
    version: deps.version,
    endpoint: (db, merchantId) =>
      createEndpoint(
        { ...deps.endpoints, pool: db },
        { merchantId, livemode: false, url, description: 'Example shop', types: ['*'] },
      ),
  })
  if (begun) writeAccess(deps.accessFile, begun)
  else await connectNewWallets(deps)
  await tellAcquirers(deps)
  if (begun) return
  // A start that died between its commit and this file leaves a merchant whose key nobody has.
  if (statSync(deps.accessFile, { throwIfNoEntry: false })) return
  writeAccess(deps.accessFile, await renewAccess(deps, url))
}

/** Wallets that this version knows and the one that made the merchant did not. */
async function connectNewWallets(deps: TestModeDeps): Promise<void> {
  const merchantId = await findFirstMerchant(deps.pool)
  if (merchantId === undefined) return
  const owner = { merchantId, livemode: false }
  const known = new Set((await deps.walletAccounts.list(owner)).map(({ wallet }) => wallet))
  const missing = deps.wallets.filter((wallet) => !known.has(wallet))
  for (const account of await Promise.all(missing.map((wallet) => sandboxAccount(deps, wallet)))) {
    await transaction(deps.pool, (db) => deps.walletAccounts.create(db, { ...owner, ...account }))
  }
}

// Acquirers, and wallets with a webhook of their own, report to where their back office was told, not
// to where an order says. In the sandbox the hub tells it itself, at each start: its address may have
// changed.
async function tellAcquirers(deps: TestModeDeps): Promise<void> {
  const merchantId = await findFirstMerchant(deps.pool)
  if (merchantId === undefined) return
  const accounts = await deps.walletAccounts.list({ merchantId, livemode: false })
  for (const { wallet, walletAccountId, fields } of accounts) {
    const whose = backOfficeOf(fields)
    if (whose === undefined) continue
    const notifyUrl = deps.notifyUrl(wallet, walletAccountId)
    try {
      await sandboxAccount(deps, wallet, { ...whose, notify_url: notifyUrl })
    } catch (error) {
      // An account of another sandbox, or none that answers: its webhooks are told there by hand.
      deps.ports.log.warn(
        { wallet, error: String(error) },
        'the sandbox was told no webhook address',
      )
    }
  }
}

/** What names the account in the sandbox's back office; undefined where orders say where to report. */
function backOfficeOf(
  fields: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const { acquirer, mode, webhook_id } = fields
  if (acquirer !== undefined && mode !== undefined) return { acquirer, mode }
  return webhook_id === undefined ? undefined : { webhook_id }
}

async function renewAccess(deps: TestModeDeps, url: string): Promise<Begun> {
  const merchantId = await findFirstMerchant(deps.pool)
  if (merchantId === undefined) throw new Error('there is no merchant to renew the access of')
  const { text } = await createApiKey(deps.pool, deps.ports, {
    merchantId,
    livemode: false,
    name: 'Test key of a later start',
    scopes: SCOPES,
    version: deps.version,
    allowedAddresses: null,
    expiresAt: null,
  })
  const owner = { merchantId, livemode: false }
  const known = await listEndpoints(deps.endpoints, owner, { limit: 100 })
  const endpoint = known.find((each) => each.url === url)
  const { secret } = endpoint
    ? await rotateSecret(deps.endpoints, endpoint)
    : await createEndpoint(deps.endpoints, {
        ...owner,
        url,
        description: 'Example shop',
        types: ['*'],
      })
  return { merchantId, apiKey: text, webhookSecret: secret }
}

function writeAccess(file: string, begun: Begun): void {
  mkdirSync(dirname(file), { recursive: true })
  const access = {
    api_key: begun.apiKey.reveal(),
    merchant_id: begun.merchantId,
    webhook_secret: begun.webhookSecret?.reveal(),
  }
  writeFileSync(`${file}.new`, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

interface SandboxAccount {
  wallet: string
  name: string
  fields: Record<string, string>
}

async function sandboxAccount(
  deps: TestModeDeps,
  wallet: string,
  wish: Record<string, string> = {},
): Promise<SandboxAccount> {
  const query = new URLSearchParams(wish)
  const url = `${deps.sandboxUrl}/control/${wallet}/hub-account?${query}`
  const answer = await deps.ports.network.send({ method: 'GET', url, headers: {} })
  const value: unknown = JSON.parse(Buffer.from(answer.body).toString())
  if (answer.status !== 200 || !isSandboxAccount(value)) {
    throw new Error(`the sandbox has no ${wallet} account for the hub (status ${answer.status})`)
  }
  return value
}

function isSandboxAccount(value: unknown): value is SandboxAccount {
  return (
    typeof value === 'object' &&
    value !== null &&
    'wallet' in value &&
    'name' in value &&
    'fields' in value
  )
}
