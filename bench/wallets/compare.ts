// Times a wallet's own work against what its algorithm costs alone, turn by turn in one run.

import { performance } from 'node:perf_hooks'
import { percentile } from '../figures.ts'

export interface Comparison {
  /** E.g. `sign a request`. */
  does: string
  /** What the hub calls. Throws when it does not do what it is timed for. */
  whole(): unknown
  /** The algorithm and nothing else, with keys and bytes already in place. */
  bare(): unknown
  /** What `bare` is, e.g. `RSA-2048 sign`. */
  algorithm: string
}

export interface Compared {
  does: string
  algorithm: string
  whole_us: number
  bare_us: number
  /** How many times the algorithm's own cost the whole is. */
  ratio: number
}

const TURNS = 41
const TURN_MS = 5
const WARM_UP_MS = 120

export function compare({ does, algorithm, whole, bare }: Comparison): Compared {
  const rounds = { whole: warmUp(whole), bare: warmUp(bare) }
  const times = { whole: [] as number[], bare: [] as number[] }
  for (let turn = 0; turn < TURNS; turn++) {
    times.whole.push(microseconds(whole, rounds.whole))
    times.bare.push(microseconds(bare, rounds.bare))
  }
  const [wholeUs, bareUs] = [percentile(times.whole, 50), percentile(times.bare, 50)]
  return {
    does,
    algorithm,
    whole_us: twoDigits(wholeUs),
    bare_us: twoDigits(bareUs),
    ratio: twoDigits(wholeUs / bareUs),
  }
}

/** How often it runs in one turn, known after it has run for a while. */
function warmUp(run: () => unknown): number {
  const start = performance.now()
  let runs = 0
  for (; performance.now() - start < WARM_UP_MS; runs++) run()
  return Math.max(1, Math.round((runs * TURN_MS) / WARM_UP_MS))
}

function microseconds(run: () => unknown, rounds: number): number {
  const start = performance.now()
  for (let round = 0; round < rounds; round++) run()
  return ((performance.now() - start) * 1000) / rounds
}

function twoDigits(value: number): number {
  return Math.round(value * 100) / 100
}

/** The value, or a stop: a benchmark of a refusal would look fast. */
export function must<T>(value: T | undefined | false, what: string): T {
  if (value === undefined || value === false) throw new Error(`the benchmark has no ${what}`)
  return value
}
