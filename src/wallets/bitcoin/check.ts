// The live check of an account: each chain source, each rate source, and addresses to compare.

import type { Ports } from '../../ports.ts'
import type { Finding } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import { canSettle } from './chain.ts'
import { derive } from './derive.ts'
import { addressesToCompare, finding } from './findings.ts'
import { currentRate, quotesFor } from './rate-desk.ts'
import { type ChainSource, type Cursor, SourceError } from './source.ts'

const COMPARED = 3

export async function check(ports: Ports, account: BitcoinAccount): Promise<Finding[]> {
  const [chain, rates] = await Promise.all([checkChain(ports, account), checkRates(ports, account)])
  return [...chain, ...rates, ...checkKey(account)]
}

async function checkChain(ports: Ports, account: BitcoinAccount): Promise<Finding[]> {
  const tips: { source: ChainSource; tip: Cursor }[] = []
  const findings: Finding[] = []
  for (const source of account.sources) {
    try {
      tips.push({ source, tip: (await source.status(ports)).tip })
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      const detail = `${source.name}: ${error.message}`
      findings.push(finding(`source_${error.fault}`, { param: paramOf(source), detail }))
    }
  }
  if (!(await agree(ports, tips))) findings.push(finding('tips_disagree'))
  if (!canSettle(account, account.terms.secondSourceAboveSat + 1)) {
    findings.push(finding('one_remote_source'))
  }
  return findings
}

/** Whether all have the same block at the height that all have reached. */
async function agree(
  ports: Ports,
  tips: readonly { source: ChainSource; tip: Cursor }[],
): Promise<boolean> {
  const height = Math.min(...tips.map(({ tip }) => tip.height))
  const hashes = await Promise.all(
    tips.map(async ({ source }) => {
      try {
        return await source.hashAt(ports, height)
      } catch (error) {
        // It answered a moment ago; that it is silent now does not mean that it disagrees.
        if (error instanceof SourceError) return undefined
        throw error
      }
    }),
  )
  return new Set(hashes.filter((hash) => hash !== undefined)).size <= 1
}

async function checkRates(ports: Ports, { rates }: BitcoinAccount): Promise<Finding[]> {
  const quotes = await quotesFor(ports, rates, 'EUR')
  const silent = quotes.flatMap((each) =>
    'error' in each ? [finding('rate_source_silent', { detail: `${each.id}: ${each.error}` })] : [],
  )
  const euro = await currentRate(ports, rates, 'EUR')
  if (!euro.ok) return [...silent, finding(euro.error, { detail: euro.detail })]
  const cross = await currentRate(ports, rates, 'CNY')
  return cross.ok ? silent : [...silent, finding('fx_unavailable', { detail: cross.detail })]
}

function checkKey({ descriptor, network }: BitcoinAccount): Finding[] {
  const addresses = Array.from({ length: COMPARED }, (_, index) =>
    derive(descriptor, network, index),
  ).flatMap((derived) => (derived ? [derived.address] : []))
  return [
    ...(descriptor.key.notAccountLevel ? [finding('key_not_account_level')] : []),
    ...(descriptor.origin === undefined ? [finding('key_without_origin')] : []),
    addressesToCompare(addresses),
  ]
}

function paramOf({ kind }: ChainSource): string {
  return kind === 'core' ? '/core_urls' : '/esplora_urls'
}
