// Why the hub did not start, in a sentence that names the setting to look at.

import { ConfigError } from './config.ts'
import { isConnectionLost } from './db/errors.ts'
import { MigrationError } from './db/migrate.ts'
import { REFUSED } from './exit-codes.ts'

/** Thrown where a start meets something that only a person can put right. */
export class StartRefusal extends Error {}

/** The sentence for whatever was thrown, and the code to end with. It shows no password. */
export function startFailure(error: unknown): { words: string; code: number } {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return { words: refusal, code: REFUSED }
  const words = error instanceof Error ? error.message : String(error)
  return { words: `The hub did not start: ${words}`, code: 1 }
}

function refusalOf(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof StartRefusal) return error.message
  if (error instanceof MigrationError) return `DATABASE_URL: ${error.message}`
  if (!(error instanceof Error)) return undefined
  if ('syscall' in error && error.syscall === 'listen') return listenRefusal(error)
  // Class 28: name or password refused; 3D000: no such database; 42501 and 3F000: rights.
  if (isConnectionLost(error) || /^(28...|3D000|3F000|42501|53300)$/.test(codeOf(error))) {
    return `DATABASE_URL names a database that cannot be used: ${databaseWords(error)}.`
  }
  return undefined
}

function listenRefusal(error: Error): string {
  const code = codeOf(error)
  const port = 'port' in error ? String(error.port) : 'unknown'
  const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be taken (${code})`
  return `Port ${port} of TONGBAO_PORT or TONGBAO_ADMIN_PORT ${why}.`
}

function databaseWords(error: Error): string {
  // A name with several addresses fails with several errors and no message of its own.
  if (error instanceof AggregateError) {
    const each = error.errors.map((one) => (one instanceof Error ? databaseWords(one) : ''))
    return [...new Set(each)].join('; ')
  }
  const at = 'address' in error && 'port' in error ? `${error.address}:${error.port}` : undefined
  if (codeOf(error) === 'ECONNREFUSED' && at) return `nothing answers at ${at} (ECONNREFUSED)`
  if (codeOf(error) === 'ENOTFOUND' && 'hostname' in error) {
    return `the host ${error.hostname} is not known (ENOTFOUND)`
  }
  return error.message
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
