// tongbao merchant: makes a merchant and its first API key, where no person can sign in yet.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '../db/migrate.ts'
import { createPool, transaction } from '../db/pool.ts'
import { CURRENT_VERSION } from '../http/version.ts'
import { newId } from '../ids.ts'
import { createApiKey } from '../merchants/api-keys.ts'
import { insertMerchant } from '../merchants/merchant-store.ts'
import { SCOPES } from '../merchants/scopes.ts'
import type { Log } from '../ports.ts'

const HELP = `Makes a merchant and its first API key, and prints both. The key is shown once.

  npm run merchant -- --name NAME [--email ADDRESS] [--phone NUMBER] [--mode test|live]

  --name NAME      as payers read it
  --email, --phone how payers reach the merchant
  --mode MODE      which money the key moves (default live)
  --data DIR       data folder of a running "npm start" (default ./data); DATABASE_URL wins`

const OPTIONS = {
  name: { type: 'string' },
  email: { type: 'string' },
  phone: { type: 'string' },
  mode: { type: 'string', default: 'live' },
  data: { type: 'string', default: 'data' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Runs the command and settles with the exit code. */
export async function merchantCommand(
  argv: readonly string[],
  environment: Record<string, string | undefined>,
  tell: (line: string) => void,
): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS })
  if (values.help) {
    tell(HELP)
    return 0
  }
  if (!values.name?.trim()) throw new Error('--name is missing; --help lists what there is.')
  if (values.mode !== 'test' && values.mode !== 'live') {
    throw new Error(`--mode is "${values.mode}"; expected test or live.`)
  }
  const made = await makeMerchant(databaseOf(values.data, environment), {
    name: values.name.trim(),
    support: {
      ...(values.email !== undefined && { email: values.email }),
      ...(values.phone !== undefined && { phone: values.phone }),
    },
    livemode: values.mode === 'live',
  })
  tell(`merchant  ${made.merchantId}`)
  tell(`API key   ${made.apiKey}`)
  tell('Keep the key now: the hub stores only its hash and cannot show it again.')
  return 0
}

async function makeMerchant(
  url: string,
  wanted: { name: string; support: { email?: string; phone?: string }; livemode: boolean },
): Promise<{ merchantId: string; apiKey: string }> {
  const ports = {
    clock: { now: Date.now },
    random: { bytes: (size: number) => randomBytes(size) },
  }
  await migrate(url, { clock: ports.clock, log: ON_ERROR_ONLY })
  const pool = createPool(url, { size: 1, statementTimeoutMs: 30_000, log: ON_ERROR_ONLY })
  try {
    return await transaction(pool, async (db) => {
      const merchantId = newId('mer', ports)
      await insertMerchant(db, { merchantId, ...wanted }, ports.clock.now())
      const { text } = await createApiKey(db, ports, {
        merchantId,
        livemode: wanted.livemode,
        name: 'First key',
        scopes: SCOPES,
        version: CURRENT_VERSION,
        allowedAddresses: null,
        expiresAt: null,
      })
      return { merchantId, apiKey: text.reveal() }
    })
  } finally {
    await pool.end()
  }
}

function databaseOf(folder: string, environment: Record<string, string | undefined>): string {
  if (environment.DATABASE_URL) return environment.DATABASE_URL
  const file = join(folder, 'started.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')).database
  } catch {
    throw new Error(
      `There is no database: set DATABASE_URL, or name the data folder of a running hub with --data (${file} is not there).`,
    )
  }
}

const ON_ERROR_ONLY: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
}

if (import.meta.main) {
  merchantCommand(process.argv.slice(2), process.env, (line) =>
    process.stdout.write(`${line}\n`),
  ).then(
    (code) => {
      process.exitCode = code
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    },
  )
}
