import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createPool, type Pool } from '../db/pool.ts'
import { type FreshDatabase, freshDatabase, testLog } from '../db/testing.ts'
import { nextAccountIndex } from './account-counter.ts'
import { applyFact } from './apply.ts'
import type { PaymentContext } from './context.ts'
import { decide, type Fact } from './decide.ts'
import { createJournal, type Journal } from './journal.ts'
import { createNotificationBook } from './notification-book.ts'
import type { Attempt, Payment } from './payment.ts'
import { findPayment } from './store.ts'
import { anAttempt, aPayment, heldClock, success, systemRandom, T0 } from './testing.ts'

let db: FreshDatabase
before(async () => {
  db = await freshDatabase({ size: 12 })
  await db.pool.query(`insert into merchants values ('mer_test', 'Test', '{}', now())`)
})
after(() => db.drop())

const present = (payment: Payment) => ({ id: payment.paymentId, status: payment.status })

function aJournal(pool: Pool = db.pool, options = {}): Journal {
  return createJournal({ pool, clock: heldClock(), random: systemRandom, present, ...options })
}

function aContext(pool: Pool = db.pool, journal = aJournal(pool)): PaymentContext {
  const clock = heldClock(T0 + 61_000)
  return {
    pool,
    journal,
    ports: {
      clock,
      random: systemRandom,
      log: testLog(),
      network: { send: () => assert.fail('no network here') },
    },
    wallets: { find: async () => undefined, list: async () => [], ofWallets: async () => [] },
    registry: new Map(),
    notifications: createNotificationBook(pool),
    links: { notify: () => '', returned: () => '', quit: () => '' },
    changed: () => {},
  }
}

async function create(journal: Journal, payment = aPayment()): Promise<Payment> {
  const change = {
    decidedOn: 0,
    payment,
    attempts: [],
    entries: [],
    events: ['payment.created' as const],
    observation: null,
  }
  assert.deepEqual(await journal.commit({ change, resolveAt: null }), { result: 'committed' })
  return payment
}

async function withAttempt(ctx: PaymentContext, attempt: Attempt): Promise<Payment> {
  const payment = await create(ctx.journal)
  const started = await applyFact(ctx, payment, { type: 'attempt_started', attempt, at: T0 })
  assert.equal(started.kind, 'applied')
  return payment
}

function paid(attempt: Attempt, overrides = {}): Fact {
  return {
    type: 'observed',
    attemptId: attempt.attemptId,
    observation: success(overrides),
    at: T0 + 61_000,
    absentIsFinal: false,
    closing: false,
  }
}

async function rows(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await db.pool.query(text, values)).rows
}

describe('one statement', () => {
  test('writes payment, attempt, ledger, events, deliveries and jobs together', async () => {
    const ctx = aContext()
    await db.pool.query(
      `insert into webhook_endpoints values ('mer_test', 'whe_all', false, 'https://x.example', '', '{*}', 'enabled', null, '', null, null, null, 0, 1, now(), now())`,
    )
    const attempt = anAttempt()
    const { paymentId } = await withAttempt(ctx, attempt)
    await applyFact(ctx, { merchantId: 'mer_test', paymentId }, paid(attempt))

    const stored = await findPayment(db.pool, { merchantId: 'mer_test', paymentId })
    assert.equal(stored?.status, 'succeeded')
    assert.equal(stored.version, 3)
    assert.equal(stored.attempts[0]?.status, 'succeeded')
    assert.equal(stored.attempts[0]?.walletTransactionId, '2026030922001400000500000001')
    const events = await rows(
      'select sequence, type from events where subject_id = $1 order by sequence',
      [paymentId],
    )
    assert.deepEqual(events, [
      { sequence: 1, type: 'payment.created' },
      { sequence: 2, type: 'payment.succeeded' },
    ])
    const deliveries = await rows(
      'select sequence, status from deliveries where subject_id = $1 order by sequence',
      [paymentId],
    )
    assert.deepEqual(deliveries, [
      { sequence: 1, status: 'pending' },
      { sequence: 2, status: 'pending' },
    ])
    const jobs = await rows('select key from graphile_worker.jobs where key like $1 order by key', [
      `%${paymentId}`,
    ])
    assert.deepEqual(jobs, [
      { key: `deliver:whe_all:${paymentId}` },
      { key: `resolve:${paymentId}` },
    ])
    const [sum] = await rows(
      'select sum(amount) as total, count(*) as lines from entries where payment_id = $1',
      [paymentId],
    )
    assert.deepEqual({ ...sum }, { total: '0', lines: 2n })
    await db.pool.query(`delete from webhook_endpoints`)
  })

  test('reads back exactly what was committed', async () => {
    const ctx = aContext()
    const attempt = anAttempt({ details: { payerDisplay: '159****5620', received: 8800n } })
    const payment = await withAttempt(ctx, attempt)
    const stored = await findPayment(db.pool, payment)
    assert.deepEqual(stored?.attempts[0], attempt)
    assert.deepEqual({ ...stored?.details }, payment.details)
    assert.equal(stored?.amount, payment.amount)
    assert.equal(stored?.expiresAt, payment.expiresAt)
  })

  test('the database refuses ledger lines that do not balance, and no line is ever changed', async () => {
    const payment = await create(aJournal())
    const { journal } = aContext()
    const change = {
      decidedOn: 1,
      payment: { ...payment, version: 2 },
      attempts: [],
      entries: [{ account: 'sales', currency: 'CNY', amount: -1n }],
      events: [],
      observation: null,
    }
    await assert.rejects(journal.commit({ change, resolveAt: null }), /do not sum to zero/)
    assert.equal((await findPayment(db.pool, payment))?.version, 1)
    await assert.rejects(db.pool.query('update entries set amount = 1'), /append-only/)
    await assert.rejects(db.pool.query('delete from entries'), /append-only/)
  })
})

describe('races on a real database', () => {
  test('50 identical successes at once pay once, over two hubs', async () => {
    const hubs = [aContext(), aContext()]
    const attempt = anAttempt()
    const payment = await withAttempt(aContext(), attempt)
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        applyFact(hubs[i % 2] ?? aContext(), payment, paid(attempt)),
      ),
    )
    assert.equal(results.filter((r) => r.kind === 'applied').length, 1)
    assert.equal(results.filter((r) => r.kind === 'known').length, 49)
    const [entries] = await rows(
      'select count(*)::int as lines from entries where payment_id = $1',
      [payment.paymentId],
    )
    assert.equal(entries?.lines, 2)
    const [events] = await rows(
      'select count(*)::int as n, max(sequence) as last from events where subject_id = $1',
      [payment.paymentId],
    )
    assert.deepEqual({ ...events }, { n: 2, last: 2 })
  })

  test('50 conflicting facts at once end in one paid attempt and a balanced ledger', async () => {
    const hubs = [aContext(), aContext()]
    const [a, b] = [anAttempt({ createdAt: T0 - 130_000 }), anAttempt()]
    const payment = await withAttempt(aContext(), a)
    await applyFact(aContext(), payment, { type: 'attempt_started', attempt: b, at: T0 })
    const facts: Fact[] = Array.from({ length: 50 }, (_, i) => {
      const attempt = i % 2 ? a : b
      const kinds: Fact[] = [
        paid(attempt, { walletTransactionId: attempt.attemptId }),
        { ...paid(attempt), observation: { source: 'query', status: 'closed' } } as Fact,
        { type: 'cancel_requested', at: T0 + 2 },
        paid(attempt, { money: { amount: 1n, currency: 'CNY' } }),
        { type: 'time_passed', at: payment.expiresAt },
      ]
      return kinds[i % kinds.length] ?? assert.fail()
    })
    await Promise.all(facts.map((fact, i) => applyFact(hubs[i % 2] ?? aContext(), payment, fact)))
    const end = await findPayment(db.pool, payment)
    assert(end)
    assert.equal(end.amountCaptured + end.amountRefundDue, 2n * 8850n)
    const sequences = await rows(
      'select sequence from events where subject_id = $1 order by sequence',
      [payment.paymentId],
    )
    assert.deepEqual(
      sequences.map((r) => r.sequence),
      Array.from({ length: end.eventCount }, (_, i) => i + 1),
    )
    const [total] = await rows(
      `select sum(amount)::text as total, sum(amount) filter (where account like 'receivable:%')::text as taken from entries where payment_id = $1`,
      [payment.paymentId],
    )
    assert.deepEqual({ ...total }, { total: '0', taken: '17700' })
  })

  test('one bad row in a full group fails alone', async () => {
    const journal = aJournal(db.pool, { lanes: 1 })
    const good = Array.from({ length: 255 }, () => aPayment())
    // The database refuses an amount of zero, whatever the code before it thinks.
    const bad = aPayment({ amount: 0n })
    const all = [...good.slice(0, 100), bad, ...good.slice(100)]
    const outcomes = await Promise.allSettled(
      all.map((payment) =>
        journal.commit({
          change: {
            decidedOn: 0,
            payment,
            attempts: [],
            entries: [],
            events: ['payment.created'],
            observation: null,
          },
          resolveAt: null,
        }),
      ),
    )
    const failed = outcomes.flatMap((o, i) => (o.status === 'rejected' ? [i] : []))
    assert.deepEqual(failed, [100])
    const [count] = await rows(
      'select count(*)::int as n from payments where payment_id = any($1)',
      [good.map((p) => p.paymentId)],
    )
    assert.equal(count?.n, 255)
  })

  test('the same reference at once makes one payment', async () => {
    const journal = aJournal()
    const results = await Promise.all(
      Array.from({ length: 20 }, () => {
        const payment = aPayment({ reference: 'ORDER-1' })
        return journal.commit({
          change: {
            decidedOn: 0,
            payment,
            attempts: [],
            entries: [],
            events: ['payment.created'],
            observation: null,
          },
          resolveAt: null,
        })
      }),
    )
    assert.equal(results.filter((r) => r.result === 'committed').length, 1)
    assert.equal(results.filter((r) => r.result === 'moved').length, 19)
  })

  test('a token starts one attempt, whoever asks and in whichever group', async () => {
    const journal = aJournal()
    const payments = await Promise.all(Array.from({ length: 8 }, () => create(journal)))
    const hash = Buffer.alloc(32, 7)
    const results = await Promise.all(
      payments.map((payment) => {
        const attempt = anAttempt({ wallet: 'applepay' })
        const decision = decide(payment, { type: 'attempt_started', attempt, at: T0 })
        assert(decision.kind === 'change')
        const token = { attemptId: attempt.attemptId, hash }
        return journal.commit({ change: decision.change, resolveAt: null, token })
      }),
    )
    assert.equal(results.filter((r) => r.result === 'committed').length, 1)
    assert.equal(results.filter((r) => r.result === 'token_used').length, 7)
    const [kept] = await rows('select count(*)::int as n from attempts where token_hash = $1', [
      hash,
    ])
    assert.equal(kept?.n, 1)
  })

  test('numbers of a wallet account are never given twice, and each account counts alone', async () => {
    const one = { merchantId: 'mer_test', walletAccountId: 'wac_one' }
    const given = await Promise.all(
      Array.from({ length: 40 }, () => nextAccountIndex(db.pool, one)),
    )
    assert.deepEqual(
      given.toSorted((a, b) => a - b),
      given.map((_, i) => i),
    )
    assert.equal(await nextAccountIndex(db.pool, { ...one, walletAccountId: 'wac_two' }), 0)
  })

  test('an idempotency key that is taken leaves nothing behind (AP-18)', async () => {
    const journal = aJournal()
    const record = {
      livemode: false,
      method: 'POST',
      path: '/v1/payments',
      key: 'k1',
      fingerprint: Buffer.alloc(32),
      status: 201,
      sealedBody: Buffer.from('sealed'),
      createdAt: T0,
      runningUntil: null,
    }
    const commit = (payment: Payment) =>
      journal.commit({
        change: {
          decidedOn: 0,
          payment,
          attempts: [],
          entries: [],
          events: ['payment.created'],
          observation: null,
        },
        resolveAt: null,
        idempotency: record,
      })
    assert.deepEqual(await commit(aPayment()), { result: 'committed' })
    const second = aPayment()
    assert.deepEqual(await commit(second), { result: 'key_taken' })
    assert.equal(await findPayment(db.pool, second), undefined)
    const [events] = await rows('select count(*)::int as n from events where subject_id = $1', [
      second.paymentId,
    ])
    assert.equal(events?.n, 0)
  })
})

// A way to the database that a test can cut at the worst moment.
async function cuttable(url: string) {
  const target = new URL(url)
  const folder = target.searchParams.get('host') ?? ''
  const isSocket = folder.startsWith('/')
  const sockets = new Set<Socket>()
  let onRequest: ((data: Buffer, client: Socket) => boolean) | undefined
  let onAnswer: ((data: Buffer, client: Socket) => boolean) | undefined
  const server = createServer((client) => {
    const upstream = isSocket
      ? connect(`${folder}/.s.PGSQL.${target.port || 5432}`)
      : connect(Number(target.port || 5432), target.hostname)
    sockets.add(client).add(upstream)
    client.on('data', (data) => onRequest?.(data, client) || upstream.write(data))
    upstream.on('data', (data) => onAnswer?.(data, client) || client.write(data))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert(address && typeof address === 'object')
  const through = new URL(`postgresql://127.0.0.1:${address.port}${target.pathname}`)
  through.username = target.username || 'postgres'
  through.password = target.password
  return {
    url: through.href,
    /** Cuts the connection when the statement arrives, before the server sees it. */
    cutBefore(text: string) {
      onRequest = (data, client) => data.includes(text) && cut(client)
    },
    /** Lets the statement through and cuts when its answer comes: committed, but nobody is told. */
    cutAfter(text: string) {
      onRequest = (data) => {
        if (data.includes(text)) {
          onRequest = undefined
          onAnswer = (_answer, client) => cut(client)
        }
        return false
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  function cut(client: Socket): boolean {
    onRequest = undefined
    onAnswer = undefined
    client.destroy()
    return true
  }
}

describe('a connection lost in mid-commit', () => {
  for (const when of ['cutBefore', 'cutAfter'] as const) {
    test(`${when === 'cutBefore' ? 'before the server saw it' : 'after the commit'}: the caller learns the true outcome by reading back`, async () => {
      const proxy = await cuttable(db.url)
      const pool = createPool(proxy.url, { size: 2, statementTimeoutMs: 5_000, log: testLog() })
      try {
        const ctx = aContext(pool, aJournal(pool, { lanes: 1 }))
        const attempt = anAttempt()
        const payment = await withAttempt(ctx, attempt)
        const loaded = await findPayment(pool, payment)
        // The statement is prepared by now; its parameters name the payment.
        proxy[when](payment.paymentId)
        const applied = await applyFact(ctx, payment, paid(attempt), loaded)
        assert.match(applied.kind, /^(applied|known)$/)
        const end = await findPayment(db.pool, payment)
        assert.equal(end?.amountCaptured, 8850n)
        assert.equal(end.version, 3)
        const [entries] = await rows(
          'select count(*)::int as n from entries where payment_id = $1',
          [payment.paymentId],
        )
        assert.equal(entries?.n, 2)
        assert(loaded && decide(loaded, paid(attempt)).kind === 'change')
      } finally {
        await pool.end()
        await proxy.close()
      }
    })
  }
})
