// The payers: people with keys of their own, and the miner who brings the money into the world.
import { sha256 } from './bytes.ts'
import { type Chain, type Coin, tipOf } from './chain.ts'
import type { Node } from './node.ts'
import { addressOf } from './script.ts'
import { type Key, keyOf, signAll } from './signing.ts'
import {
  type Draft,
  finish,
  type Output,
  outpoint,
  REPLACEABLE,
  sumOf,
  type Transaction,
  vsizeOf,
} from './transaction.ts'

export interface Payer {
  id: string
  name: string
  nameEn: string
  key: Key
  address: string
}

/** A coin with its place. */
export interface OwnCoin {
  txid: string
  vout: number
  sat: bigint
  script: Buffer
  confirmed: boolean
}

const MATURITY = 100
const DUST = 294n

// The keys are public on purpose: nothing they hold is worth anything.
function person(id: string, name: string, nameEn: string): Payer {
  const key = keyOf(sha256(Buffer.from(`tongbao sandbox payer ${id}`)))
  return { id, name, nameEn, key, address: addressOf(key.script) ?? '' }
}

export const MINER = person('miner', '矿工', 'Miner')

export const PAYERS: readonly Payer[] = [
  person('lilei', '李雷', 'Li Lei'),
  person('hanmeimei', '韩梅梅', 'Han Meimei'),
  person('poor', '王小明', 'Wang Xiaoming'),
]

export function payerById(id: string): Payer | undefined {
  return PAYERS.find((each) => each.id === id)
}

/** What the key can spend now; waiting change counts, waiting spends do not. */
export function coinsOf(chain: Chain, { script }: Key): OwnCoin[] {
  const isOwn = (each: { script: Buffer }) => each.script.equals(script)
  const height = tipOf(chain).height + 1
  const isRipe = (coin: Coin) => !coin.coinbase || height - coin.height >= MATURITY
  const confirmed = [...chain.coins].flatMap(([place, coin]) => {
    if (!isOwn(coin) || !isRipe(coin) || chain.mempoolSpends.has(place)) return []
    const [txid = '', vout] = place.split(':')
    return [{ txid, vout: Number(vout), sat: coin.sat, script, confirmed: true }]
  })
  const waiting = [...chain.mempool.values()].flatMap(({ transaction: { txid, outputs } }) =>
    outputs.flatMap((output, vout) => {
      const isFree = isOwn(output) && !chain.mempoolSpends.has(outpoint(txid, vout))
      return isFree ? [{ txid, vout, sat: output.sat, script, confirmed: false }] : []
    }),
  )
  return [...confirmed, ...waiting]
}

export function balanceOf(chain: Chain, key: Key): bigint {
  return coinsOf(chain, key).reduce((sum, { sat }) => sum + sat, 0n)
}

export interface Wish {
  key: Key
  outputs: readonly Output[]
  /** Satoshi per virtual byte. */
  rate: number
  /** Exactly these coins; otherwise some are chosen. */
  spend?: readonly OwnCoin[] | undefined
}

/** A signed transaction that does it, or undefined where the money does not reach. */
export function build(chain: Chain, wish: Wish): Transaction | undefined {
  const spend = wish.spend ?? choose(chain, wish)
  const outputs = spend && outputsOf(wish, spend)
  return outputs && finish(signAll(unsigned(spend, outputs, false), spend, wish.key))
}

function choose(chain: Chain, wish: Wish): readonly OwnCoin[] | undefined {
  const all = coinsOf(chain, wish.key).sort((a, b) => (a.sat < b.sat ? -1 : 1))
  const confirmed = all.filter((coin) => coin.confirmed)
  // Alone and confirmed is best: payments that do not hang on each other can be lost one by one.
  const alone = confirmed.find((coin) => outputsOf(wish, [coin]))
  if (alone) return [alone]
  const chosen: OwnCoin[] = []
  for (const coin of [...confirmed.toReversed(), ...all.filter((each) => !each.confirmed)]) {
    chosen.push(coin)
    if (outputsOf(wish, chosen)) return chosen
  }
  return undefined
}

/** What is wished, and the change if it is worth an output; undefined when it does not reach. */
function outputsOf(
  { key, outputs, rate }: Wish,
  spend: readonly OwnCoin[],
): readonly Output[] | undefined {
  const rest = sumOf(spend) - sumOf(outputs)
  const feeFor = (list: readonly Output[]) =>
    BigInt(Math.ceil(vsizeOf(finish(unsigned(spend, list, true))) * rate))
  const change = { sat: 0n, script: key.script }
  const sat = rest - feeFor([...outputs, change])
  if (sat >= DUST) return [...outputs, { ...change, sat }]
  return rest >= feeFor(outputs) && outputs.length > 0 ? outputs : undefined
}

/** With `filled`, as large as it will be once signed. */
function unsigned(spend: readonly OwnCoin[], outputs: readonly Output[], filled: boolean): Draft {
  return {
    version: 2,
    inputs: spend.map(({ txid, vout }) => ({
      txid,
      vout,
      script: Buffer.alloc(0),
      sequence: REPLACEABLE,
      witness: filled ? [Buffer.alloc(72), Buffer.alloc(33)] : [],
    })),
    outputs: [...outputs],
    locktime: 0,
  }
}

const FIRST_BLOCKS = 102
const BLOCK_SECONDS = 600
/** Coins and satoshi of each at the start. */
const PURSES: Record<string, { coins: number; sat: bigint }> = {
  lilei: { coins: 60, sat: 25_000_000n },
  hanmeimei: { coins: 40, sat: 5_000_000n },
  poor: { coins: 1, sat: 3_000n },
}

/** A chain of some days with money in everybody's pocket. `now` in Unix seconds. */
export function begin(node: Node, now: number): void {
  node.change(() => {
    const { script: payTo } = MINER.key
    const timeOf = (height: number) => now - (FIRST_BLOCKS + 2 - height) * BLOCK_SECONDS
    for (let height = 1; height <= FIRST_BLOCKS; height += 1) {
      node.mine({ payTo, time: timeOf(height) })
    }
    const outputs = PAYERS.flatMap(({ id, key: { script } }) => {
      const { coins, sat } = PURSES[id] ?? { coins: 0, sat: 0n }
      return Array.from({ length: coins }, () => ({ sat, script }))
    })
    const purse = build(node.chain, { key: MINER.key, outputs, rate: 5 })
    if (!purse) throw new Error('the miner has nothing to give')
    node.mine({ payTo, first: [purse], time: timeOf(FIRST_BLOCKS + 1) })
  })
}
