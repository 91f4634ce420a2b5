// A durable PostgreSQL of its own for a benchmark: fsync on, as a merchant runs it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { createPool, type Pool } from '../src/db/pool.ts'
import type { Log } from '../src/ports.ts'

export interface BenchDatabase {
  url: string
  pool: Pool
  /** The server's main process. */
  pid: number
  drop(): Promise<void>
}

export const silent: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (fields, message) => console.error(message, fields),
}

export async function benchDatabase(size: number): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-bench-'))
  const server = await startPostgres({ folder })
  await migrate(server.url, { clock: { now: Date.now }, log: silent })
  const pool = createPool(server.url, { size, statementTimeoutMs: 60_000, log: silent })
  return {
    url: server.url,
    pool,
    pid: server.pid,
    async drop() {
      await pool.end()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
