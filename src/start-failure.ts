// Why the hub did not start, in a sentence that names the setting to look at.

import { ConfigError } from './config.ts'
import { isConnectionLost } from './db/errors.ts'
import { MigrationError } from './db/migrate.ts'

/** Thrown where a start meets something that only a person can put right. */
export class StartRefusal extends Error {}

/** The sentence for whatever was thrown. It never repeats the database's address or password. */
export function whyNotStarted(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartRefusal) return error.message
  return `The hub did not start: ${reasonOf(error)}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof MigrationError) return `DATABASE_URL: ${error.message}`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const listening = 'syscall' in error && error.syscall === 'listen'
  if (listening) return listenReason(error, code)
  // Class 28: name or password refused; 3D000: no such database; 42501 and 3F000: rights.
  if (isConnectionLost(error) || /^(28...|3D000|3F000|42501|53300)$/.test(code)) {
    return `the database that DATABASE_URL names cannot be used: ${wordsOf(error)}.`
  }
  return error.message
}

function listenReason(error: Error, code: string): string {
  const port = 'port' in error ? String(error.port) : 'unknown'
  const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be taken (${code})`
  return `port ${port} of TONGBAO_PORT or TONGBAO_ADMIN_PORT ${why}.`
}

/** A name with several addresses fails with several errors and no message of its own. */
function wordsOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map((each) => (each instanceof Error ? each.message : '')).join('; ')
}
