// Who may send now. An endpoint that is slow or dead takes one place, not all of them.

import type { Clock, Milliseconds } from '../ports.ts'

/** At most so many requests to one endpoint at once (PRODUCT SE-19). */
export const MOST = 4

/** An endpoint with a try that takes longer gets no further slot until it has ended. */
export const SLOW: Milliseconds = 2_000

const MOST_WAITING = 64
const LONGEST_DELAY: Milliseconds = 300_000
const MOST_LINES = 10_000

export type Turn =
  | {
      taken: true
      /** Gives the slot back, with what the endpoint did in it. */
      release(result: 'arrived' | 'failed' | 'unused'): void
    }
  | {
      taken: false
      /** When to come again. Each refusal gets a later time, so that a long line is asked rarely. */
      again: Milliseconds
    }

export interface Slots {
  /** A slot for the endpoint `key`, at once or after a short wait, or a time to come again. */
  take(key: string): Promise<Turn>
}

interface Line {
  /** Times at which the tries under way began. */
  running: Set<{ since: Milliseconds }>
  /** 1 for an unknown endpoint; one more with each quick success, 1 again after anything else. */
  allowed: number
  /** How long the latest try took. */
  took: Milliseconds
  waiting: ((turn: Turn) => void)[]
  nextTurn: Milliseconds
}

export function createSlots(clock: Clock): Slots {
  const lines = new Map<string, Line>()

  function lineOf(key: string): Line {
    const known = lines.get(key)
    if (known) return known
    if (lines.size >= MOST_LINES) forgetIdle(lines)
    const line = { running: new Set<never>(), allowed: 1, took: 0, waiting: [], nextTurn: 0 }
    lines.set(key, line)
    return line
  }

  function start(line: Line): Turn {
    const run = { since: clock.now() }
    line.running.add(run)
    return {
      taken: true,
      release(result) {
        line.running.delete(run)
        if (result !== 'unused') {
          line.took = clock.now() - run.since
          const quick = result === 'arrived' && line.took <= SLOW
          line.allowed = quick ? Math.min(MOST, line.allowed + 1) : 1
        }
        while (isFree(line)) {
          const next = line.waiting.shift()
          if (!next) break
          next(start(line))
        }
      },
    }
  }

  const longest = (line: Line) =>
    clock.now() - Math.min(...[...line.running].map(({ since }) => since))
  const isSlow = (line: Line) => line.running.size > 0 && longest(line) > SLOW
  const isFree = (line: Line) => line.running.size < line.allowed && !isSlow(line)

  function refuse(line: Line): Turn {
    const now = clock.now()
    const took = Math.max(line.took, line.running.size > 0 ? longest(line) : 0)
    line.nextTurn = Math.max(line.nextTurn, now) + took / line.allowed
    return {
      taken: false,
      again: Math.round(Math.min(Math.max(line.nextTurn, now + 200), now + LONGEST_DELAY)),
    }
  }

  async function take(key: string): Promise<Turn> {
    const line = lineOf(key)
    if (isFree(line)) return start(line)
    // Waiting here is cheaper than coming again, but only where turns come quickly.
    if (line.allowed === 1 || isSlow(line) || line.waiting.length >= MOST_WAITING)
      return refuse(line)
    return new Promise((resolve) => {
      const answer = (turn: Turn) => {
        clearTimeout(patience)
        resolve(turn)
      }
      const patience = setTimeout(() => {
        line.waiting = line.waiting.filter((other) => other !== answer)
        resolve(refuse(line))
      }, SLOW)
      line.waiting.push(answer)
    })
  }

  return { take }
}

function forgetIdle(lines: Map<string, Line>): void {
  for (const [key, line] of lines) {
    if (line.running.size === 0 && line.waiting.length === 0) lines.delete(key)
  }
}
