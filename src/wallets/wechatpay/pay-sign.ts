// What the payer's device hands to WeChat to open the cashier (sheet 4.7). Signed on the server,
// anew for each attempt.

import { lines, type Signer, signText } from './signature.ts'

export type Cashier =
  /** A page inside WeChat: `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`. */
  | 'jsapi'
  /** A mini program: `wx.requestPayment(…)`, which takes no `appId`. */
  | 'miniprogram'
  /** A mobile app: `PayReq` of the OpenSDK. */
  | 'app'

export interface Prepaid {
  /** The application of the order. */
  appId: string
  prepayId: string
  /** Unix seconds, as a text. */
  timeStamp: string
  nonceStr: string
}

/** The text that a cashier's parameters are signed over. */
export function cashierText(cashier: Cashier, prepaid: Prepaid): string {
  const { appId, timeStamp, nonceStr, prepayId } = prepaid
  return lines(appId, timeStamp, nonceStr, cashier === 'app' ? prepayId : `prepay_id=${prepayId}`)
}

/** The parameters, under the names that the cashier expects. */
export function cashierParameters(
  cashier: Cashier,
  prepaid: Prepaid,
  signer: Signer,
): Record<string, string> {
  const { appId, timeStamp, nonceStr, prepayId } = prepaid
  const signature = signText(cashierText(cashier, prepaid), signer.privateKey)
  if (cashier === 'app') {
    return {
      appId,
      partnerId: signer.mchid,
      prepayId,
      packageValue: 'Sign=WXPay',
      nonceStr,
      timeStamp,
      sign: signature,
    }
  }
  return {
    ...(cashier === 'jsapi' && { appId }),
    timeStamp,
    nonceStr,
    package: `prepay_id=${prepayId}`,
    signType: 'RSA',
    paySign: signature,
  }
}
