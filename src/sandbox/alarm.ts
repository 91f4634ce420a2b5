// One timer for many due times: it rings when the earliest has come on the sandbox clock.
import type { SandboxClock } from './clock.ts'

export interface Alarm {
  /** Looks again: something new may be due. */
  check(): void
  stop(): void
}

// Node's timers overflow beyond this.
const LONGEST_MS = 2_147_000_000

/**
 * `nextDue` tells the earliest due time, or undefined when nothing waits. `ring` must make what is
 * due disappear from it, now or when its work is done.
 */
export function createAlarm(
  clock: SandboxClock,
  nextDue: () => number | undefined,
  ring: () => void,
): Alarm {
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function check(): void {
    clearTimeout(timer)
    timer = undefined
    if (stopped) return
    const due = nextDue()
    if (due === undefined) return
    timer = setTimeout(rung, Math.min(Math.ceil(clock.realDelay(due)), LONGEST_MS))
  }

  function rung(): void {
    timer = undefined
    if (stopped) return
    ring()
    check()
  }

  clock.onChange(check)
  return {
    check,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
