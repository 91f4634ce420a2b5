import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, mayHaveActed, openProblem, problem, withoutNumbers } from './call.ts'
import { lost, refusedConnection, script } from './testing.ts'

const request = { method: 'GET', url: 'https://acquirer.example.test/', headers: {} } as const

test('silence is a value that says whether anything was sent', async () => {
  const { ports } = script(lost, refusedConnection)
  const first = await call(ports, request)
  assert.deepEqual([mayHaveActed(first), openProblem(first).category], [true, 'unknown_outcome'])
  const second = await call(ports, request)
  assert.deepEqual([mayHaveActed(second), openProblem(second).category], [false, 'provider_down'])
})

test('a fault of the server may have acted, a refusal has not', async () => {
  const { ports } = script({ status: 502, body: {} }, { status: 422, body: {} })
  assert.equal(mayHaveActed(await call(ports, request)), true)
  assert.equal(mayHaveActed(await call(ports, request)), false)
})

test('an answer is read as an object or as a list of objects, never as a guess', async () => {
  const { ports } = script({ status: 200, body: [{ a: 1 }, 2] }, { status: 200, body: 'text' })
  assert.deepEqual(await call(ports, request), {
    kind: 'answer',
    status: 200,
    body: {},
    list: [{ a: 1 }],
  })
  assert.deepEqual(await call(ports, request), { kind: 'answer', status: 200, body: {}, list: [] })
})

test('a bug of our own is no silence', async () => {
  const { ports } = script()
  await assert.rejects(call(ports, request), /no answer prepared/)
})

test('what could be a card number is blotted out of words that are kept', () => {
  for (const number of ['4242424242424242', '4242 4242 4242 4242', '3782-822463-10005']) {
    assert.equal(withoutNumbers(`card ${number} declined`), 'card [number] declined')
  }
  assert.equal(withoutNumbers('request 20261122 took 1099'), 'request 20261122 took 1099')
  assert.deepEqual(problem('retry_new', 'x4242424242424242', 'no 4242424242424242'), {
    category: 'retry_new',
    walletCode: 'x[number]',
    walletMessage: 'no [number]',
  })
})
