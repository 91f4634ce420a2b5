// What test mode brings along, so that a newcomer can take a first payment without any form: a
// merchant, an API key, wallet accounts for the sandbox and the example shop's webhook endpoint.

import { type Connection, type Pool, transaction } from '../db/pool.ts'
import { newId } from '../ids.ts'
import type { Clock, Random } from '../ports.ts'
import { createApiKey } from './api-keys.ts'
import type { MerchantSettings, Support } from './merchant.ts'
import { insertMerchant, isFirst, readMerchant, writeMerchant } from './merchant-store.ts'
import { SCOPES } from './scopes.ts'
import type { Secret } from './sealing.ts'
import type { NewWalletAccount, WalletAccounts } from './wallet-accounts.ts'

export interface FirstStart {
  merchant: { name: string; support: Support }
  /** What it has set in test mode beyond that. */
  settings?: Partial<MerchantSettings>
  walletAccounts: readonly Pick<NewWalletAccount, 'wallet' | 'name' | 'fields' | 'surfaces'>[]
  /** The API version that the key is pinned to. */
  version: string
  /** Makes the shop's endpoint on the same connection; left out where there is no shop. */
  endpoint?: (db: Connection, merchantId: string) => Promise<{ secret: Secret }>
}

export interface Begun {
  merchantId: string
  /** Test mode, every scope. Told now and never again. */
  apiKey: Secret
  webhookSecret: Secret | undefined
}

/** Fills an empty database; undefined when there is a merchant already. Safe to call from many hubs. */
export async function prepareFirstStart(
  deps: { pool: Pool; walletAccounts: WalletAccounts; ports: { clock: Clock; random: Random } },
  wanted: FirstStart,
): Promise<Begun | undefined> {
  const { ports } = deps
  return transaction(deps.pool, async (db) => {
    if (!(await isFirst(db))) return undefined
    const merchantId = newId('mer', ports)
    await insertMerchant(db, { merchantId, ...wanted.merchant }, ports.clock.now())
    if (wanted.settings) {
      const begun = await readMerchant(db, { merchantId, livemode: false })
      await writeMerchant(db, { ...begun, ...wanted.settings, version: 1 })
    }
    const { text } = await createApiKey(db, ports, {
      merchantId,
      livemode: false,
      name: 'First test key',
      scopes: SCOPES,
      version: wanted.version,
      allowedAddresses: null,
      expiresAt: null,
    })
    for (const account of wanted.walletAccounts) {
      await deps.walletAccounts.create(db, { merchantId, livemode: false, ...account })
    }
    const endpoint = await wanted.endpoint?.(db, merchantId)
    return { merchantId, apiKey: text, webhookSecret: endpoint?.secret }
  })
}
