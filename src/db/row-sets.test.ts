import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Columns, toArrays, unnest } from './row-sets.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let db: FreshDatabase
before(async () => {
  db = await freshDatabase({ size: 2 })
})
after(() => db.drop())

const COLUMNS = {
  name: 'text',
  amount: 'bigint',
  count: 'integer',
  live: 'boolean',
  at: 'timestamptz',
  data: 'json',
} as const satisfies Columns

const text = fc.string({ unit: 'binary' }).map((t) => t.replaceAll('\0', '').toWellFormed())

const row = fc.record({
  name: fc.option(fc.oneof(text, fc.constantFrom('NULL', 'null', '', '"', '\\', '{,}', ' a '))),
  amount: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  count: fc.option(fc.integer()),
  live: fc.option(fc.boolean()),
  at: fc.option(
    fc
      .date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
      .map((d) => d.toISOString()),
  ),
  data: fc.option(fc.oneof(text, fc.record({ a: text, b: fc.array(fc.integer()) }))),
})

test('every row arrives as it was sent, whatever its texts hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
      const { rows: arrived } = await db.pool.query({
        text: `select name, amount::text, count, live, extract(epoch from at) * 1000 as ms, data::text
          from ${unnest(COLUMNS, 'c', 1)}`,
        values: toArrays(COLUMNS, rows),
      })
      assert.deepEqual(
        arrived.map((each) => ({ ...each, ms: each.ms === null ? null : Number(each.ms) })),
        rows.map((each) => ({
          name: each.name,
          amount: each.amount?.toString() ?? null,
          count: each.count,
          live: each.live,
          ms: each.at === null ? null : Date.parse(each.at),
          data: each.data === null ? null : JSON.stringify(each.data),
        })),
      )
    }),
    { numRuns: 200 },
  )
})
