// The wallets this hub knows. Adding one adds a line here and a folder beside.

import { alipay } from './alipay/wallet.ts'
import { applepay } from './applepay/wallet.ts'
import { bitcoin } from './bitcoin/wallet.ts'
import { googlepay } from './googlepay/wallet.ts'
import { paypal } from './paypal/wallet.ts'
import type { Wallet } from './wallet.ts'
import { wechatpay } from './wechatpay/wallet.ts'

const WALLETS: readonly Wallet[] = [alipay, wechatpay, applepay, googlepay, paypal, bitcoin]

export const registry: ReadonlyMap<string, Wallet> = new Map(
  WALLETS.map((wallet) => [wallet.name, wallet]),
)
