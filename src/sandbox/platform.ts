// What every simulated wallet stands on.
import type { Clock, Log } from '../ports.ts'
import type { Books } from './books.ts'
import type { SandboxClock } from './clock.ts'
import type { Faults } from './faults.ts'

export interface Platform {
  books: Books
  clock: SandboxClock
  /**
   * The machine's clock. Signatures tell its time, not the sandbox's: merchants hold them against
   * their own clocks, which do not run ahead.
   */
  realClock: Clock
  faults: Faults
  log: Log
  /** Address under which payers and merchants reach this sandbox, without a slash at the end. */
  address(): string
  /** Seconds between two blocks of its Bitcoin chain; 0: blocks come on command only. */
  blockSeconds: number
  /** The hub this sandbox stands beside, for links. */
  hubUrl?: string | undefined
}
