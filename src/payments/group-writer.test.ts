import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createGroupWriter, OutcomeUnknown } from './group-writer.ts'

interface Item {
  key: string
  bad?: boolean
}

class Lost extends Error {}

function writerOf(write: (items: readonly Item[]) => Promise<string[]>, options = {}) {
  return createGroupWriter<Item, string>({
    write,
    keyOf: (item) => item.key,
    failed: async (_item, error) => {
      throw error
    },
    isLost: (error) => error instanceof Lost,
    maxItems: 4,
    lanes: 2,
    ...options,
  })
}

describe('group writer', () => {
  test('callers of one turn share a group', async () => {
    const groups: number[] = []
    const writer = writerOf(async (items) => {
      groups.push(items.length)
      return items.map((i) => i.key)
    })
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((key) => writer.write({ key }))), [
      'a',
      'b',
      'c',
    ])
    assert.deepEqual(groups, [3])
  })

  test('equal keys are never written at the same time, and every item is answered in its own order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 60 }),
        async (keys) => {
          const busy = new Set<string>()
          const writer = writerOf(async (items) => {
            assert(items.length <= 4)
            for (const { key } of items) {
              assert(!busy.has(key), `${key} is being written already`)
              busy.add(key)
            }
            await new Promise((resolve) => setImmediate(resolve))
            for (const { key } of items) busy.delete(key)
            return items.map((i) => i.key)
          })
          assert.deepEqual(await Promise.all(keys.map((key) => writer.write({ key }))), keys)
          await writer.drain()
        },
      ),
      { numRuns: 100 },
    )
  })

  test('bad items fail alone, whatever group they are in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (bad) => {
        const writer = writerOf(async (items) => {
          if (items.some((i) => i.bad)) throw new Error('bad row')
          return items.map((i) => i.key)
        })
        const results = await Promise.allSettled(
          bad.map((b, i) => writer.write({ key: `${i}`, bad: b })),
        )
        assert.deepEqual(
          results.map((r) => r.status === 'rejected'),
          bad,
        )
      }),
      { numRuns: 100 },
    )
  })

  test('a lost connection is no reason to write again: each caller is told that the outcome is unknown', async () => {
    let calls = 0
    const writer = writerOf(async () => {
      calls++
      throw new Lost('reset')
    })
    const results = await Promise.allSettled(['a', 'b'].map((key) => writer.write({ key })))
    assert(results.every((r) => r.status === 'rejected' && r.reason instanceof OutcomeUnknown))
    assert.equal(calls, 1)
  })
})
