// The wallets this hub knows. Adding one adds a line here and a folder beside.

import { alipay } from './alipay/wallet.ts'
import type { Wallet } from './wallet.ts'

const WALLETS: readonly Wallet[] = [alipay]

export const registry: ReadonlyMap<string, Wallet> = new Map(
  WALLETS.map((wallet) => [wallet.name, wallet]),
)
