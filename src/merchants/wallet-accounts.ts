// A merchant's connections to wallets: made, changed and checked. Secrets go in and never come out.

import { createHash } from 'node:crypto'
import { type Connection, type Pool, transaction } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Ports } from '../ports.ts'
import type { Finding, Surface, Wallet, WalletAccount } from '../wallets/wallet.ts'
import { openSecrets, sealContext } from './connected-wallets.ts'
import type { Sealer } from './sealing.ts'
import {
  findWalletAccount,
  insertWalletAccount,
  listWalletAccounts,
  updateWalletAccount,
  type WalletAccountRow,
} from './wallet-account-store.ts'

export interface Owner {
  merchantId: string
  livemode: boolean
}

export interface NewWalletAccount extends Owner {
  wallet: string
  name: string
  /** Where payers may use it; default: wherever the wallet can. */
  surfaces?: readonly Surface[] | undefined
  /** Secret and other fields together, as the merchant entered them. */
  fields: Readonly<Record<string, string>>
}

export interface WalletAccountChange {
  name?: string | undefined
  status?: 'enabled' | 'disabled' | undefined
  surfaces?: readonly Surface[] | undefined
  /** Fields that are not named stay as they are; null removes one. */
  fields?: Readonly<Record<string, string | null>> | undefined
}

/** An account with the names of the secrets it holds. */
export interface StoredWalletAccount extends Omit<WalletAccountRow, 'sealed'> {
  secrets: string[]
}

export type WalletAccounts = ReturnType<typeof createWalletAccounts>

export function createWalletAccounts(deps: {
  pool: Pool
  sealer: Sealer
  ports: Ports
  registry: ReadonlyMap<string, Wallet>
}) {
  const { pool, sealer, ports, registry } = deps

  /** Throws `wallet_unknown`, `wallet_account_invalid` and `field_invalid`. */
  async function create(db: Connection, input: NewWalletAccount): Promise<StoredWalletAccount> {
    const wallet = registry.get(input.wallet)
    if (!wallet) throw new ApiError('wallet_unknown', { param: '/wallet' })
    const surfaces = chosenSurfaces(wallet, input.surfaces)
    const account = readAccount(wallet, input)
    const now = ports.clock.now()
    const { merchantId, livemode, name } = input
    const base = {
      merchantId,
      walletAccountId: newId('wac', ports),
      livemode,
      wallet: wallet.name,
      name,
      status: 'enabled' as const,
      surfaces,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    const row = withFields(wallet, base, input.fields)
    if (!(await insertWalletAccount(db, row, exclusiveOf(wallet, account)))) throw connectedTwice()
    return stored(row)
  }

  /**
   * Changes an account of `owner`. `check` sees it first and may refuse. Throws `not_found`,
   * `wallet_account_invalid`, `field_invalid` and `precondition_failed`.
   */
  async function change(
    owner: Owner,
    walletAccountId: string,
    wanted: WalletAccountChange,
    check: (before: StoredWalletAccount) => void,
  ): Promise<StoredWalletAccount> {
    return transaction(pool, async (db) => {
      const before = await findWalletAccount(db, owner, walletAccountId)
      if (!before) throw new ApiError('not_found')
      check(stored(before))
      const wallet = walletOf(before)
      const entered = { ...before.fields, ...openSecrets(sealer, before) }
      const fields = merge(entered, wanted.fields ?? {})
      refuseFixed(wallet, entered, fields)
      if (wanted.fields) readAccount(wallet, { fields, livemode: owner.livemode })
      const after = withFields(
        wallet,
        {
          ...before,
          name: wanted.name ?? before.name,
          status: wanted.status ?? before.status,
          surfaces: wanted.surfaces ? chosenSurfaces(wallet, wanted.surfaces) : before.surfaces,
          version: before.version + 1,
          updatedAt: ports.clock.now(),
        },
        fields,
      )
      if (!(await updateWalletAccount(db, after))) throw new ApiError('precondition_failed')
      return stored(after)
    })
  }

  async function read(owner: Owner, walletAccountId: string): Promise<StoredWalletAccount> {
    const row = await findWalletAccount(pool, owner, walletAccountId)
    if (!row) throw new ApiError('not_found')
    return stored(row)
  }

  async function list(owner: Owner): Promise<StoredWalletAccount[]> {
    return (await listWalletAccounts(pool, owner.merchantId, owner.livemode)).map(stored)
  }

  /** Asks the wallet whether the account works; every finding with its remedy. Throws `not_found`. */
  async function checkLive(owner: Owner, walletAccountId: string): Promise<Finding[]> {
    const row = await findWalletAccount(pool, owner, walletAccountId)
    if (!row) throw new ApiError('not_found')
    const wallet = walletOf(row)
    const answer = wallet.readAccount({ ...row.fields, ...openSecrets(sealer, row) })
    return 'findings' in answer ? answer.findings : wallet.check(ports, answer.account)
  }

  function walletOf(row: WalletAccountRow): Wallet {
    const wallet = registry.get(row.wallet)
    if (!wallet) throw new ApiError('wallet_unknown')
    return wallet
  }

  function withFields(
    wallet: Wallet,
    base: Omit<WalletAccountRow, 'fields' | 'sealed'>,
    all: Readonly<Record<string, string>>,
  ): WalletAccountRow {
    const secretNames = new Set(
      wallet.accountFields.filter((field) => field.secret).map(({ name }) => name),
    )
    const pick = (isSecret: boolean) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => secretNames.has(name) === isSecret))
    return {
      ...base,
      fields: pick(false),
      sealed: sealer.seal(JSON.stringify(pick(true)), sealContext(base)),
    }
  }

  function stored(row: WalletAccountRow): StoredWalletAccount {
    const { sealed: _sealed, ...rest } = row
    return { ...rest, secrets: Object.keys(openSecrets(sealer, row)).sort() }
  }

  return { create, change, read, list, checkLive }
}

/**
 * Refuses what the wallet's folder refuses, fields that it does not know, and an account whose money
 * is not of the key's mode: play money must not pay for goods, nor a test take somebody's savings.
 */
function readAccount(
  wallet: Wallet,
  { fields, livemode }: Pick<NewWalletAccount, 'fields' | 'livemode'>,
): WalletAccount {
  const known = new Set(wallet.accountFields.map(({ name }) => name))
  for (const name of Object.keys(fields)) {
    if (!known.has(name)) throw new ApiError('unknown_field', { param: `/fields/${name}` })
  }
  const read = wallet.readAccount({ ...fields })
  if ('account' in read && (wallet.takesRealMoney(read.account) ?? livemode) === livemode)
    return read.account
  const message = WRONG_MODE[livemode ? 'live' : 'test']
  const findings: Pick<Finding, 'code' | 'param' | 'message'>[] =
    'findings' in read ? read.findings : [{ code: 'wrong_mode', message }]
  throw new ApiError('wallet_account_invalid', {
    errors: findings.map(({ code, param, message }) => ({
      code,
      ...(param !== undefined && {
        param: param.startsWith('/fields/') ? param : `/fields${param}`,
      }),
      message,
    })),
  })
}

function exclusiveOf(wallet: Wallet, account: WalletAccount): string | null {
  const text = wallet.exclusive?.(account)
  if (text === undefined) return null
  return createHash('sha256').update(`${wallet.name} ${text}`).digest('hex')
}

function connectedTwice(): ApiError {
  const message = {
    en: 'This account is connected already. Twice, it would give the same addresses to different payers. Use the wallet account that has it, or a key of its own.',
    'zh-CN':
      '该账户已经连接。重复连接会把相同的地址交给不同的付款人。请使用已有的钱包账户，或换用单独的密钥。',
  }
  return new ApiError('wallet_account_invalid', { errors: [{ code: 'connected_twice', message }] })
}

/** Refuses another value for a field that says which account it is. */
function refuseFixed(
  { accountFields }: Wallet,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): void {
  const changed = accountFields.filter(({ name, fixed }) => fixed && before[name] !== after[name])
  if (changed.length === 0) return
  throw new ApiError('wallet_account_invalid', {
    errors: changed.map(({ name }) => ({
      code: 'fixed_field',
      param: `/fields/${name}`,
      message: {
        en: 'This field says which account it is. Connect the other one as a new wallet account and disable this one.',
        'zh-CN':
          '该字段标识账户本身，不可修改。请将另一个账户作为新的钱包账户连接，并停用当前账户。',
      },
    })),
  })
}

const WRONG_MODE = {
  live: {
    en: 'This account takes no real money. Connect it with a test key.',
    'zh-CN': '该账户不收取真实资金，请使用测试密钥连接。',
  },
  test: {
    en: 'This account takes real money. Connect it with a live key.',
    'zh-CN': '该账户收取真实资金，请使用正式密钥连接。',
  },
}

function chosenSurfaces(wallet: Wallet, wanted: readonly Surface[] | undefined): Surface[] {
  const able = wallet.capabilities.surfaces
  for (const [i, surface] of (wanted ?? []).entries()) {
    if (!able.includes(surface)) {
      throw new ApiError('not_supported', {
        param: `/surfaces/${i}`,
        detail: {
          en: `${wallet.displayName.en} has no surface ${surface}.`,
          'zh-CN': `${wallet.displayName['zh-CN']}不支持场景 ${surface}。`,
        },
      })
    }
  }
  return [...(wanted ?? able)]
}

function merge(
  before: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...before, ...wanted })) {
    if (value !== null) merged[name] = value
  }
  return merged
}
