// A slow endpoint gets one slot, a quick one four, and who is refused comes back later and later.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots, MOST, type Slots, type Turn } from './slots.ts'

const QUICK = { arrived: true, durationMs: 5 }

function heldClock() {
  let now = Date.UTC(2025, 0, 1)
  return { now: () => now, pass: (ms: number) => (now += ms) }
}

async function taken(turn: Promise<Turn>) {
  const found = await turn
  if (!found.taken) throw new Error('refused')
  return found
}

async function refused(turn: Promise<Turn>): Promise<number> {
  const found = await turn
  if (found.taken) throw new Error('not refused')
  return found.again
}

async function proveQuick(slots: Slots, key: string) {
  for (let i = 0; i < MOST; i++) (await taken(slots.take(key))).release(QUICK)
}

test('an unknown endpoint gets one slot, a quick one at most four', async () => {
  const slots = createSlots(heldClock())
  const first = await taken(slots.take('a'))
  const second = slots.take('a')
  first.release(undefined)
  ;(await taken(second)).release(QUICK)
  await proveQuick(slots, 'a')
  const four = await Promise.all(Array.from({ length: MOST }, () => taken(slots.take('a'))))
  const fifth = slots.take('a')
  four[0]?.release(QUICK)
  assert.ok((await fifth).taken)
})

test('a slot that was not used proves nothing', async () => {
  const slots = createSlots(heldClock())
  for (let i = 0; i < 5; i++) (await taken(slots.take('a'))).release(undefined)
  const running = await taken(slots.take('a'))
  const waiting = slots.take('a')
  running.release({ arrived: false, durationMs: 5 })
  await refused(waiting)
})

test('an endpoint with a try older than 2 s gets no further slot; others do', async () => {
  const clock = heldClock()
  const slots = createSlots(clock)
  await proveQuick(slots, 'a')
  const slow = await taken(slots.take('a'))
  clock.pass(2_001)
  await refused(slots.take('a'))
  await taken(slots.take('b'))
  slow.release({ arrived: true, durationMs: 2_001 })
  // Arrived, but not quickly: one slot, and nobody waits here for the next.
  await taken(slots.take('a'))
  await refused(slots.take('a'))
})

test('a failure leaves one slot', async () => {
  const slots = createSlots(heldClock())
  await proveQuick(slots, 'a')
  ;(await taken(slots.take('a'))).release({ arrived: false, durationMs: 5 })
  await taken(slots.take('a'))
  await refused(slots.take('a'))
})

test('a long line is told to come at different times, the last within five minutes', async () => {
  const clock = heldClock()
  const slots = createSlots(clock)
  await taken(slots.take('a'))
  clock.pass(20_000)
  const times: number[] = []
  for (let i = 0; i < 100; i++) times.push((await refused(slots.take('a'))) - clock.now())
  assert.deepEqual(times.slice(0, 3), [20_000, 40_000, 60_000])
  assert.equal(Math.max(...times), 300_000)
})
