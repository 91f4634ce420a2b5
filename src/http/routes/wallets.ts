// Wallets the hub knows, and a merchant's connections to them.

import type { StoredWalletAccount } from '../../merchants/wallet-accounts.ts'
import type { Wallet } from '../../wallets/wallet.ts'
import { listPage } from '../cursor.ts'
import { acts, changes, creates, type Operation, reads } from '../operation.ts'
import { time } from '../present.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/wallet.ts'
import type { Services } from '../services.ts'

const TAG = 'Wallets'

export function walletOperations(services: Services): Operation[] {
  return [
    wallets(services),
    connect(services),
    list(services),
    read(services),
    change(services),
    check(services),
  ]
}

function wallets({ payments: { registry } }: Services): Operation {
  return reads({
    id: 'listWallets',
    tag: TAG,
    path: '/v1/wallets',
    summary: 'What each wallet can do',
    scope: 'wallet_accounts:read',
    query: Empty,
    body: Empty,
    answers: { 200: schemas.WalletList },
    async handle() {
      const data = [...registry.values()].map(presentWallet)
      return {
        status: 200,
        body: { object: 'list', data, has_more: false, next_cursor: null, prev_cursor: null },
      }
    },
  })
}

function connect({ walletAccounts, links, payments: { registry } }: Services): Operation {
  return creates({
    id: 'createWalletAccount',
    tag: TAG,
    path: '/v1/wallet_accounts',
    summary: 'Connect a wallet',
    description: 'Which `fields` a wallet needs is listed by GET /v1/wallets.',
    scope: 'wallet_accounts:write',
    query: Empty,
    body: schemas.NewWalletAccount,
    answers: { 201: schemas.WalletAccount },
    errors: ['wallet_unknown', 'wallet_account_invalid', 'not_supported'],
    async handle({ owner, body }, db) {
      const account = await walletAccounts.create(db, { ...owner, ...body })
      return { status: 201, body: presentAccount(account, links, registry) }
    },
  })
}

function list({ walletAccounts, cursors, links, payments: { registry } }: Services): Operation {
  return reads({
    id: 'listWalletAccounts',
    tag: TAG,
    path: '/v1/wallet_accounts',
    summary: 'List wallet accounts',
    scope: 'wallet_accounts:read',
    query: schemas.WalletAccountQuery,
    body: Empty,
    answers: { 200: schemas.WalletAccountList },
    errors: ['cursor_invalid'],
    async handle({ owner, query }) {
      const body = await listPage(
        cursors,
        { list: 'wallet_accounts', ...owner, filter: {} },
        query,
        {
          // A merchant has a handful of them, so all are read and the page is cut out here.
          read: async ({ limit, after, before }) => {
            const oldestFirst = await walletAccounts.list(owner)
            const ordered = before === undefined ? oldestFirst.toReversed() : oldestFirst
            const from = ordered.filter(({ walletAccountId: id }) =>
              before === undefined ? after === undefined || id < after : id > before,
            )
            return from.slice(0, limit + 1)
          },
          idOf: (account) => account.walletAccountId,
          present: (account) => presentAccount(account, links, registry),
        },
      )
      return { status: 200, body }
    },
  })
}

const one = { tag: TAG, params: { wallet_account: 'wac' }, query: Empty } as const

function read({ walletAccounts, links, payments: { registry } }: Services): Operation {
  return reads({
    ...one,
    id: 'getWalletAccount',
    path: '/v1/wallet_accounts/{wallet_account}',
    summary: 'Read a wallet account',
    scope: 'wallet_accounts:read',
    body: Empty,
    answers: { 200: schemas.WalletAccount },
    errors: ['not_found'],
    etag: true,
    async handle({ owner, id }) {
      const account = await walletAccounts.read(owner, id('wallet_account'))
      return { status: 200, body: presentAccount(account, links, registry) }
    },
  })
}

function change({ walletAccounts, links, payments: { registry } }: Services): Operation {
  return changes('PATCH', {
    ...one,
    id: 'updateWalletAccount',
    path: '/v1/wallet_accounts/{wallet_account}',
    summary: 'Change a wallet account',
    scope: 'wallet_accounts:write',
    body: schemas.WalletAccountChange,
    answers: { 200: schemas.WalletAccount },
    errors: ['not_found', 'wallet_account_invalid', 'not_supported', 'precondition_failed'],
    etag: true,
    async handle({ owner, id, body, check }) {
      const account = await walletAccounts.change(owner, id('wallet_account'), body, (before) =>
        check(presentAccount(before, links, registry)),
      )
      return { status: 200, body: presentAccount(account, links, registry) }
    },
  })
}

function check({ walletAccounts }: Services): Operation {
  return acts({
    ...one,
    id: 'checkWalletAccount',
    path: '/v1/wallet_accounts/{wallet_account}/check',
    summary: 'Ask the wallet whether the account works',
    scope: 'wallet_accounts:write',
    body: Empty,
    answers: { 200: schemas.Check },
    errors: ['not_found'],
    async handle({ owner, id }) {
      const walletAccountId = id('wallet_account')
      const findings = await walletAccounts.checkLive(owner, walletAccountId)
      const body = {
        object: 'wallet_account_check',
        wallet_account: walletAccountId,
        ok: findings.every(({ level }) => level !== 'error'),
        findings: findings.map(({ level, code, param, message }) => ({
          level,
          code,
          param: param ?? null,
          message,
        })),
      }
      return { status: 200, body }
    },
  })
}

function presentWallet(wallet: Wallet) {
  return {
    name: wallet.name,
    object: 'wallet',
    display_name: wallet.displayName,
    capabilities: presentCapabilities(wallet),
    account_fields: wallet.accountFields.map(({ name, secret, required, description }) => ({
      name,
      secret,
      required,
      description,
    })),
  }
}

function presentCapabilities({ capabilities }: Wallet) {
  const limits = Object.entries(capabilities.limits).map(([currency, { min, max }]) => [
    currency,
    { min: Number(min), max: Number(max) },
  ])
  return {
    surfaces: capabilities.surfaces,
    currencies: capabilities.currencies,
    limits: Object.fromEntries(limits),
    separate_capture: capabilities.separateCapture,
    expiry: {
      min_seconds: capabilities.expiry.minSeconds,
      max_seconds: capabilities.expiry.maxSeconds,
    },
  }
}

function presentAccount(
  account: StoredWalletAccount,
  links: Services['links'],
  registry: ReadonlyMap<string, Wallet>,
) {
  const wallet = registry.get(account.wallet)
  return {
    id: account.walletAccountId,
    object: 'wallet_account',
    created: time(account.createdAt),
    updated: time(account.updatedAt),
    livemode: account.livemode,
    wallet: account.wallet,
    name: account.name,
    status: account.status,
    surfaces: account.surfaces,
    fields: account.fields,
    secrets: account.secrets,
    notify_url: links.notify(account.wallet, account.walletAccountId),
    capabilities: wallet ? presentCapabilities(wallet) : null,
  }
}
