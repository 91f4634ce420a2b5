// The miner who works by himself: a block every so many seconds, as long as one is of use.
import { type Alarm, createAlarm } from '../alarm.ts'
import { readSetting, writeSetting } from '../books.ts'
import type { Platform } from '../platform.ts'
import { blockOfHash } from './chain.ts'
import type { Node } from './node.ts'
import { MINER } from './payers.ts'

export interface Miner {
  /** Seconds between blocks on the sandbox clock; 0 means that nobody mines. */
  seconds(): number
  set(seconds: number): void
  stop(): void
}

/** So many blocks on top of a payment are enough for everybody. */
const ENOUGH = 6

/** Opens the miner as he was last told to work, or else as the platform's settings say. */
export function openMiner({ books, clock, blockSeconds }: Platform, node: Node): Miner {
  let seconds = Number(readSetting(books, 'bitcoin.miner_seconds') ?? blockSeconds)
  let last = clock.now()

  // Empty blocks for nobody would only make the books longer.
  function isOfUse(): boolean {
    const { mempool, best } = node.chain
    const latest = best.slice(-ENOUGH + 1).map((hash) => blockOfHash(node.chain, hash))
    return mempool.size > 0 || latest.some(({ transactions }) => transactions.length > 1)
  }

  const alarm: Alarm = createAlarm(
    clock,
    () => (seconds > 0 ? last + seconds * 1000 : undefined),
    () => {
      last = clock.now()
      if (isOfUse()) node.mine({ payTo: MINER.key.script })
    },
  )
  alarm.check()
  return {
    seconds: () => seconds,
    set(given) {
      seconds = given
      last = clock.now()
      writeSetting(books, 'bitcoin.miner_seconds', String(given))
      alarm.check()
    },
    stop: alarm.stop,
  }
}
