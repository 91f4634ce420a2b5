// Proves that npm test tells how its tests are chosen, before anything is installed or run.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const TEST = fileURLToPath(new URL('test.mjs', import.meta.url))
const run = (...args: string[]) =>
  spawnSync(process.execPath, [TEST, ...args], { encoding: 'utf8', timeout: 10_000 })

test('--help explains the filter and runs nothing', () => {
  for (const flags of [['--help'], ['-h'], ['alipay', '--help']]) {
    const { status, stdout, stderr } = run(...flags)
    assert.equal(status, 0)
    assert.match(stdout, /npm test -- WORD … +only the test files whose path contains every WORD/)
    assert.doesNotMatch(stdout, /== /)
    assert.equal(stderr, '')
  }
})

test('an unknown flag is refused, not taken for a part of a path', () => {
  const { status, stderr } = run('--watch')
  assert.equal(status, 1)
  assert.equal(stderr, 'Unknown argument "--watch"; "npm test -- --help" lists what there is.\n')
})
