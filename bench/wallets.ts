// What each wallet's signatures and ciphers cost beside the bare algorithms, and payments per second
// against its sandbox. Goes over the cases of the contract suite, so a new wallet is there by itself.

import { CASES } from '../test/contract/cases.ts'
import { alipayComparisons } from './wallets/alipay.ts'
import { bitcoinComparisons } from './wallets/bitcoin.ts'
import { acquirerComparisons, applepayComparisons, googlepayComparisons } from './wallets/cards.ts'
import { type Compared, type Comparison, compare } from './wallets/compare.ts'
import { paySandbox, type SandboxFigure } from './wallets/sandbox.ts'
import { wechatpayComparisons } from './wallets/wechatpay.ts'

const PROTOCOLS: Record<string, () => Comparison[]> = {
  alipay: alipayComparisons,
  wechatpay: wechatpayComparisons,
  applepay: applepayComparisons,
  googlepay: googlepayComparisons,
  acquirers: acquirerComparisons,
  bitcoin: bitcoinComparisons,
}

export async function benchWallets() {
  const protocols: Record<string, Compared[]> = {}
  for (const [name, comparisons] of Object.entries(PROTOCOLS)) {
    protocols[name] = comparisons().map(compare)
  }
  const sandboxes: SandboxFigure[] = []
  for (const walletCase of CASES) sandboxes.push(await paySandbox(walletCase))
  return { bench: 'wallets', protocols, sandboxes }
}
