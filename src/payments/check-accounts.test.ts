import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FreshDatabase, freshDatabase, testLog } from '../db/testing.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Finding, Wallet } from '../wallets/wallet.ts'
import { checkAccounts } from './check-accounts.ts'
import type { PaymentContext } from './context.ts'
import { createJournal } from './journal.ts'
import { createNotificationBook } from './notification-book.ts'
import { heldClock, systemRandom, T0 } from './testing.ts'

const DAY = 86_400_000

let db: FreshDatabase
before(async () => {
  db = await freshDatabase({ size: 4 })
  await db.pool.query(`insert into merchants values ('mer_test', 'Test', '{}', now())`)
})
after(() => db.drop())

const finding = (code: string, param: string): Finding => ({
  level: 'warning',
  code,
  param,
  message: { en: 'It ends.', 'zh-CN': '即将到期。' },
})

async function setUp(walletAccountId: string) {
  await db.pool.query(
    `insert into wallet_accounts (merchant_id, wallet_account_id, livemode, wallet, name, status,
      surfaces, fields, sealed, version, created_at, updated_at)
      values ('mer_test', $1, false, 'paper', 'Paper', 'enabled', '{qr}', '{}', '', 1, now(), now())`,
    [walletAccountId],
  )
  const clock = heldClock()
  let checks = 0
  let findings: Finding[] = []
  const wallet: Wallet = {
    name: 'paper',
    displayName: { en: 'Paper', 'zh-CN': '纸钱包' },
    capabilities: {
      surfaces: ['qr'],
      currencies: ['CNY'],
      limits: {},
      separateCapture: false,
      expiry: { minSeconds: 60, maxSeconds: 3_600 },
    },
    accountFields: [],
    readAccount: () => ({ account: {} }),
    takesRealMoney: () => false,
    async check() {
      checks++
      return findings
    },
    create: async () => ({ source: 'response', status: 'unknown' }),
    query: async () => ({ source: 'query', status: 'unknown' }),
    close: async () => ({ source: 'query', status: 'unknown' }),
    readNotification: () => ({ verdict: 'refused', reason: 'not_a_notification', detail: '' }),
    acknowledge: () => ({ status: 404, contentType: 'text/plain', body: '' }),
    verifyReturn: () => false,
    nextQueryDelay: () => undefined,
    absentGraceMs: 0,
    reverseAfterMs: () => undefined,
  }
  const connected: ConnectedWallet = {
    merchantId: 'mer_test',
    walletAccountId,
    livemode: false,
    enabled: true,
    surfaces: ['qr'],
    wallet,
    account: {},
  }
  const ctx: PaymentContext = {
    pool: db.pool,
    journal: createJournal({ pool: db.pool, clock, random: systemRandom, present: () => ({}) }),
    ports: {
      clock,
      random: systemRandom,
      log: testLog(),
      network: { send: () => assert.fail('no network here') },
    },
    wallets: {
      find: async () => connected,
      list: async () => [connected],
      ofWallets: async () => [connected],
    },
    registry: new Map([['paper', wallet]]),
    notifications: createNotificationBook(db.pool),
    links: { notify: () => '', returned: () => '', quit: () => '' },
    changed: () => {},
  }
  return {
    run: () => checkAccounts(ctx),
    later(ms: number) {
      clock.time += ms
    },
    finds(found: Finding[]) {
      findings = found
    },
    checks: () => checks,
    async told() {
      const { rows } = await db.pool.query(
        'select type, sequence, data from events where subject_id = $1 order by sequence',
        [walletAccountId],
      )
      return rows
    },
  }
}

test('an account is checked once a day, however often and by however many hubs it is looked at', async () => {
  const account = await setUp('wac_daily')
  await Promise.all([account.run(), account.run(), account.run()])
  assert.equal(account.checks(), 1)
  account.later(DAY - 1)
  await account.run()
  assert.equal(account.checks(), 1)
  account.later(1)
  await account.run()
  assert.equal(account.checks(), 2)
})

test('a certificate that ends is announced at once, again every week, and no more once renewed', async () => {
  const account = await setUp('wac_ending')
  account.finds([finding('certificate_expires_soon', '/app_cert')])
  await account.run()
  const [first] = await account.told()
  assert.equal(first.type, 'wallet_account.expiring')
  assert.deepEqual(first.data, {
    id: 'wac_ending',
    object: 'wallet_account',
    livemode: false,
    wallet: 'paper',
    findings: [
      {
        level: 'warning',
        code: 'certificate_expires_soon',
        param: '/app_cert',
        message: { en: 'It ends.', 'zh-CN': '即将到期。' },
      },
    ],
  })
  for (let day = 1; day <= 7; day++) {
    account.later(DAY)
    await account.run()
    assert.equal((await account.told()).length, day < 7 ? 1 : 2, `day ${day}`)
  }
  account.finds([])
  account.later(30 * DAY)
  await account.run()
  assert.equal((await account.told()).length, 2)
})

test('another certificate of the same account is announced by itself', async () => {
  const account = await setUp('wac_two')
  account.finds([finding('certificate_expires_soon', '/app_cert')])
  await account.run()
  account.later(DAY)
  account.finds([
    finding('certificate_expires_soon', '/app_cert'),
    finding('certificate_expired', '/alipay_cert'),
  ])
  await account.run()
  const told = await account.told()
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    [1, 2],
  )
})

test('other findings are for the one who asks for them', async () => {
  const account = await setUp('wac_other')
  account.finds([finding('unreachable', '/gateway')])
  await account.run()
  assert.deepEqual(await account.told(), [])
})

test('the time of an event is the time of the check', async () => {
  const account = await setUp('wac_time')
  account.finds([finding('certificate_expired', '/app_cert')])
  await account.run()
  const { rows } = await db.pool.query('select created_at from events where subject_id = $1', [
    'wac_time',
  ])
  assert.equal(rows[0].created_at, T0)
})
