// A start that cannot go well stops with one sentence that names the setting, and shows no secret.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { REFUSED } from '../../src/exit-codes.ts'
import { freePorts, startStack } from '../stack.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

let db: FreshDatabase
let folder: string
let settings: Record<string, string>

before(async () => {
  db = await freshDatabase()
  folder = mkdtempSync(join(tmpdir(), 'tongbao-refusals-'))
  const [port, admin] = await freePorts(2)
  settings = {
    TONGBAO_MODE: 'test',
    TONGBAO_PORT: String(port),
    TONGBAO_ADMIN_PORT: String(admin),
    TONGBAO_URL: `http://127.0.0.1:${port}`,
    TONGBAO_DATA: join(folder, 'hub'),
    DATABASE_URL: db.url,
    TONGBAO_LOG_LEVEL: 'error',
  }
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await db?.drop()
})

/** What a start with these settings says before it ends by itself. */
async function refused(changed: Record<string, string | undefined>): Promise<string> {
  const env: Record<string, string> = { PATH: process.env.PATH ?? '' }
  for (const [name, text] of Object.entries({ ...settings, ...changed })) {
    if (text !== undefined) env[name] = text
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 20_000,
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code, signal] = await once(child, 'close')
  assert.deepEqual([code, signal], [REFUSED, null], said)
  return said.trim()
}

/** One line, no stack trace. */
function sentence(said: string, ...parts: (string | RegExp)[]) {
  assert.doesNotMatch(said, /\n|^\s*at /m, said)
  for (const part of parts) assert.match(said, typeof part === 'string' ? new RegExp(part) : part)
}

describe('a setting that is wrong', { concurrency: 2 }, () => {
  const CASES: [string, Record<string, string | undefined>, RegExp][] = [
    ['no database', { DATABASE_URL: undefined }, /^DATABASE_URL is missing/],
    ['a database that is no address', { DATABASE_URL: 'hunter2' }, /^DATABASE_URL .*not shown/],
    [
      'a database with a port that is none',
      { DATABASE_URL: 'postgresql://u:hunter2@db:99999/x' },
      /^DATABASE_URL .*not shown/,
    ],
    ['a port that is none', { TONGBAO_PORT: '99999' }, /^TONGBAO_PORT is "99999"/],
    ['a mode that is none', { TONGBAO_MODE: 'production' }, /^TONGBAO_MODE is "production"/],
    ['a name that is mistyped', { TONGBAO_PROT: '1' }, /^TONGBAO_PROT is not a setting/],
    [
      'the sandbox in live mode',
      {
        TONGBAO_MODE: 'live',
        TONGBAO_URL: 'https://pay.example',
        TONGBAO_SANDBOX_URL: 'http://127.0.0.1:1',
      },
      /TONGBAO_SANDBOX_URL .*absent in live mode/,
    ],
  ]
  for (const [what, changed, expected] of CASES) {
    it(`${what} is named`, async () => {
      const said = await refused(changed)
      assert.match(said, expected)
      assert.doesNotMatch(said, /hunter2|^\s*at /m)
    })
  }

  it('several at once are all named', async () => {
    const said = await refused({ TONGBAO_PORT: 'x', TONGBAO_LOG_LEVEL: 'loud', TONGBAO_URL: 'y' })
    assert.deepEqual(
      said.split('\n').map((line) => line.split(' ')[0]),
      ['TONGBAO_PORT', 'TONGBAO_URL', 'TONGBAO_LOG_LEVEL'],
    )
  })

  it('a master key that others can read is named', async () => {
    const file = join(folder, 'readable.key')
    writeFileSync(file, randomBytes(32).toString('base64'))
    chmodSync(file, 0o644)
    sentence(
      await refused({ TONGBAO_MASTER_KEY_FILE: file }),
      '^TONGBAO_MASTER_KEY_FILE.*chmod 600',
    )
  })

  it('a missing master key is not made up in live mode', async () => {
    const said = await refused({
      TONGBAO_MODE: 'live',
      TONGBAO_URL: 'https://pay.example',
      TONGBAO_MASTER_KEY_FILE: join(folder, 'none.key'),
    })
    sentence(said, '^TONGBAO_MASTER_KEY_FILE: .*none\\.key does not exist')
  })
})

describe('a database that cannot serve', () => {
  it('is named when nothing answers there, and its password is not shown', async () => {
    const [port] = await freePorts(1)
    const said = await refused({ DATABASE_URL: `postgresql://u:hunter2@127.0.0.1:${port}/tongbao` })
    assert.equal(
      said,
      `DATABASE_URL names a database that cannot be used: nothing answers at 127.0.0.1:${port} (ECONNREFUSED).`,
    )
  })

  it('is named when its host is not known', async () => {
    const said = await refused({ DATABASE_URL: 'postgresql://u:hunter2@nobody.invalid/tongbao' })
    sentence(said, '^DATABASE_URL names a database', /nobody\.invalid|EAI_AGAIN/)
    assert.doesNotMatch(said, /hunter2/)
  })

  it('is named when its host has several addresses and none answers', async () => {
    const [port] = await freePorts(1)
    const said = await refused({ DATABASE_URL: `postgresql://u:hunter2@localhost:${port}/tongbao` })
    sentence(said, '^DATABASE_URL', 'ECONNREFUSED')
  })

  it('is named when the server has no such database', async () => {
    const url = new URL(db.url)
    url.pathname = '/nobody_made_this'
    sentence(await refused({ DATABASE_URL: url.href }), 'DATABASE_URL', 'nobody_made_this')
  })

  it('is left alone when a newer version has migrated it', async () => {
    const newer = await freshDatabase()
    try {
      await newer.pool.query(`insert into migrations values ('9000_later.sql', 'x', now())`)
      const said = await refused({ DATABASE_URL: newer.url })
      sentence(said, 'DATABASE_URL', '9000_later\\.sql', 'start the version that made it')
      const { rows } = await newer.pool.query('select from merchants')
      assert.equal(rows.length, 0)
    } finally {
      await newer.drop()
    }
  })

  it('is left alone when another master key has sealed it', async () => {
    const sealed = await freshDatabase()
    try {
      const stack = await startStack({ databaseUrl: sealed.url })
      await stack.stop()
      const keys = join(folder, 'other')
      mkdirSync(keys)
      const said = await refused({ DATABASE_URL: sealed.url, TONGBAO_DATA: keys })
      sentence(said, '^TONGBAO_MASTER_KEY_FILE holds another key')
    } finally {
      await sealed.drop()
    }
  })
})

describe('a port that is taken', () => {
  for (const name of ['TONGBAO_PORT', 'TONGBAO_ADMIN_PORT']) {
    it(`is named: ${name}`, async () => {
      const server = createServer()
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      assert.ok(address && typeof address === 'object')
      try {
        sentence(await refused({ [name]: String(address.port) }), name, 'in use', `${address.port}`)
      } finally {
        server.close()
      }
    })
  }
})
