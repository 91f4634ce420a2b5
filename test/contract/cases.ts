// Every wallet's case. Adding one adds a line here; the contract suite and the benchmark go over it.

import { alipayCase } from './alipay.ts'
import { applepayCase } from './applepay.ts'
import { bitcoinCase } from './bitcoin.ts'
import type { WalletCase } from './case.ts'
import { googlepayCase } from './googlepay.ts'
import { paypalCase } from './paypal.ts'
import { wechatpayCase } from './wechatpay.ts'

export const CASES: readonly WalletCase[] = [
  alipayCase('key'),
  alipayCase('certificate'),
  alipayCase('key', true),
  wechatpayCase('public_key'),
  wechatpayCase('certificate'),
  wechatpayCase('migrating'),
  wechatpayCase('public_key', 'v2'),
  applepayCase('adyen'),
  applepayCase('adyen', 'direct'),
  applepayCase('stripe'),
  applepayCase('checkoutcom'),
  googlepayCase('adyen'),
  googlepayCase('adyen', 'direct'),
  googlepayCase('stripe'),
  googlepayCase('checkoutcom'),
  bitcoinCase('core'),
  bitcoinCase('esplora'),
  bitcoinCase('core,esplora'),
  paypalCase(),
]
