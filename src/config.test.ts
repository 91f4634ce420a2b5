import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'tongbao-config-'))
after(() => rmSync(folder, { recursive: true }))

const GOOD = {
  TONGBAO_MODE: 'test',
  TONGBAO_URL: 'http://127.0.0.1:8800',
  DATABASE_URL: 'postgresql://tongbao@db/tongbao',
  TONGBAO_DATA: join(folder, 'hub'),
}

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.message, error.problems.join('\n'))
    return error.problems
  }
  return []
}

describe('configuration', () => {
  it('fills in what is absent', () => {
    const { masterKey, ...rest } = readConfig(GOOD)
    assert.equal(masterKey.length, 32)
    assert.deepEqual(rest, {
      mode: 'test',
      host: '127.0.0.1',
      port: 8800,
      adminPort: 8803,
      url: 'http://127.0.0.1:8800',
      databaseUrl: 'postgresql://tongbao@db/tongbao',
      dataFolder: join(folder, 'hub'),
      sandboxUrl: undefined,
      shopUrl: undefined,
      roles: new Set(['api', 'worker']),
      logLevel: 'info',
      trustedProxies: [],
      webhookPorts: new Set([443]),
      webhookTestOrigins: undefined,
      privateOrigins: [],
      poolSize: 10,
    })
  })

  it('reads every setting', () => {
    const config = readConfig({
      ...GOOD,
      TONGBAO_HOST: '0.0.0.0',
      TONGBAO_PORT: '9000',
      TONGBAO_ADMIN_PORT: '9009',
      TONGBAO_URL: 'https://Pay.Example.com/',
      TONGBAO_SANDBOX_URL: 'http://127.0.0.1:9001',
      TONGBAO_SHOP_URL: 'http://127.0.0.1:9002',
      TONGBAO_ROLES: 'worker',
      TONGBAO_LOG_LEVEL: 'debug',
      TONGBAO_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8',
      TONGBAO_WEBHOOK_PORTS: '443,8443',
      TONGBAO_WEBHOOK_TEST_ORIGINS: 'http://127.0.0.1:7003, http://localhost:7004/',
      TONGBAO_POOL_SIZE: '20',
    })
    assert.equal(config.url, 'https://pay.example.com')
    assert.deepEqual(config.roles, new Set(['worker']))
    assert.deepEqual(config.trustedProxies, ['10.0.0.0/8', 'fd00::/8'])
    assert.deepEqual(config.webhookPorts, new Set([443, 8443]))
    assert.deepEqual(config.webhookTestOrigins, ['http://127.0.0.1:7003', 'http://localhost:7004'])
    assert.equal(config.poolSize, 20)
  })

  const refusals: [string, string | undefined, RegExp][] = [
    ['TONGBAO_MODE', 'prod', /^TONGBAO_MODE is "prod"; expected test or live\.$/],
    ['TONGBAO_HOST', 'example.com', /^TONGBAO_HOST is "example.com"; expected an IP address/],
    ['TONGBAO_PORT', '0', /^TONGBAO_PORT is "0"; expected a whole number from 1 to 65535\.$/],
    ['TONGBAO_PORT', '88e2', /^TONGBAO_PORT is "88e2"/],
    ['TONGBAO_PORT', ' 80', /^TONGBAO_PORT is " 80"/],
    ['TONGBAO_ADMIN_PORT', '65536', /^TONGBAO_ADMIN_PORT is "65536"/],
    ['TONGBAO_ADMIN_PORT', '8800', /^TONGBAO_ADMIN_PORT is "8800"; expected another port/],
    ['TONGBAO_URL', undefined, /^TONGBAO_URL is missing; expected an http or https address/],
    ['TONGBAO_URL', '', /^TONGBAO_URL is missing/],
    ['TONGBAO_URL', 'pay.example.com', /^TONGBAO_URL is "pay.example.com"/],
    ['TONGBAO_URL', 'ftp://pay.example.com', /^TONGBAO_URL is /],
    ['TONGBAO_URL', 'https://pay.example.com/hub', /^TONGBAO_URL is .* without path/],
    ['TONGBAO_URL', 'https://user:pw@pay.example.com', /^TONGBAO_URL is /],
    ['DATABASE_URL', undefined, /^DATABASE_URL is missing; expected an address like postgresql:/],
    ['TONGBAO_SANDBOX_URL', 'x', /^TONGBAO_SANDBOX_URL is "x"/],
    ['TONGBAO_SHOP_URL', 'x', /^TONGBAO_SHOP_URL is "x"/],
    [
      'TONGBAO_ROLES',
      'api,web',
      /^TONGBAO_ROLES is "api,web"; expected one or more of api, worker\.$/,
    ],
    ['TONGBAO_LOG_LEVEL', 'loud', /^TONGBAO_LOG_LEVEL is "loud"; expected trace or /],
    [
      'TONGBAO_TRUSTED_PROXIES',
      '10.0.0.1',
      /^TONGBAO_TRUSTED_PROXIES is "10.0.0.1"; expected networks/,
    ],
    ['TONGBAO_TRUSTED_PROXIES', '0.0.0.0/0', /^TONGBAO_TRUSTED_PROXIES is /],
    ['TONGBAO_WEBHOOK_PORTS', '443,x', /^TONGBAO_WEBHOOK_PORTS is "443,x"; expected ports/],
    [
      'TONGBAO_WEBHOOK_TEST_ORIGINS',
      'http://127.0.0.1:7003/hooks',
      /^TONGBAO_WEBHOOK_TEST_ORIGINS is .*; expected addresses without path/,
    ],
    ['TONGBAO_POOL_SIZE', '1', /^TONGBAO_POOL_SIZE is "1"; expected a whole number from 2/],
    ['TONGBAO_MASTER_KEY_FILE', 'a\0b', /^TONGBAO_MASTER_KEY_FILE is "a\\u0000b"; expected a path/],
    ['TONGBAO_DATA', 'a\0b', /^TONGBAO_DATA is /],
    [
      'TONGBAO_TRUSTED_PROXY',
      '10.0.0.0/8',
      /^TONGBAO_TRUSTED_PROXY is not a setting; expected one of/,
    ],
    ['TONGBAO_CONFIG', join(folder, 'none.json'), /^TONGBAO_CONFIG is .* it cannot be read\.$/],
  ]
  for (const [name, text, expected] of refusals) {
    it(`refuses ${name} ${text === undefined ? 'absent' : JSON.stringify(text)}`, () => {
      const problems = problemsOf({ ...GOOD, [name]: text })
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', expected)
    })
  }

  it('names every wrong setting at once', () => {
    const problems = problemsOf({ TONGBAO_MODE: 'x', TONGBAO_PORT: 'y', TONGBAO_POOL_SIZE: 'z' })
    assert.deepEqual(
      problems.map((line) => line.split(' ')[0]),
      ['TONGBAO_MODE', 'TONGBAO_PORT', 'TONGBAO_URL', 'DATABASE_URL', 'TONGBAO_POOL_SIZE'],
    )
  })

  it('does not repeat a wrong DATABASE_URL, which may hold a password', () => {
    const [problem = ''] = problemsOf({ ...GOOD, DATABASE_URL: 'mysql://u:secret@db' })
    assert.match(problem, /^DATABASE_URL has a value of 19 characters \(not shown\); expected/)
    assert.doesNotMatch(problem, /secret/)
  })
})

describe('configuration in live mode', () => {
  const keyFile = join(folder, 'live.key')
  writeFileSync(keyFile, `${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o400 })
  const live = {
    ...GOOD,
    TONGBAO_MODE: 'live',
    TONGBAO_URL: 'https://pay.example.com',
    TONGBAO_MASTER_KEY_FILE: keyFile,
  }

  it('is accepted with an https address and a key', () => {
    assert.equal(readConfig(live).masterKey[0], 1)
  })

  it('is what an absent TONGBAO_MODE means', () => {
    assert.equal(readConfig({ ...live, TONGBAO_MODE: undefined }).mode, 'live')
  })

  it('refuses an address without https', () => {
    const problems = problemsOf({ ...live, TONGBAO_URL: 'http://pay.example.com' })
    assert.deepEqual(problems, [
      'TONGBAO_URL is "http://pay.example.com"; expected an https address in live mode.',
    ])
  })

  const testOnly = ['TONGBAO_SANDBOX_URL', 'TONGBAO_SHOP_URL', 'TONGBAO_WEBHOOK_TEST_ORIGINS']
  for (const name of testOnly) {
    it(`refuses ${name}`, () => {
      const problems = problemsOf({ ...live, [name]: 'http://127.0.0.1:9001' })
      assert.deepEqual(problems, [
        `${name} is "http://127.0.0.1:9001"; expected to be absent in live mode.`,
      ])
    })
  }

  it('never makes a master key', () => {
    const file = join(folder, 'absent.key')
    const [problem = ''] = problemsOf({ ...live, TONGBAO_MASTER_KEY_FILE: file })
    assert.match(problem, /^TONGBAO_MASTER_KEY_FILE: .*absent\.key does not exist; put your copy/)
    assert.equal(existsSync(file), false)
  })
})

describe('the master key', () => {
  it('is made once in test mode, for its owner only', () => {
    const environment = { ...GOOD, TONGBAO_DATA: join(folder, 'made') }
    const first = readConfig(environment).masterKey
    const file = join(folder, 'made', 'keys', 'master.key')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(readConfig(environment).masterKey, first)
  })

  for (const mode of [0o644, 0o640, 0o660, 0o700]) {
    it(`is refused with the mode ${mode.toString(8)}`, () => {
      const file = join(folder, `mode-${mode}.key`)
      writeFileSync(file, Buffer.alloc(32).toString('base64'))
      chmodSync(file, mode)
      const [problem = ''] = problemsOf({ ...GOOD, TONGBAO_MASTER_KEY_FILE: file })
      assert.ok(
        problem.includes(`has the mode 0${mode.toString(8)}; expected 0400 or 0600`),
        problem,
      )
    })
  }

  for (const text of [
    '',
    'short',
    Buffer.alloc(31).toString('base64'),
    'not base64 at all!'.repeat(3),
  ]) {
    it(`is refused when the file holds ${JSON.stringify(text)}`, () => {
      const file = join(mkdtempSync(join(folder, 'key-')), 'master.key')
      writeFileSync(file, text, { mode: 0o600 })
      const [problem = ''] = problemsOf({ ...GOOD, TONGBAO_MASTER_KEY_FILE: file })
      assert.match(problem, /does not hold 32 bytes as base64/)
      assert.ok(text === '' || !problem.includes(text))
    })
  }
})

describe('the settings file', () => {
  const write = (value: unknown) => {
    mkdirSync(folder, { recursive: true })
    const file = join(mkdtempSync(join(folder, 'file-')), 'settings.json')
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return file
  }

  it('gives settings, and a variable wins over it', () => {
    const file = write({
      TONGBAO_PORT: 9100,
      TONGBAO_POOL_SIZE: 7,
      TONGBAO_WEBHOOK_PORTS: [443, 444],
    })
    const config = readConfig({ ...GOOD, TONGBAO_CONFIG: file, TONGBAO_PORT: '9200' })
    assert.equal(config.port, 9200)
    assert.equal(config.poolSize, 7)
    assert.deepEqual(config.webhookPorts, new Set([443, 444]))
  })

  const refusals: [string, unknown, RegExp][] = [
    ['a name that is no setting', { PORT: 1 }, /^PORT is not a setting/],
    ['a value of another kind', { TONGBAO_PORT: true }, /^TONGBAO_PORT in .* is not a string/],
    ['a list at the top', [], /expected a file with one JSON object/],
    ['text that is not JSON', '{"DATABASE_URL": "secret', /but it is not JSON\.$/],
  ]
  for (const [what, value, expected] of refusals) {
    it(`is refused with ${what}`, () => {
      const [problem = ''] = problemsOf({ ...GOOD, TONGBAO_CONFIG: write(value) })
      assert.match(problem, expected)
      assert.doesNotMatch(problem, /secret/)
    })
  }
})
