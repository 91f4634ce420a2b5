import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTurns, MOST, STUCK_MS } from './turns.ts'

function lines() {
  let now = 0
  const turns = createTurns({ now: () => now })
  return {
    take: (...accounts: string[]) => turns.take(accounts),
    async fill(account: string) {
      return Promise.all(Array.from({ length: MOST }, () => turns.take([account])))
    },
    pass: (ms: number) => {
      now += ms
    },
  }
}

describe('turns at wallet accounts', () => {
  it('are free up to the limit, each account for itself', async () => {
    const { take, fill } = lines()
    assert.ok((await fill('a')).every((end) => end !== undefined))
    assert.ok(await take('b'))
  })

  it('pass on to whoever waits', async () => {
    const { take, fill } = lines()
    const [first] = await fill('a')
    const waiting = take('a')
    first?.()
    assert.ok(await waiting)
  })

  it('are refused at once where somebody has waited for the wallet for long', async () => {
    const { take, fill, pass } = lines()
    await fill('a')
    pass(STUCK_MS)
    assert.equal(await take('a'), undefined)
    assert.ok(await take('b'))
  })

  it('are all given back when one of several is refused', async () => {
    const { take, fill, pass } = lines()
    await fill('stuck')
    pass(STUCK_MS)
    for (let i = 0; i < MOST; i++) assert.equal(await take('free', 'stuck'), undefined)
    assert.ok(await take('free'))
  })

  it('at no account are always free', async () => {
    assert.ok(await lines().take())
  })
})
