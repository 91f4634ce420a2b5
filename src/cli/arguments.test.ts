import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseArguments } from './arguments.ts'

describe('the flags of npm start', () => {
  it('have defaults', () => {
    assert.deepEqual(parseArguments([]), { dataFolder: 'data', port: 8800, watch: false })
  })

  it('take a value behind a space or an equals sign', () => {
    const expected = { dataFolder: '/srv/a=b', port: 9000, watch: true }
    assert.deepEqual(parseArguments(['--data', '/srv/a=b', '--port=9000', '--watch']), expected)
    assert.deepEqual(parseArguments(['--data=/srv/a=b', '--port', '9000', '--watch']), expected)
  })

  it('show help', () => {
    assert.equal(parseArguments(['--help']), 'help')
  })

  const refusals: [string[], RegExp][] = [
    [['--prot', '1'], /^Unknown argument "--prot"/],
    [['data'], /^Unknown argument "data"/],
    [['--watch=yes'], /^Unknown argument "--watch=yes"/],
    [['--data'], /^--data needs a value/],
    [['--data='], /^--data needs a value/],
    [['--data', '--port', '1'], /^--data needs a value/],
    [['--port', '0'], /^--port is "0"; expected a number from 1 to 65532\.$/],
    [['--port', '65533'], /^--port is "65533"/],
    [['--port', '8e3'], /^--port is "8e3"/],
  ]
  for (const [argv, message] of refusals) {
    it(`refuse ${argv.join(' ')}`, () => {
      assert.throws(() => parseArguments(argv), { message })
    })
  }
})
