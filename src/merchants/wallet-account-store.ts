// Wallet accounts as rows. Their secret fields are one sealed value, bound to the row's version.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'
import { SURFACES, type Surface } from '../wallets/wallet.ts'

export interface WalletAccountRow {
  merchantId: string
  walletAccountId: string
  livemode: boolean
  wallet: string
  name: string
  status: 'enabled' | 'disabled'
  surfaces: Surface[]
  /** What is no secret, as entered. */
  fields: Record<string, string>
  sealed: Uint8Array
  version: number
  createdAt: Milliseconds
  updatedAt: Milliseconds
}

interface Row {
  merchant_id: string
  wallet_account_id: string
  livemode: boolean
  wallet: string
  name: string
  status: 'enabled' | 'disabled'
  surfaces: string[]
  fields: Record<string, string>
  sealed: Buffer
  version: number
  created_at: Milliseconds
  updated_at: Milliseconds
}

/**
 * @param exclusive what no two accounts may share, hashed; null where that does not matter
 * @returns false when another account has it
 */
export async function insertWalletAccount(
  db: Queryable,
  row: WalletAccountRow,
  exclusive: string | null,
): Promise<boolean> {
  const rows = await query(
    db,
    {
      name: 'wallet-account-insert',
      text: `insert into wallet_accounts (merchant_id, wallet_account_id, livemode, wallet, name, status,
          surfaces, fields, sealed, version, created_at, updated_at, exclusive)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (exclusive) where exclusive is not null do nothing returning wallet_account_id`,
    },
    [
      row.merchantId,
      row.walletAccountId,
      row.livemode,
      row.wallet,
      row.name,
      row.status,
      row.surfaces,
      JSON.stringify(row.fields),
      row.sealed,
      row.version,
      timestamp(row.createdAt),
      timestamp(row.updatedAt),
      exclusive,
    ],
  )
  return rows.length === 1
}

/** Writes what may change; false when the row is no longer at the version before `row.version`. */
export async function updateWalletAccount(db: Queryable, row: WalletAccountRow): Promise<boolean> {
  const rows = await query(
    db,
    {
      name: 'wallet-account-update',
      text: `update wallet_accounts set name = $3, status = $4, surfaces = $5, fields = $6, sealed = $7,
          version = $8, updated_at = $9
        where merchant_id = $1 and wallet_account_id = $2 and version = $8 - 1
        returning wallet_account_id`,
    },
    [
      row.merchantId,
      row.walletAccountId,
      row.name,
      row.status,
      row.surfaces,
      JSON.stringify(row.fields),
      row.sealed,
      row.version,
      timestamp(row.updatedAt),
    ],
  )
  return rows.length === 1
}

/** One account of a merchant, in one mode. */
export async function findWalletAccount(
  db: Queryable,
  owner: { merchantId: string; livemode: boolean },
  walletAccountId: string,
): Promise<WalletAccountRow | undefined> {
  const rows = await query<Row>(
    db,
    {
      name: 'wallet-account-by-id',
      text: `select * from wallet_accounts
        where merchant_id = $1 and livemode = $2 and wallet_account_id = $3`,
    },
    [owner.merchantId, owner.livemode, walletAccountId],
  )
  return rows[0] && toAccount(rows[0])
}

/** By the id alone: a notification's address names nothing else. */
export async function findWalletAccountAnywhere(
  db: Queryable,
  walletAccountId: string,
): Promise<WalletAccountRow | undefined> {
  const rows = await query<Row>(
    db,
    {
      name: 'wallet-account-anywhere',
      text: 'select * from wallet_accounts where wallet_account_id = $1',
    },
    [walletAccountId],
  )
  return rows[0] && toAccount(rows[0])
}

/** Every account of a merchant in one mode, in the order of their making. */
export async function listWalletAccounts(
  db: Queryable,
  merchantId: string,
  livemode: boolean,
): Promise<WalletAccountRow[]> {
  const rows = await query<Row>(
    db,
    {
      name: 'wallet-accounts-of-merchant',
      text: `select * from wallet_accounts where merchant_id = $1 and livemode = $2
        order by wallet_account_id`,
    },
    [merchantId, livemode],
  )
  return rows.map(toAccount)
}

/** The enabled accounts of all merchants at these wallets, those of real money first. */
export async function listAccountsOfWallets(
  db: Queryable,
  wallets: readonly string[],
): Promise<WalletAccountRow[]> {
  const rows = await query<Row>(
    db,
    {
      name: 'wallet-accounts-of-wallets',
      text: `select * from wallet_accounts where wallet = any ($1) and status = 'enabled'
        order by livemode desc, wallet_account_id`,
    },
    [wallets],
  )
  return rows.map(toAccount)
}

function toAccount(row: Row): WalletAccountRow {
  return {
    merchantId: row.merchant_id,
    walletAccountId: row.wallet_account_id,
    livemode: row.livemode,
    wallet: row.wallet,
    name: row.name,
    status: row.status,
    surfaces: SURFACES.filter((surface) => row.surfaces.includes(surface)),
    fields: row.fields,
    sealed: row.sealed,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
