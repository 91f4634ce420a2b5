// Asks the account's sources in their order until one answers.

import type { Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import type { SeenTransaction } from './invoice.ts'
import { type ChainSource, SourceError, type SourceFault } from './source.ts'

export type FromSource<T> = { value: T; source: ChainSource } | { problem: Problem }

/** What the first source that can answer says, or why none can. */
export async function fromSources<T>(
  ports: Ports,
  account: BitcoinAccount,
  use: (source: ChainSource) => Promise<T>,
): Promise<FromSource<T>> {
  const faults: { fault: SourceFault; text: string }[] = []
  for (const source of account.sources) {
    try {
      return { value: await use(source), source }
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      const { fault, message } = error
      ports.log.warn({ source: source.name, fault, reason: message }, 'bitcoin: no answer')
      faults.push({ fault, text: `${source.name}: ${fault}` })
    }
  }
  const mendable = faults.every(({ fault }) => MENDABLE.includes(fault))
  return {
    problem: {
      category: mendable ? 'merchant_config' : 'provider_down',
      walletCode: 'chain_not_ready',
      walletMessage: faults.map(({ text }) => text).join('; '),
    },
  }
}

/** Faults that waiting does not cure. */
const MENDABLE: readonly SourceFault[] = ['unauthorized', 'wrong_network', 'too_old']

/** Whether the word of this source alone may settle the amount. */
export function needsSecondSource(
  account: BitcoinAccount,
  source: Pick<ChainSource, 'kind'>,
  amountSat: number,
): boolean {
  return source.kind === 'esplora' && amountSat > account.terms.secondSourceAboveSat
}

/** Whether the account has two voices for an amount, or a node of its own. */
export function canSettle(account: BitcoinAccount, amountSat: number): boolean {
  const [first, second] = account.sources
  if (!first) return false
  return second !== undefined || !needsSecondSource(account, first, amountSat)
}

/** Whether another source has all of these transactions in the same blocks. */
export async function isSeconded(
  ports: Ports,
  account: BitcoinAccount,
  first: ChainSource,
  transactions: readonly SeenTransaction[],
): Promise<boolean> {
  for (const source of account.sources.filter((each) => each !== first)) {
    try {
      const answers = await Promise.all(
        transactions.map(
          ({ txid, place }) => place.in === 'block' && source.holds(ports, txid, place),
        ),
      )
      return answers.every((holds) => holds)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      ports.log.warn({ source: source.name, fault: error.fault }, 'bitcoin: no second opinion')
    }
  }
  return false
}
