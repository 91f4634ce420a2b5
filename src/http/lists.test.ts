import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { order, startTestHub, type TestHub, type TestMerchant } from './testing.ts'

let hub: TestHub
before(async () => {
  hub = await startTestHub()
})
after(() => hub.close())

interface Page {
  ids: string[]
  next: string | null
  prev: string | null
  more: boolean
}

async function page(shop: TestMerchant, query: string): Promise<Page> {
  const { status, body, text } = await shop.send('GET', `/v1/payments?${query}`)
  assert.equal(status, 200, text)
  const data: unknown[] = Array.isArray(body.data) ? body.data : []
  const ids = data.map((item) =>
    typeof item === 'object' && item !== null && 'id' in item ? String(item.id) : '',
  )
  const cursor = (value: unknown) => (typeof value === 'string' ? value : null)
  return {
    ids,
    next: cursor(body.next_cursor),
    prev: cursor(body.prev_cursor),
    more: body.has_more === true,
  }
}

async function create(shop: TestMerchant): Promise<string> {
  hub.clock.at += 1
  return String((await shop.send('POST', '/v1/payments', order())).body.id)
}

test('AP-28 a walk during inserts and updates gives every row of its start exactly once, both ways', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom('insert', 'update', 'nothing'), { maxLength: 12 }),
      async (rows, limit, meanwhile) => {
        const shop = await hub.merchant()
        const start: string[] = []
        for (let i = 0; i < rows; i++) start.push(await create(shop))
        const events = [...meanwhile]
        const disturb = async () => {
          const event = events.shift()
          if (event === 'insert') await create(shop)
          const some = start[events.length % Math.max(1, start.length)]
          if (event === 'update' && some)
            await shop.send('POST', `/v1/payments/${some}/attempts`, {
              wallet: 'paper',
              surface: 'qr',
            })
        }
        const seen: string[] = []
        let last: Page | undefined
        for (let query = `limit=${limit}`; ; ) {
          last = await page(shop, query)
          seen.push(...last.ids)
          assert.equal(last.more, last.next !== null)
          if (last.next === null) break
          await disturb()
          query = `limit=${limit}&after=${last.next}`
        }
        assert.deepEqual(seen, start.toReversed())
        // And back: everything before the last page, in the same order.
        const back: string[] = []
        for (let prev = last.prev; prev !== null; ) {
          const before = await page(shop, `limit=${limit}&before=${prev}`)
          back.unshift(...before.ids)
          prev = before.prev
        }
        const expected = seen.slice(0, seen.length - last.ids.length)
        assert.deepEqual(
          back.filter((id) => start.includes(id)),
          expected,
        )
      },
    ),
    { numRuns: 12 },
  )
})

test('AP-26 the default is 20, newest first', async () => {
  const shop = await hub.merchant()
  const made: string[] = []
  for (let i = 0; i < 22; i++) made.push(await create(shop))
  const first = await page(shop, '')
  assert.deepEqual(first.ids, made.toReversed().slice(0, 20))
  assert.equal(first.prev, null)
  const all = await page(shop, 'limit=100')
  assert.equal(all.ids.length, 22)
  assert.equal(all.next, null)
})

test('AP-27 a cursor that was changed, is foreign or belongs to another filter is refused', async () => {
  const [mine, other] = [await hub.merchant(), await hub.merchant()]
  for (let i = 0; i < 3; i++) await create(mine)
  const { next } = await page(mine, 'limit=1')
  assert.ok(next)
  const flipped = (next.startsWith('A') ? 'B' : 'A') + next.slice(1)
  const tries: [TestMerchant, string][] = [
    [mine, `after=${flipped}`],
    [mine, `after=${next}A`],
    [mine, `after=${next}%3D`],
    [mine, 'after=pay_01jd3v0m8q4w5x6y7z8a9bcdef'],
    [mine, 'before=x'],
    [mine, `after=${next}&status=created`],
    [mine, `after=${next}&before=${next}`],
    [other, `after=${next}`],
  ]
  for (const [shop, query] of tries) {
    const answer = await shop.send('GET', `/v1/payments?${query}`)
    assert.equal(answer.status, 400, query)
    assert.equal(answer.body.code, 'cursor_invalid', query)
  }
  const elsewhere = await mine.send('GET', `/v1/events?after=${next}`)
  assert.equal(elsewhere.body.code, 'cursor_invalid')
})

test('AP-26 every list has the same form, and its cursors lead through it', async () => {
  const shop = await hub.merchant()
  for (let i = 0; i < 3; i++) {
    await create(shop)
    await shop.send('POST', '/v1/api_keys', { name: `k${i}` })
    await shop.send('POST', '/v1/webhook_endpoints', { url: `https://shop.tongbao-test.com/${i}` })
    await shop.send('POST', '/v1/wallet_accounts', {
      wallet: 'paper',
      name: `p${i}`,
      fields: { shop: 's', key: 'k' },
    })
  }
  for (const path of [
    '/v1/payments',
    '/v1/events',
    '/v1/api_keys',
    '/v1/webhook_endpoints',
    '/v1/wallet_accounts',
  ]) {
    const whole = await shop.send('GET', `${path}?limit=100`)
    const ids = idsOf(whole.body.data)
    assert.ok(ids.length >= 3, path)
    const walked: string[] = []
    for (let query = 'limit=2'; ; ) {
      const { body } = await shop.send('GET', `${path}?${query}`)
      assert.deepEqual(Object.keys(body), [
        'object',
        'data',
        'has_more',
        'next_cursor',
        'prev_cursor',
      ])
      walked.push(...idsOf(body.data))
      if (typeof body.next_cursor !== 'string') break
      query = `limit=2&after=${body.next_cursor}`
    }
    assert.deepEqual(walked, ids, path)
  }
})

function idsOf(data: unknown): string[] {
  const items: unknown[] = Array.isArray(data) ? data : []
  return items.map((item) =>
    typeof item === 'object' && item !== null && 'id' in item ? String(item.id) : '',
  )
}
