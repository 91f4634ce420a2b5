import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshDatabase } from '../db/testing.ts'
import { hashKey } from '../merchants/key-format.ts'
import { merchantCommand } from './merchant.ts'

test('makes a merchant with a live key that is stored as a hash only', async () => {
  const db = await freshDatabase({ size: 2 })
  try {
    const lines: string[] = []
    const code = await merchantCommand(
      ['--name', 'Hillside Tea', '--email', 'help@hillside.example'],
      { DATABASE_URL: db.url },
      (line) => lines.push(line),
    )
    assert.equal(code, 0)
    const key = /^API key {3}(tb_live_sk_\w+)$/.exec(lines[1] ?? '')?.[1] ?? ''
    const { rows } = await db.pool.query(
      'select k.hash, k.livemode, m.name, m.settings from api_keys k join merchants m using (merchant_id)',
    )
    assert.deepEqual(rows, [
      {
        hash: hashKey(key),
        livemode: true,
        name: 'Hillside Tea',
        settings: { support: { email: 'help@hillside.example' } },
      },
    ])
  } finally {
    await db.drop()
  }
})

for (const [argv, sentence] of [
  [[], /--name is missing/],
  [['--name', 'X', '--mode', 'real'], /--mode is "real"; expected test or live/],
  [['--name', 'X', '--data', '/nowhere'], /There is no database: set DATABASE_URL/],
  [['--nmae', 'X'], /Unknown option '--nmae'/],
] as const) {
  test(`refuses ${JSON.stringify(argv)} with a sentence`, async () => {
    await assert.rejects(
      merchantCommand([...argv], {}, () => {}),
      sentence,
    )
  })
}
