import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type FreshDatabase, freshDatabase, testLog } from '../db/testing.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { FollowFeed, Observation, Wallet } from '../wallets/wallet.ts'
import { applyFact } from './apply.ts'
import type { PaymentContext } from './context.ts'
import { createPayment } from './decide.ts'
import { followAccounts } from './follow.ts'
import { createJournal } from './journal.ts'
import { createNotificationBook } from './notification-book.ts'
import type { Payment } from './payment.ts'
import { findPayment } from './store.ts'
import { anAttempt, aPayment, heldClock, systemRandom, T0 } from './testing.ts'

let db: FreshDatabase
before(async () => {
  db = await freshDatabase({ size: 6 })
  await db.pool.query(`insert into merchants values ('mer_test', 'Test', '{}', now())`)
})
after(() => db.drop())

const CHAIN = {
  askedSat: 5_000,
  seenSat: 0,
  confirmedSat: 0,
  creditedSat: 0,
  heldSat: 0,
  reversedSat: 0,
  dueSat: 0,
  confirmations: 0,
  requiredConfirmations: 1,
  flags: [],
  payments: [],
}

/** A wallet that is paid to addresses, whose record and answers a test writes. */
function chainWallet() {
  const looks: FollowFeed[] = []
  let onLook = async (_feed: FollowFeed) => ({ position: 'block-1' as string | undefined })
  let answer: Observation = { source: 'query', status: 'requires_action' }
  const asked: (readonly string[] | undefined)[] = []
  const wallet: Pick<Wallet, 'name' | 'query' | 'follow'> = {
    name: 'bitcoin',
    async query(_ports, _account, order) {
      asked.push(order.hints)
      return { ...answer, walletReference: order.walletReference }
    },
    async follow(_ports, _account, feed) {
      looks.push(feed)
      return { ...(await onLook(feed)), nextMs: 3_000 }
    },
  }
  return {
    wallet,
    looks,
    asked,
    look: (does: typeof onLook) => {
      onLook = does
    },
    answer: (next: Observation) => {
      answer = next
    },
  }
}

let accountNumber = 0

function setUp() {
  const chain = chainWallet()
  const walletAccountId = `wac_${++accountNumber}`
  const whole: Wallet = {
    displayName: { en: 'Bitcoin', 'zh-CN': '比特币' },
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
    check: async () => [],
    create: async () => ({ source: 'response', status: 'requires_action' }),
    close: async () => ({ source: 'query', status: 'closed' }),
    readNotification: () => ({ verdict: 'refused', reason: 'not_a_notification', detail: '' }),
    acknowledge: () => ({ status: 404, contentType: 'text/plain', body: '' }),
    verifyReturn: () => false,
    nextQueryDelay: () => 60_000,
    absentGraceMs: 60_000,
    reverseAfterMs: () => undefined,
    ...chain.wallet,
  }
  const connected: ConnectedWallet = {
    merchantId: 'mer_test',
    walletAccountId,
    livemode: false,
    enabled: true,
    surfaces: ['qr'],
    wallet: whole,
    account: {},
  }
  const clock = heldClock(T0 + 61_000)
  const present = (payment: Payment) => ({ id: payment.paymentId })
  const hub = (): PaymentContext => ({
    pool: db.pool,
    journal: createJournal({ pool: db.pool, clock, random: systemRandom, present }),
    ports: {
      clock,
      random: systemRandom,
      log: testLog(),
      network: { send: () => assert.fail('no network here') },
    },
    wallets: {
      find: async (id) => (id === walletAccountId ? connected : undefined),
      list: async () => [connected],
      ofWallets: async () => [connected],
    },
    registry: new Map([['bitcoin', whole]]),
    notifications: createNotificationBook(db.pool),
    links: { notify: () => '', returned: () => '', quit: () => '' },
    changed: () => {},
  })
  return { ...chain, ctx: hub(), otherHub: hub(), clock, walletAccountId }
}

type SetUp = ReturnType<typeof setUp>

async function paidTo(address: string, { ctx, walletAccountId }: SetUp): Promise<Payment> {
  const payment = aPayment()
  const { version: _version, eventCount: _count, attempts: _attempts, ...fresh } = payment
  await ctx.journal.commit({ change: createPayment(fresh), resolveAt: null })
  const attempt = anAttempt({ wallet: 'bitcoin', walletAccountId })
  await applyFact(ctx, payment, { type: 'attempt_started', attempt, at: T0 })
  await applyFact(ctx, payment, {
    type: 'observed',
    attemptId: attempt.attemptId,
    observation: {
      source: 'response',
      status: 'requires_action',
      memory: `kept for ${address}`,
      nextAction: {
        type: 'address',
        uri: `bitcoin:${address}`,
        address,
        amountSat: 5_000,
        rate: '500000.00',
        expiresAt: T0 + 900_000,
      },
    },
    at: T0,
    absentIsFinal: false,
    closing: false,
  })
  return payment
}

describe('following a public record', () => {
  let hub: SetUp
  beforeEach(() => {
    hub = setUp()
  })

  test('the wallet learns which addresses wait, and which were ever ours', async () => {
    await paidTo('bc1qopen', hub)
    await followAccounts(hub.ctx)
    const [feed] = hub.looks
    assert.deepEqual(await feed?.open(), ['bc1qopen'])
    assert.deepEqual(await feed?.known(['bc1qopen', 'bc1qother']), ['bc1qopen'])
    assert.deepEqual(await feed?.known([]), [])
  })

  test('news of an address lead to a question with the hints, and its answer is committed', async () => {
    const payment = await paidTo('bc1qnews', hub)
    hub.answer({
      source: 'query',
      status: 'processing',
      chain: { ...CHAIN, seenSat: 5_000 },
      memory: 'seen',
    })
    hub.look(async (feed) => {
      await feed.ask([{ address: 'bc1qnews', hints: ['block-9'] }])
      const now = await findPayment(hub.ctx.pool, payment)
      assert.equal(now?.attempts[0]?.status, 'processing')
      return { position: 'block-9' }
    })
    await followAccounts(hub.ctx)
    assert.deepEqual(hub.asked, [['block-9']])
    const after = await findPayment(hub.ctx.pool, payment)
    assert.equal(after?.attempts[0]?.details.chain?.seenSat, 5_000)
    assert.equal(after?.attempts[0]?.details.memory, 'seen')
  })

  test('the next look begins where the last one ended, and not before its time', async () => {
    await followAccounts(hub.ctx)
    await followAccounts(hub.ctx)
    assert.equal(hub.looks.length, 1)
    hub.clock.time += 3_000
    await followAccounts(hub.ctx)
    assert.deepEqual(
      hub.looks.map((feed) => feed.position),
      [undefined, 'block-1'],
    )
  })

  test('two hubs never look for one account at the same time', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    hub.look(async () => {
      await held
      return { position: 'block-2' }
    })
    const first = followAccounts(hub.ctx)
    while (hub.looks.length === 0) await new Promise(setImmediate)
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks.length, 1)
    release()
    await first
  })

  test('the look of a hub that died is taken over, from where it stood', async () => {
    hub.look(() => new Promise(() => {}))
    void followAccounts(hub.ctx)
    while (hub.looks.length === 0) await new Promise(setImmediate)
    hub.look(async () => ({ position: 'block-3' }))
    hub.clock.time += 120_000
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks.length, 2)
    assert.equal(hub.looks[1]?.position, undefined)
  })

  test('a hub that died delays the next look by twenty seconds', async () => {
    hub.look(() => new Promise(() => {}))
    void followAccounts(hub.ctx)
    while (hub.looks.length === 0) await new Promise(setImmediate)
    hub.look(async () => ({ position: 'block-3' }))
    hub.clock.time += 19_999
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks.length, 1)
    hub.clock.time += 1
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks.length, 2)
  })

  test('a look that goes on is not taken over, unless it hangs', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    hub.look(async () => {
      await hold
      return { position: 'too late' }
    })
    const first = followAccounts(hub.ctx)
    while (hub.looks.length === 0) await new Promise(setImmediate)
    const leasedUntil = async () => {
      const { rows } = await db.pool.query<{ leased_until: number }>(
        'select leased_until from wallet_account_positions where wallet_account_id = $1',
        [hub.walletAccountId],
      )
      return rows[0]?.leased_until ?? assert.fail('nothing is leased')
    }
    const begun = hub.clock.time
    while (hub.clock.time < begun + 120_000) {
      hub.clock.time += 5_000
      t.mock.timers.tick(5_000)
      while ((await leasedUntil()) < hub.clock.time + 20_000) await new Promise(setImmediate)
      await followAccounts(hub.otherHub)
      assert.equal(hub.looks.length, 1)
    }
    hub.look(async () => ({ position: 'block-7' }))
    hub.clock.time += 20_000
    t.mock.timers.tick(20_000)
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks.length, 2)
    release()
    await first
    hub.clock.time += 3_000
    await followAccounts(hub.otherHub)
    assert.equal(hub.looks[2]?.position, 'block-7', 'whoever lost the lease keeps nothing')
  })

  test('the wallet is told of which addresses nobody could tell', async () => {
    await paidTo('bc1qsilent', hub)
    const left: (readonly string[])[] = []
    const ask = async (feed: FollowFeed) => {
      left.push(await feed.ask([{ address: 'bc1qsilent', hints: ['block-9'] }]))
      return { position: 'block-9' }
    }
    hub.look(ask)
    hub.answer({ source: 'query', status: 'unknown' })
    await followAccounts(hub.ctx)
    hub.answer({ source: 'query', status: 'requires_action' })
    hub.clock.time += 3_000
    await followAccounts(hub.ctx)
    assert.deepEqual(left, [['bc1qsilent'], []])
  })

  test('a look that fails keeps its place and comes again later', async () => {
    await followAccounts(hub.ctx)
    hub.clock.time += 3_000
    hub.look(() => Promise.reject(new Error('the node is away')))
    await followAccounts(hub.ctx)
    hub.look(async () => ({ position: 'block-4' }))
    hub.clock.time += 14_999
    await followAccounts(hub.ctx)
    assert.equal(hub.looks.length, 2)
    hub.clock.time += 1
    await followAccounts(hub.ctx)
    assert.equal(hub.looks[2]?.position, 'block-1')
  })

  test('money that nobody asked for is told to the merchant once', async () => {
    const payment = await paidTo('bc1qmore', hub)
    const attemptId =
      (await findPayment(hub.ctx.pool, payment))?.attempts[0]?.attemptId ?? assert.fail()
    const paid: Observation = {
      source: 'query',
      status: 'succeeded',
      money: { amount: 8850n, currency: 'CNY' },
      walletTransactionId: 'aa:0',
      chain: { ...CHAIN, seenSat: 6_000, confirmedSat: 6_000, creditedSat: 5_000, heldSat: 1_000 },
    }
    for (const _time of [1, 2]) {
      await applyFact(hub.ctx, payment, {
        type: 'observed',
        attemptId,
        observation: paid,
        at: T0 + 70_000,
        absentIsFinal: false,
        closing: false,
      })
    }
    const { rows } = await db.pool.query(
      'select type from events where subject_id = $1 order by sequence',
      [payment.paymentId],
    )
    const types = rows.map(({ type }) => type)
    assert.equal(types.filter((type) => type === 'payment.overpaid').length, 1)
    assert.equal(types.filter((type) => type === 'payment.succeeded').length, 1)
  })

  test('what is still to be paid is shown as it changes, and the address stays known after the end', async () => {
    const payment = await paidTo('bc1qshort', hub)
    const told = await findPayment(hub.ctx.pool, payment)
    const attemptId = told?.attempts[0]?.attemptId ?? assert.fail()
    const fact = (observation: Observation, at: number) => ({
      type: 'observed' as const,
      attemptId,
      observation,
      at,
      absentIsFinal: false,
      closing: false,
    })
    const action = {
      type: 'address' as const,
      uri: 'bitcoin:bc1qshort?amount=0.00002',
      address: 'bc1qshort',
      amountSat: 2_000,
      rate: '500000.00',
      expiresAt: T0 + 900_000,
    }
    const short = { ...CHAIN, seenSat: 3_000, dueSat: 2_000, flags: ['underpaid' as const] }
    await applyFact(
      hub.ctx,
      payment,
      fact(
        { source: 'query', status: 'requires_action', nextAction: action, chain: short },
        T0 + 70_000,
      ),
    )
    const topUp = await findPayment(hub.ctx.pool, payment)
    assert.deepEqual(topUp?.attempts[0]?.nextAction, action)
    await applyFact(
      hub.ctx,
      payment,
      fact({ source: 'query', status: 'closed', chain: short }, T0 + 80_000),
    )
    const ended = await findPayment(hub.ctx.pool, payment)
    assert.equal(ended?.attempts[0]?.nextAction, null)
    await followAccounts(hub.ctx)
    assert.deepEqual(await hub.looks[0]?.open(), [])
    assert.deepEqual(await hub.looks[0]?.known(['bc1qshort']), ['bc1qshort'])
  })
})
