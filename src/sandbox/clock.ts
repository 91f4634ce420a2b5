// The sandbox's clock: it can run faster and jump ahead, and it remembers both over a restart.
import type { Clock, Milliseconds } from '../ports.ts'
import { type Books, readSetting, writeSetting } from './books.ts'
import { numberMember, parseObject } from './json.ts'

export interface SandboxClock extends Clock {
  /** Seconds of sandbox time per second of real time. */
  scale(): number
  setScale(scale: number): void
  /** Moves the clock ahead by `ms`; it never goes back. */
  advance(ms: Milliseconds): void
  /** Real milliseconds until the sandbox clock reaches `time`; 0 when it has passed. */
  realDelay(time: Milliseconds): number
  /** Called after every jump and change of scale. */
  onChange(listener: () => void): void
}

export const MAX_SCALE = 100_000

interface Anchor {
  real: number
  sandbox: number
  scale: number
}

/** Opens the clock kept in the books. `real` is the machine's clock. */
export function openClock(books: Books, real: Clock): SandboxClock {
  let anchor = readAnchor(books) ?? { real: real.now(), sandbox: real.now(), scale: 1 }
  const listeners: (() => void)[] = []

  const now = () =>
    Math.floor(anchor.sandbox + Math.max(0, real.now() - anchor.real) * anchor.scale)

  function move(sandbox: number, scale: number): void {
    anchor = { real: real.now(), sandbox, scale }
    writeSetting(books, 'clock', JSON.stringify(anchor))
    for (const listener of listeners) listener()
  }

  return {
    now,
    scale: () => anchor.scale,
    setScale(scale) {
      if (!(scale > 0 && scale <= MAX_SCALE))
        throw new RangeError('scale is above 0, at most 100000')
      move(now(), scale)
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('the clock only moves ahead')
      move(now() + ms, anchor.scale)
    },
    realDelay: (time) => Math.max(0, (time - now()) / anchor.scale),
    onChange: (listener) => listeners.push(listener),
  }
}

function readAnchor(books: Books): Anchor | undefined {
  const object = parseObject(readSetting(books, 'clock') ?? '')
  if (!object) return undefined
  const real = numberMember(object, 'real')
  const sandbox = numberMember(object, 'sandbox')
  const scale = numberMember(object, 'scale')
  if (real === undefined || sandbox === undefined || scale === undefined) return undefined
  return { real, sandbox, scale }
}
