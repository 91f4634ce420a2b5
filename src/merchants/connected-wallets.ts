// Wallet accounts opened and ready to use. Opening means unsealing keys and parsing certificates, so
// it is done once per version of a row; rows themselves are read again after less than a second.

import type { Pool } from '../db/pool.ts'
import type { Clock, Log, Milliseconds } from '../ports.ts'
import type { Surface, Wallet, WalletAccount } from '../wallets/wallet.ts'
import type { Sealer } from './sealing.ts'
import {
  findWalletAccountAnywhere,
  listAccountsOfWallets,
  listWalletAccounts,
  type WalletAccountRow,
} from './wallet-account-store.ts'

const REMEMBERED_MS = 900
const REMEMBERED_MOST = 5_000

/** A merchant's connection to one wallet, opened and ready to use. */
export interface ConnectedWallet {
  merchantId: string
  walletAccountId: string
  livemode: boolean
  /** A disabled account starts nothing new; what it has begun is still asked about. */
  enabled: boolean
  /** Where this merchant lets payers use it; a subset of what the wallet can. */
  surfaces: readonly Surface[]
  wallet: Wallet
  account: WalletAccount
}

export interface ConnectedWallets {
  /** By the account's id alone: a notification names nothing else. */
  find(walletAccountId: string): Promise<ConnectedWallet | undefined>
  /** Every connection of a merchant in one mode, in the order of their making. */
  list(merchantId: string, livemode: boolean): Promise<ConnectedWallet[]>
  /** The enabled connections of all merchants to these wallets, those of real money first. */
  ofWallets(names: readonly string[]): Promise<ConnectedWallet[]>
}

export interface OpenedWalletsDeps {
  pool: Pool
  sealer: Sealer
  clock: Clock
  log: Log
  registry: ReadonlyMap<string, Wallet>
}

export function createConnectedWallets(deps: OpenedWalletsDeps): ConnectedWallets {
  const { pool, clock } = deps
  const opened = new Map<string, { version: number; connected: ConnectedWallet | undefined }>()
  const rows = createMemory<WalletAccountRow | undefined>(clock)
  const lists = createMemory<WalletAccountRow[]>(clock)

  function open(row: WalletAccountRow): ConnectedWallet | undefined {
    const known = opened.get(row.walletAccountId)
    if (known?.version === row.version) return known.connected
    const connected = openAccount(deps, row)
    if (opened.size >= REMEMBERED_MOST) opened.clear()
    opened.set(row.walletAccountId, { version: row.version, connected })
    return connected
  }

  return {
    async find(walletAccountId) {
      const row = await rows(walletAccountId, () =>
        findWalletAccountAnywhere(pool, walletAccountId),
      )
      return row && open(row)
    },
    async list(merchantId, livemode) {
      const all = await lists(`${merchantId} ${livemode}`, () =>
        listWalletAccounts(pool, merchantId, livemode),
      )
      return all.map(open).filter((connected) => connected !== undefined)
    },
    async ofWallets(names) {
      const all = await lists(`wallets ${names.join(' ')}`, () =>
        listAccountsOfWallets(pool, names),
      )
      return all.map(open).filter((connected) => connected !== undefined)
    },
  }
}

/** The secret fields of a row. Throws when the seal is broken. */
export function openSecrets(sealer: Sealer, row: WalletAccountRow): Record<string, string> {
  const value: unknown = JSON.parse(sealer.open(row.sealed, sealContext(row)).toString())
  if (!isTexts(value))
    throw new Error(`the secrets of ${row.walletAccountId} are not what was sealed`)
  return value
}

export function sealContext(
  row: Pick<WalletAccountRow, 'merchantId' | 'walletAccountId' | 'version'>,
) {
  const { merchantId, walletAccountId: object, version } = row
  return { merchantId, object, field: 'wallet_accounts.sealed', version }
}

// An account that this version of the hub cannot read is not there: its payments are refused, and
// what it has begun waits for a person, who finds this line.
function openAccount(
  { sealer, registry, log }: OpenedWalletsDeps,
  row: WalletAccountRow,
): ConnectedWallet | undefined {
  const { merchantId, walletAccountId, livemode, surfaces } = row
  const wallet = registry.get(row.wallet)
  const read = wallet?.readAccount({ ...row.fields, ...openSecrets(sealer, row) })
  if (!wallet || !read || !('account' in read)) {
    const findings =
      read && 'findings' in read ? read.findings.map(({ code, param }) => ({ code, param })) : []
    log.error({ walletAccountId, wallet: row.wallet, findings }, 'a wallet account cannot be used')
    return undefined
  }
  const enabled = row.status === 'enabled'
  return { merchantId, walletAccountId, livemode, enabled, surfaces, wallet, account: read.account }
}

/** Remembers answers for less than a second; callers at the same time share one question. */
function createMemory<Value>(clock: Clock) {
  const known = new Map<string, { value: Promise<Value>; until: Milliseconds }>()
  return (name: string, ask: () => Promise<Value>): Promise<Value> => {
    const now = clock.now()
    const entry = known.get(name)
    if (entry && now < entry.until) return entry.value
    const value = ask()
    if (known.size >= REMEMBERED_MOST) known.clear()
    known.set(name, { value, until: now + REMEMBERED_MS })
    value.catch(() => known.delete(name))
    return value
  }
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  )
}
