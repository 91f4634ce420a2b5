// Who may send now. An endpoint that is slow or dead takes one place, not all of them.

import type { Clock, Milliseconds } from '../ports.ts'

/** At most so many requests to one endpoint at once (PRODUCT SE-19). */
export const MOST = 4

/** An endpoint with a try that takes longer gets no further slot until it has ended. */
export const SLOW: Milliseconds = 2_000

// Waiting here for a turn is cheaper than coming again, but whoever waits holds a place of the job
// runner. So many wait for an endpoint that nothing is known of, nobody for a bad one, and for a
// good one as many as get their turn in a second.
const MOST_WAITING_UNKNOWN = 16
const LONGEST_WAIT: Milliseconds = 1_000

const LONGEST_DELAY: Milliseconds = 300_000
const MOST_LINES = 10_000

export type Turn =
  | {
      taken: true
      /** Gives the slot back, with what the endpoint did in it; undefined when nothing was sent. */
      release(sent: { arrived: boolean; durationMs: Milliseconds } | undefined): void
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
  latest: 'unknown' | 'good' | 'bad'
  /** How long a try takes, the latest ones counting most. */
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
    const line: Line = {
      running: new Set(),
      allowed: 1,
      latest: 'unknown',
      took: 0,
      waiting: [],
      nextTurn: 0,
    }
    lines.set(key, line)
    return line
  }

  function start(line: Line): Turn {
    const run = { since: clock.now() }
    line.running.add(run)
    return {
      taken: true,
      release(sent) {
        line.running.delete(run)
        if (sent) {
          const quick = sent.arrived && sent.durationMs <= SLOW
          const before = quick && line.latest === 'good' ? line.took : sent.durationMs
          line.took = before * 0.8 + sent.durationMs * 0.2
          line.latest = quick ? 'good' : 'bad'
          line.allowed = quick ? Math.min(MOST, line.allowed + 1) : 1
        }
        if (line.latest === 'bad') {
          for (const answer of line.waiting.splice(0)) answer(refuse(line))
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

  function mayWait(line: Line): boolean {
    if (line.latest === 'bad' || isSlow(line)) return false
    if (line.latest === 'unknown') return line.waiting.length < MOST_WAITING_UNKNOWN
    return (line.waiting.length * Math.max(line.took, 1)) / line.allowed < LONGEST_WAIT
  }

  // The next free turn by what is known: a line that moves is asked again soon, one that does not
  // seldom, however many wait in it.
  function refuse(line: Line): Turn {
    const now = clock.now()
    const stuck = line.latest === 'bad' || isSlow(line)
    const took = stuck && line.running.size > 0 ? Math.max(line.took, longest(line)) : line.took
    const latest = now + (stuck ? LONGEST_DELAY : SLOW)
    line.nextTurn = Math.min(Math.max(line.nextTurn, now) + took / line.allowed, latest)
    return { taken: false, again: Math.round(Math.max(line.nextTurn, now + 200)) }
  }

  async function take(key: string): Promise<Turn> {
    const line = lineOf(key)
    if (isFree(line)) return start(line)
    if (!mayWait(line)) return refuse(line)
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
