// Whether the database is there, migrated as this version wants it, and agrees about the time.

import type { Clock } from '../ports.ts'
import { readMigrations } from './migrate.ts'
import { type Pool, query } from './pool.ts'

const CLOCK_LIMIT_MS = 30_000

export function createReadiness({ pool, clock }: { pool: Pool; clock: Clock }) {
  const wanted = readMigrations()
  return async () => {
    const names = (await wanted).map(({ name }) => name)
    try {
      const [row] = await query<{ applied: string[]; now: number }>(pool, {
        name: 'readiness',
        text: `select array(select name from migrations order by name) as applied,
          clock_timestamp() as now`,
      })
      const applied = row?.applied ?? []
      return {
        database: true,
        migrations: names.every((name) => applied.includes(name)),
        clock: Math.abs((row?.now ?? 0) - clock.now()) <= CLOCK_LIMIT_MS,
      }
    } catch {
      // Whatever the reason, it stands in the log of the pool; here only the fact counts.
      return { database: false, migrations: false, clock: false }
    }
  }
}
