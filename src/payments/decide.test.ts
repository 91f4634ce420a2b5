import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ObservedStatus } from '../wallets/wallet.ts'
import { type Change, decide, type Fact } from './decide.ts'
import { type Attempt, MAX_ATTEMPTS, type Payment, RANK } from './payment.ts'
import { nextResolve } from './schedule.ts'
import { anAttempt, aPayment, success, T0 } from './testing.ts'

type Observed = Extract<Fact, { type: 'observed' }>

function observed(
  attempt: Attempt,
  observation: Observed['observation'],
  rest: Partial<Observed> = {},
): Observed {
  return {
    type: 'observed',
    attemptId: attempt.attemptId,
    observation,
    at: T0 + 61_000,
    absentIsFinal: false,
    closing: false,
    ...rest,
  }
}

function apply(payment: Payment, fact: Fact): Change {
  const decision = decide(payment, fact)
  assert.equal(
    decision.kind,
    'change',
    JSON.stringify(decision.kind === 'refused' && decision.refusal),
  )
  assert(decision.kind === 'change')
  return decision.change
}

function started(attempt = anAttempt(), payment = aPayment()): Payment {
  return apply(payment, { type: 'attempt_started', attempt, at: T0 }).payment
}

describe('money', () => {
  test('a verified success captures the payment, balances the ledger and tells the merchant once', () => {
    const attempt = anAttempt()
    const change = apply(started(attempt), observed(attempt, success()))
    assert.equal(change.payment.status, 'succeeded')
    assert.equal(change.payment.amountCaptured, 8850n)
    assert.equal(change.payment.paidAttemptId, attempt.attemptId)
    assert.deepEqual(change.events, ['payment.succeeded'])
    assert.deepEqual(change.entries, [
      { account: 'receivable:wac_test', currency: 'CNY', amount: 8850n },
      { account: 'sales', currency: 'CNY', amount: -8850n },
    ])
  })

  for (const [field, wrong] of [
    ['amount', { money: { amount: 1n, currency: 'CNY' } }],
    ['currency', { money: { amount: 8850n, currency: 'USD' } }],
  ] as const) {
    test(`a success over another ${field} is quarantined, never a success (SE-2)`, () => {
      const attempt = anAttempt()
      const change = apply(started(attempt), observed(attempt, success(wrong)))
      assert.equal(change.payment.amountCaptured, 0n)
      assert.notEqual(change.payment.status, 'succeeded')
      assert.deepEqual(change.entries, [])
      assert.deepEqual(change.events, ['payment.quarantined'])
      assert.equal(change.attempts[0]?.details.conflict, field)
      assert.equal(change.observation?.verdict, 'conflict')
      assert.deepEqual(decide(change.payment, observed(attempt, success(wrong))), { kind: 'known' })
    })
  }

  test('a success that names no amount is no success', () => {
    const attempt = anAttempt()
    const { money: _, ...silent } = success()
    assert.equal(apply(started(attempt), observed(attempt, silent)).payment.amountCaptured, 0n)
  })

  test('another transaction number for a paid attempt is a conflict and overwrites nothing', () => {
    const attempt = anAttempt()
    const paid = apply(started(attempt), observed(attempt, success())).payment
    const change = apply(paid, observed(attempt, success({ walletTransactionId: 'other' })))
    assert.equal(change.attempts[0]?.walletTransactionId, '2026030922001400000500000001')
    assert.equal(change.payment.amountCaptured, 8850n)
    assert.deepEqual(change.entries, [])
  })

  const transaction = '2026030922001400000500000001'

  test('a transaction that paid and is ended afterwards is a conflict: a person has to look', () => {
    const attempt = anAttempt()
    const paid = apply(started(attempt), observed(attempt, success())).payment
    const ended = { source: 'notification', status: 'closed' } as const
    assert.deepEqual(decide(paid, observed(attempt, ended)), { kind: 'known' })
    const other = observed(attempt, { ...ended, walletTransactionId: transaction })
    const change = apply(paid, other)
    assert.deepEqual(change.events, ['payment.quarantined'])
    assert.equal(change.attempts[0]?.details.conflict, 'status')
    assert.equal(change.payment.amountCaptured, 8850n)
  })

  test('a transaction that the wallet has ended pays nothing, however late its success arrives', () => {
    const attempt = anAttempt()
    const ended = apply(
      started(attempt),
      observed(attempt, { source: 'query', status: 'closed', walletTransactionId: transaction }),
    ).payment
    const change = apply(ended, observed(attempt, success()))
    assert.equal(change.payment.amountCaptured, 0n)
    assert.deepEqual(change.entries, [])
    assert.deepEqual(change.events, ['payment.quarantined'])
  })

  test('each contradicted field is told once, in whatever order they are heard again', () => {
    const attempt = anAttempt()
    let payment = started(attempt)
    const wrongs = [
      { money: { amount: 8850n, currency: 'USD' } },
      { money: { amount: 1n, currency: 'CNY' } },
    ]
    const events: string[] = []
    for (const wrong of [...wrongs, ...wrongs, ...wrongs]) {
      const decision = decide(payment, observed(attempt, success(wrong)))
      if (decision.kind !== 'change') continue
      payment = decision.change.payment
      events.push(...decision.change.events)
    }
    assert.deepEqual(events, ['payment.quarantined', 'payment.quarantined'])
    assert.deepEqual(payment.attempts[0]?.details.conflicts, ['currency', 'amount'])
  })

  test('an observation with another order number is refused', () => {
    const attempt = anAttempt()
    const decision = decide(
      started(attempt),
      observed(attempt, success({ walletReference: 'TBOTHER' })),
    )
    assert.deepEqual(decision, { kind: 'refused', refusal: { code: 'wrong_reference' } })
  })

  test('a second success is owed back and shown (OB-3)', () => {
    const first = anAttempt({ createdAt: T0 - 130_000 })
    const second = anAttempt()
    const both = started(second, started(first))
    const paid = apply(both, observed(first, success())).payment
    const change = apply(paid, observed(second, success({ walletTransactionId: 'second' })))
    assert.equal(change.payment.amountCaptured, 8850n)
    assert.equal(change.payment.amountRefundDue, 8850n)
    assert.equal(change.payment.paidAttemptId, first.attemptId)
    assert.deepEqual(change.events, ['payment.overpaid'])
    assert.deepEqual(
      change.entries.map((e) => e.account),
      ['receivable:wac_test', 'refunds_due'],
    )
  })
})

describe('money that went back whole', () => {
  const open = () => {
    const attempt = anAttempt({ surface: 'barcode' })
    const told = observed(attempt, { source: 'response', status: 'processing' })
    return { attempt, payment: apply(started(attempt), told).payment }
  }
  const returned = success({ refundedTotal: { amount: 8850n, currency: 'CNY' } })

  test('pays for nothing when the wallet reversed it before its success was heard of', () => {
    const { attempt, payment } = open()
    const reversed = apply(payment, observed(attempt, { source: 'response', status: 'reversed' }))
    assert.equal(reversed.payment.attempts[0]?.status, 'canceled')
    for (const late of [success(), returned]) {
      const decision = decide(reversed.payment, observed(attempt, late))
      const after = decision.kind === 'change' ? decision.change.payment : reversed.payment
      assert.equal(after.attempts[0]?.status, 'canceled')
      assert.notEqual(after.status, 'succeeded')
      assert.equal(after.amountCaptured, 0n)
      assert.equal(after.amountRefundDue, 0n)
    }
  })

  test('pays for nothing when the hub learns of payment and full refund at once', () => {
    const { attempt, payment } = open()
    const change = apply(payment, observed(attempt, returned))
    assert.equal(change.attempts[0]?.status, 'canceled')
    assert.equal(change.payment.amountCaptured, 0n)
    assert.deepEqual(change.entries, [])
    assert.deepEqual(change.events, [])
    assert.equal(
      decide(change.payment, { type: 'attempt_started', attempt: anAttempt(), at: T0 }).kind,
      'change',
    )
  })

  test('is shown to a person when the merchant was told of the success before', () => {
    const { attempt, payment } = open()
    const paid = apply(payment, observed(attempt, success())).payment
    const change = apply(paid, observed(attempt, { source: 'response', status: 'reversed' }))
    assert.equal(change.payment.status, 'succeeded')
    assert.equal(change.attempts[0]?.details.conflict, 'status')
    assert.deepEqual(change.events, ['payment.quarantined'])
  })

  test('a part that went back leaves the payment paid', () => {
    const { attempt, payment } = open()
    const part = success({ refundedTotal: { amount: 8849n, currency: 'CNY' } })
    assert.equal(apply(payment, observed(attempt, part)).payment.status, 'succeeded')
  })
})

describe('late money (OB-2)', () => {
  const late = (latePayment: Payment['details']['latePayment'], end: 'canceled' | 'expired') => {
    const attempt = anAttempt()
    const open = started(attempt, aPayment({ details: { ...aPayment().details, latePayment } }))
    const ending: Fact =
      end === 'canceled'
        ? { type: 'cancel_requested', at: T0 + 1000 }
        : { type: 'time_passed', at: open.expiresAt }
    const closing = apply(open, ending).payment
    const at = end === 'canceled' ? T0 + 2000 : open.expiresAt + 2000
    const ended = apply(
      closing,
      observed(attempt, { source: 'query', status: 'absent' }, { closing: true, at }),
    ).payment
    assert.equal(ended.status, end)
    return apply(ended, observed(attempt, success(), { at: at + 1000 })).payment
  }

  for (const [policy, end, status, captured] of [
    ['open', 'expired', 'succeeded', 8850n],
    ['open', 'canceled', 'canceled', 0n],
    ['accept', 'canceled', 'succeeded', 8850n],
    ['refund', 'expired', 'expired', 0n],
  ] as const) {
    test(`late_payment ${policy}: money after ${end} makes the payment ${status}`, () => {
      const payment = late(policy, end)
      assert.equal(payment.status, status)
      assert.equal(payment.amountCaptured, captured)
      assert.equal(payment.amountRefundDue, 8850n - captured)
      assert.equal(payment.late, true)
    })
  }
})

describe('attempts', () => {
  test('a failed attempt leaves the payment payable (OB-4)', () => {
    const attempt = anAttempt()
    const problem = {
      category: 'insufficient_funds' as const,
      walletCode: 'ACQ.BUYER_BALANCE_NOT_ENOUGH',
    }
    const payment = apply(
      started(attempt),
      observed(attempt, { source: 'response', status: 'failed', problem }),
    ).payment
    assert.equal(payment.status, 'requires_action')
    assert.equal(payment.attempts[0]?.status, 'failed')
    assert.equal(
      decide(payment, { type: 'attempt_started', attempt: anAttempt(), at: T0 + 1 }).kind,
      'change',
    )
  })

  test('starting another attempt marks the earlier one to be closed at its wallet (OB-4)', () => {
    const first = anAttempt()
    const shown = apply(
      started(first),
      observed(first, { source: 'response', status: 'requires_action' }),
    ).payment
    const change = apply(shown, { type: 'attempt_started', attempt: anAttempt(), at: T0 + 1 })
    assert.equal(change.payment.attempts[0]?.details.closing, true)
  })

  test('an unknown outcome refuses a new attempt for 120 s, then allows it (OB-5)', () => {
    const first = anAttempt()
    const unknown = apply(
      started(first),
      observed(first, { source: 'response', status: 'unknown' }),
    ).payment
    assert.equal(unknown.attempts[0]?.status, 'unknown_outcome')
    assert.equal(unknown.status, 'processing')
    const again = (at: number) =>
      decide(unknown, { type: 'attempt_started', attempt: anAttempt(), at })
    assert.deepEqual(again(T0 + 119_999), {
      kind: 'refused',
      refusal: { code: 'attempt_unresolved', attemptId: first.attemptId, retryAt: T0 + 120_000 },
    })
    assert.equal(again(T0 + 120_000).kind, 'change')
  })

  test('the eleventh attempt is refused (CK-40)', () => {
    let payment = aPayment()
    for (let i = 0; i < MAX_ATTEMPTS; i++) {
      const attempt = anAttempt({ createdAt: T0 })
      payment = apply(payment, { type: 'attempt_started', attempt, at: T0 }).payment
      payment = apply(
        payment,
        observed(attempt, { source: 'response', status: i < 9 ? 'failed' : 'requires_action' }),
      ).payment
    }
    const decision = decide(payment, { type: 'attempt_started', attempt: anAttempt(), at: T0 })
    assert.deepEqual(decision, { kind: 'refused', refusal: { code: 'attempts_exhausted' } })
  })

  test('the tenth failure ends the payment', () => {
    let payment = aPayment()
    for (let i = 0; i < MAX_ATTEMPTS; i++) {
      const attempt = anAttempt()
      payment = apply(payment, { type: 'attempt_started', attempt, at: T0 }).payment
      payment = apply(payment, observed(attempt, { source: 'response', status: 'failed' })).payment
    }
    assert.equal(payment.status, 'failed')
  })

  test('an order unknown to the wallet is no failure before its time and grace are over', () => {
    const attempt = anAttempt()
    const shown = apply(
      started(attempt),
      observed(attempt, {
        source: 'response',
        status: 'requires_action',
        nextAction: { type: 'none' },
      }),
    ).payment
    assert.deepEqual(decide(shown, observed(attempt, { source: 'query', status: 'absent' })), {
      kind: 'known',
    })
    const over = apply(
      shown,
      observed(
        attempt,
        { source: 'query', status: 'absent' },
        { absentIsFinal: true, at: shown.expiresAt + 300_000 },
      ),
    )
    assert.equal(over.attempts[0]?.status, 'expired')
    assert.equal(over.payment.status, 'expired')
  })

  test('an attempt whose hub died before the wallet answered fails once the call is certainly over', () => {
    const attempt = anAttempt()
    const absent = (at: number) =>
      decide(started(attempt), observed(attempt, { source: 'query', status: 'absent' }, { at }))
    assert.deepEqual(absent(T0 + 59_999), { kind: 'known' })
    const decision = absent(T0 + 60_000)
    assert(decision.kind === 'change')
    assert.equal(decision.change.attempts[0]?.status, 'failed')
    assert.deepEqual(decision.change.attempts[0]?.problem, { category: 'retry_new' })
  })

  test('an order that a payer begins after the payment was canceled is ended at its wallet after all', () => {
    const attempt = anAttempt()
    const wanted = apply(started(attempt), { type: 'cancel_requested', at: T0 }).payment
    const closing = { closing: true, at: T0 + 1 }
    const absent = observed(attempt, { source: 'response', status: 'absent' }, closing)
    const canceled = apply(wanted, absent).payment
    assert.equal(canceled.status, 'canceled')
    assert.equal(nextResolve(canceled, new Map(), T0), null)

    // The wallet's answer to our own start comes late and tells nothing about the payer.
    const shown = apply(
      canceled,
      observed(attempt, { source: 'response', status: 'requires_action' }),
    ).payment
    assert.equal(nextResolve(shown, new Map(), T0), null)

    const begun = apply(shown, observed(attempt, { source: 'query', status: 'requires_action' }))
    assert.equal(begun.payment.status, 'canceled')
    assert.equal(nextResolve(begun.payment, new Map(), T0), T0)
    const closed = observed(attempt, { source: 'response', status: 'closed' }, closing)
    assert.equal(apply(begun.payment, closed).attempts[0]?.status, 'canceled')
  })

  test('a paid payment refuses cancel and new attempts', () => {
    const attempt = anAttempt()
    const paid = apply(started(attempt), observed(attempt, success())).payment
    assert.deepEqual(decide(paid, { type: 'cancel_requested', at: T0 }), {
      kind: 'refused',
      refusal: { code: 'payment_paid' },
    })
    assert.deepEqual(decide(paid, { type: 'attempt_started', attempt: anAttempt(), at: T0 }), {
      kind: 'refused',
      refusal: { code: 'payment_paid' },
    })
  })

  test('time alone does not end a payment whose attempt may still be paid: the wallet is asked first', () => {
    const attempt = anAttempt()
    const open = started(attempt)
    const change = apply(open, { type: 'time_passed', at: open.expiresAt })
    assert.notEqual(change.payment.status, 'expired')
    assert.equal(change.attempts[0]?.details.closing, true)
    const closed = apply(
      change.payment,
      observed(
        attempt,
        { source: 'response', status: 'closed' },
        { closing: true, at: open.expiresAt + 500 },
      ),
    )
    assert.equal(closed.payment.status, 'expired')
  })
})

// Random stories: two attempts, anything wallets may say in any order, commands in between. Money
// that comes and goes back whole has its own tests: there the order decides what the merchant heard.
const STATUSES: ObservedStatus[] = [
  'absent',
  'requires_action',
  'processing',
  'succeeded',
  'closed',
  'failed',
  'unknown',
]

const ATTEMPTS = [
  anAttempt({ attemptId: 'att_a', createdAt: T0 - 130_000 }),
  anAttempt({ attemptId: 'att_b' }),
]

const anObservation = fc.record({
  type: fc.constant('observed' as const),
  attemptId: fc.constantFrom('att_a', 'att_b'),
  at: fc.integer({ min: T0, max: T0 + 3_600_000 }),
  absentIsFinal: fc.boolean(),
  closing: fc.boolean(),
  observation: fc
    .record({
      source: fc.constantFrom('response' as const, 'query' as const, 'notification' as const),
      status: fc.constantFrom(...STATUSES),
      wrong: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ source, status, wrong }) => ({
      source,
      status,
      ...(status === 'succeeded' && {
        money: { amount: wrong === 0 ? 1n : 8850n, currency: 'CNY' },
      }),
    })),
})

const aCommand: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({
    type: fc.constant('cancel_requested' as const),
    at: fc.integer({ min: T0, max: T0 + 3_600_000 }),
  }),
  fc.record({
    type: fc.constant('time_passed' as const),
    at: fc.integer({ min: T0, max: T0 + 3_600_000 }),
  }),
)

const aStory = fc.array(
  fc.oneof({ weight: 5, arbitrary: anObservation }, { weight: 1, arbitrary: aCommand }),
  { maxLength: 30 },
)

function begin(): Payment {
  const [a, b] = ATTEMPTS
  assert(a && b)
  return started(b, started(a))
}

interface Told {
  payment: Payment
  changes: Change[]
}

function tell(facts: readonly Fact[], start = begin()): Told {
  const changes: Change[] = []
  let payment = start
  for (const fact of facts) {
    const decision = decide(payment, fact)
    if (decision.kind !== 'change') continue
    changes.push(decision.change)
    payment = decision.change.payment
  }
  return { payment, changes }
}

describe('properties', () => {
  test('I1: captured and owed money equal what verified successes say', () => {
    fc.assert(
      fc.property(aStory, (facts) => {
        const { payment } = tell(facts)
        const succeeded = new Set(
          facts.flatMap((f) =>
            f.type === 'observed' &&
            f.observation.status === 'succeeded' &&
            f.observation.money?.amount === 8850n
              ? [f.attemptId]
              : [],
          ),
        )
        assert.equal(
          payment.amountCaptured + payment.amountRefundDue,
          8850n * BigInt(succeeded.size),
        )
        assert(payment.amountCaptured <= payment.amount)
        assert.equal(payment.status === 'succeeded', payment.amountCaptured > 0n)
      }),
      { numRuns: 2000 },
    )
  })

  test('I2: every change balances, and balances equal the money', () => {
    fc.assert(
      fc.property(aStory, (facts) => {
        const { payment, changes } = tell(facts)
        for (const { entries } of changes)
          assert.equal(
            entries.reduce((sum, e) => sum + e.amount, 0n),
            0n,
          )
        const balance = (account: string) =>
          changes
            .flatMap((c) => c.entries)
            .filter((e) => e.account === account)
            .reduce((sum, e) => sum + e.amount, 0n)
        assert.equal(balance('sales'), -payment.amountCaptured)
        assert.equal(balance('refunds_due'), -payment.amountRefundDue)
      }),
      { numRuns: 1000 },
    )
  })

  test('I4: the same fact again changes nothing', () => {
    fc.assert(
      fc.property(aStory, (facts) => {
        let payment = begin()
        for (const fact of facts) {
          const first = decide(payment, fact)
          if (first.kind !== 'change') continue
          payment = first.change.payment
          assert.notEqual(
            decide(payment, fact).kind,
            'change',
            JSON.stringify(fact, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
          )
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('I5: the order of what wallets tell does not change the end', () => {
    const observations = fc.array(anObservation, { maxLength: 12 })
    fc.assert(
      fc.property(
        observations.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([facts, shuffled]) => {
          const end = (told: Told) => ({
            captured: told.payment.amountCaptured,
            owed: told.payment.amountRefundDue,
            succeeded: told.payment.status === 'succeeded',
            attempts: told.payment.attempts.map((a) => a.amountCaptured),
          })
          assert.deepEqual(end(tell(facts)), end(tell(shuffled)))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('I6 and OB-1: forward only, one event per change of status, numbered without gaps', () => {
    fc.assert(
      fc.property(aStory, (facts) => {
        let before = begin()
        for (const { payment, events, decidedOn } of tell(facts).changes) {
          assert.equal(decidedOn, before.version)
          assert.equal(payment.version, before.version + 1)
          assert.equal(payment.eventCount, before.eventCount + events.length)
          if (payment.status !== before.status) {
            assert(
              RANK[payment.status] > RANK[before.status],
              `${before.status} to ${payment.status}`,
            )
            assert.equal(events.filter((e) => e === `payment.${payment.status}`).length, 1)
          } else assert(events.every((e) => e !== `payment.${payment.status}`))
          before = payment
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('payments to an address', () => {
  const CHAIN = {
    askedSat: 5_000,
    seenSat: 5_000,
    confirmedSat: 5_000,
    creditedSat: 0,
    heldSat: 0,
    reversedSat: 0,
    dueSat: 0,
    confirmations: 1,
    requiredConfirmations: 1,
    flags: [],
    payments: [],
  }

  test('an answer from an older memory changes nothing and is asked for again', () => {
    const attempt = anAttempt()
    const seen = { source: 'query', status: 'processing', memory: 'two' } as const
    const payment = apply(started(attempt), observed(attempt, seen, { basedOn: null })).payment
    const older = { source: 'query', status: 'closed', memory: 'one' } as const
    assert.deepEqual(decide(payment, observed(attempt, older, { basedOn: null })), {
      kind: 'refused',
      refusal: { code: 'stale_observation' },
    })
    const newer = { ...older, memory: 'three' }
    const change = apply(payment, observed(attempt, newer, { basedOn: 'two' }))
    assert.equal(change.attempts[0]?.details.memory, 'three')
  })

  test('a part of the sum is not too much, as long as the payer may still add to it', () => {
    const attempt = anAttempt()
    const part = { ...CHAIN, confirmedSat: 3_000, heldSat: 3_000, dueSat: 2_000 }
    const waiting = apply(
      started(attempt),
      observed(attempt, { source: 'query', status: 'requires_action', chain: part }),
    )
    assert.deepEqual(waiting.events, ['payment.requires_action'])
    const whole = { ...CHAIN, creditedSat: 5_000 }
    const paid = apply(waiting.payment, observed(attempt, success({ chain: whole })))
    assert.deepEqual(paid.events, ['payment.succeeded'])
    const ended = apply(
      waiting.payment,
      observed(attempt, { source: 'query', status: 'closed', chain: part }),
    )
    assert.deepEqual(ended.events, ['payment.overpaid'])
  })

  test('money that leaves a settled payment again is told, also where it is only a part', () => {
    const attempt = anAttempt()
    const settled = { ...CHAIN, creditedSat: 5_000 }
    const paid = apply(started(attempt), observed(attempt, success({ chain: settled }))).payment
    const some = success({ chain: { ...settled, creditedSat: 3_000, reversedSat: 2_000 } })
    const first = apply(paid, observed(attempt, some))
    assert.deepEqual(first.events, ['payment.quarantined'])
    assert.equal(first.attempts[0]?.details.conflict, 'status')
    assert.equal(first.attempts[0]?.details.chain?.reversedSat, 2_000)
    assert.deepEqual(decide(first.payment, observed(attempt, some)), { kind: 'known' })
    assert.equal(first.payment.status, 'succeeded')
  })
})
