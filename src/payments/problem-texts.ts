// What a payer reads about a problem (PRODUCT section 5), in the two languages of the API. The page
// has the same words in its translations; these are for merchants with a page of their own.

import type { ProblemCategory } from '../wallets/wallet.ts'

/** A text in the two languages every message has. */
export interface Bilingual {
  en: string
  'zh-CN': string
}

interface ProblemText {
  title: Bilingual
  text: Bilingual
}

const say = (title: [string, string], text: [string, string]): ProblemText => ({
  title: { en: title[0], 'zh-CN': title[1] },
  text: { en: text[0], 'zh-CN': text[1] },
})

const TEXTS: Record<ProblemCategory, ProblemText> = {
  payer_action: say(
    ['Payment not finished', '付款尚未完成'],
    [
      '{wallet} was closed or needs one more step from you. Nothing has been paid yet.',
      '您已关闭{wallet}，或还需在{wallet}中完成一步操作。目前尚未付款。',
    ],
  ),
  retry_same: say(
    ['One moment', '请稍候'],
    [
      'The connection was interrupted. We are repeating the same request; you will not be charged twice.',
      '网络中断，我们正在重新提交同一笔请求，不会重复扣款。',
    ],
  ),
  retry_new: say(
    ['Please start again', '请重新付款'],
    [
      'This attempt can no longer be used and no money was taken. Your order is kept.',
      '本次付款请求已失效，未扣款。订单仍为您保留。',
    ],
  ),
  merchant_config: say(
    ['{wallet} is not available', '{wallet}暂不可用'],
    [
      'The shop has to correct a setting. No money was taken. Please pay another way.',
      '商家的收款设置需要调整，本次未扣款。请换一种方式付款。',
    ],
  ),
  risk_declined: say(
    ['Payment not accepted', '付款未通过'],
    [
      'A safety check stopped this payment. No money was taken. Use another wallet or contact {merchant}.',
      '为保障资金安全，这笔付款未被接受，未扣款。请换一种方式或联系{merchant}。',
    ],
  ),
  insufficient_funds: say(
    ['Not enough balance', '余额或额度不足'],
    [
      'Top up or choose another source in {wallet}, or use another wallet. No money was taken.',
      '请在{wallet}中充值或更换付款方式，也可改用其他钱包。本次未扣款。',
    ],
  ),
  unknown_outcome: say(
    ['Checking your payment', '正在确认付款结果'],
    [
      '{wallet} has not told us the result yet. Please do not pay again. This page updates itself; you may also leave it.',
      '{wallet}尚未返回结果，请勿重复付款。本页会自动更新，您也可以先离开。',
    ],
  ),
  provider_down: say(
    ['{wallet} is not responding', '{wallet}暂时无响应'],
    [
      'No money was taken. Please try again in a few minutes or pay another way.',
      '本次未扣款。请稍后重试，或换一种方式付款。',
    ],
  ),
  duplicate: say(
    ['This order is already being paid', '订单已在支付中'],
    [
      'We are showing the result of the earlier payment. Please do not pay twice.',
      '该订单已有一笔付款，正在显示其结果，请勿重复支付。',
    ],
  ),
  not_found: say(
    ['Payment not found', '未找到该付款'],
    [
      'The link may be old or incomplete. Please open it again from {merchant}.',
      '链接可能已失效或不完整，请从{merchant}重新打开。',
    ],
  ),
  invalid_request: say(
    ['Something is wrong with this order', '订单信息有误'],
    [
      'The shop has to correct it. No money was taken. Please contact {merchant}.',
      '需由商家更正，本次未扣款。请联系{merchant}。',
    ],
  ),
}

/** The texts of a category, with the names filled in. */
export function problemText(
  category: ProblemCategory,
  names: { wallet: Bilingual; merchant: Bilingual },
): ProblemText {
  const fill = (template: Bilingual): Bilingual => ({
    en: fillIn(template.en, names.wallet.en, names.merchant.en),
    'zh-CN': fillIn(template['zh-CN'], names.wallet['zh-CN'], names.merchant['zh-CN']),
  })
  const { title, text } = TEXTS[category]
  return { title: fill(title), text: fill(text) }
}

function fillIn(template: string, wallet: string, merchant: string): string {
  const values: Record<string, string> = { wallet, merchant }
  return template.replace(/\{(wallet|merchant)\}/g, (_all, name: string) => values[name] ?? '')
}
