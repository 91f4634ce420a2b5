// The registry of wallet marks.

import { alipay } from './alipay/mark.ts'
import { applepay } from './applepay/mark.ts'
import { bitcoin } from './bitcoin/mark.ts'
import { googlepay } from './googlepay/mark.ts'
import type { Mark } from './mark.ts'
import { paypal } from './paypal/mark.ts'
import { wechatpay } from './wechatpay/mark.ts'

export const MARKS: Record<string, Mark> = {
  alipay,
  wechatpay,
  applepay,
  googlepay,
  paypal,
  bitcoin,
}
