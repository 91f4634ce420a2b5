// Who may use the control API, wrong settings, a port in use.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { startSandbox } from './server.ts'
import { readSettings } from './settings.ts'
import { setup } from './test-support.ts'

test('the control API refuses a name that is not this machine’s', async () => {
  await using world = await setup()
  const status = await new Promise((resolve, reject) => {
    request(
      `${world.sandbox.url}/control/clock`,
      { headers: { host: 'evil.example' } },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      },
    )
      .on('error', reject)
      .end()
  })
  assert.equal(status, 403)
})

test('a form cannot reach the control API from a foreign page', async () => {
  await using world = await setup()
  const answer = await fetch(`${world.sandbox.url}/control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'kind=trade_second',
  })
  assert.equal(answer.status, 400)
})

test('the clock runs faster and jumps ahead, never back', async () => {
  let real = 1_000_000
  await using world = await setup({ clock: { now: () => real } })
  const now = async () => Date.parse(String((await world.control('clock')).now))
  await world.control('clock/scale', { scale: 60 })
  real += 1_000
  assert.equal(await now(), 1_060_000)
  await world.control('clock/advance', { seconds: 5 })
  assert.equal(await now(), 1_065_000)
  assert.ok((await world.control('clock/advance', { seconds: -1 })).problem)
  assert.ok((await world.control('clock/scale', { scale: 0 })).problem)
})

test('a used port stops the start', async () => {
  await using world = await setup()
  const port = Number(new URL(world.sandbox.url).port)
  await assert.rejects(startSandbox({ port }), { code: 'EADDRINUSE' })
})

test('a wrong setting is named', () => {
  const problem = (environment: Record<string, string>) => JSON.stringify(readSettings(environment))
  assert.match(problem({ TONGBAO_SANDBOX_PORT: 'x' }), /problem.*TONGBAO_SANDBOX_PORT/)
  assert.match(problem({ TONGBAO_SANDBOX_TLS_PORT: '-1' }), /problem.*TONGBAO_SANDBOX_TLS_PORT/)
  assert.match(problem({ TONGBAO_HUB_URL: 'ftp://x' }), /problem.*TONGBAO_HUB_URL/)
  assert.match(
    problem({ TONGBAO_SANDBOX_BLOCK_SECONDS: '-1' }),
    /problem.*TONGBAO_SANDBOX_BLOCK_SECONDS/,
  )
  assert.match(problem({ TONGBAO_SANDBOX_OPEN: 'yes' }), /problem.*TONGBAO_SANDBOX_OPEN/)
  assert.doesNotMatch(problem({}), /problem/)
})
