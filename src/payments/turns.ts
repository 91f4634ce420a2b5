// Whose turn it is to ask a wallet. Jobs wait for wallets most of the time, so a wallet that hangs
// must not be waited for by all of them.

import type { Clock, Milliseconds } from '../ports.ts'

/** Jobs that may ask for one account at once. */
export const MOST = 16

/** With a question under way for so long, nobody waits for a turn at this account. */
export const STUCK_MS: Milliseconds = 2_000

export interface Turns {
  /**
   * A turn at every one of `accounts`, perhaps after a short wait; undefined when one of them is
   * stuck. What comes back ends the turns.
   */
  take(accounts: Iterable<string>): Promise<(() => void) | undefined>
}

interface Line {
  /** When the turns under way began. */
  running: Set<{ since: Milliseconds }>
  waiting: Set<(turn: (() => void) | undefined) => void>
}

export function createTurns(clock: Clock): Turns {
  const lines = new Map<string, Line>()

  function begin(account: string, line: Line): () => void {
    const turn = { since: clock.now() }
    line.running.add(turn)
    return () => {
      line.running.delete(turn)
      const [next] = line.waiting
      if (next) {
        line.waiting.delete(next)
        next(begin(account, line))
      } else if (line.running.size === 0) lines.delete(account)
    }
  }

  function takeOne(account: string): Promise<(() => void) | undefined> {
    const line = lines.get(account) ?? { running: new Set(), waiting: new Set() }
    lines.set(account, line)
    if (line.running.size < MOST) return Promise.resolve(begin(account, line))
    if (isStuck(line, clock.now())) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      line.waiting.add(resolve)
      setTimeout(() => line.waiting.delete(resolve) && resolve(undefined), STUCK_MS)
    })
  }

  return {
    async take(accounts) {
      const taken: (() => void)[] = []
      const end = () => {
        for (const each of taken) each()
      }
      for (const account of accounts) {
        const turn = await takeOne(account)
        if (!turn) {
          end()
          return undefined
        }
        taken.push(turn)
      }
      return end
    },
  }
}

function isStuck({ running }: Line, now: Milliseconds): boolean {
  for (const { since } of running) if (now - since >= STUCK_MS) return true
  return false
}
