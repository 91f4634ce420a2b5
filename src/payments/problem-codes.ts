// The stable words for why a wallet did not do it (PRODUCT AP-21). A code says more than its category
// and stays when a wallet renames its own. The table is the documentation: docs/*/errors.md and the
// OpenAPI document are made from it.

import type { Problem, ProblemCategory, ProblemCode } from '../wallets/wallet.ts'

interface ProblemCodeKind {
  category: ProblemCategory
  /** One sentence for the merchant. */
  meaning: { en: string; 'zh-CN': string }
}

const kind = (category: ProblemCategory, en: string, zh: string): ProblemCodeKind => ({
  category,
  meaning: { en, 'zh-CN': zh },
})

export const PROBLEM_CODES: Record<ProblemCode, ProblemCodeKind> = {
  payer_action_needed: kind(
    'payer_action',
    'The payer gave up or has one more step to do in the wallet.',
    '付款人已放弃，或还需在钱包中完成一步操作。',
  ),
  payer_limit_reached: kind(
    'payer_action',
    "The payer's own limit for a payment, a day or a month is reached.",
    '付款人的单笔、单日或单月限额已用完。',
  ),
  payer_method_unusable: kind(
    'payer_action',
    'The card or balance that the payer chose in the wallet can not be used for this.',
    '付款人在钱包中选择的银行卡或余额不能用于此付款。',
  ),
  payer_account_restricted: kind(
    'payer_action',
    "The payer's account at the wallet has to be verified before it can pay this.",
    '付款人的钱包账户需先完成认证才能支付。',
  ),
  insufficient_funds: kind(
    'insufficient_funds',
    "The payer's balance or credit is too low.",
    '付款人的余额或额度不足。',
  ),
  risk_declined: kind(
    'risk_declined',
    "The wallet's or the hub's safety check refused it.",
    '被钱包或本系统的风控拒绝。',
  ),
  request_invalid: kind(
    'invalid_request',
    'The wallet does not accept what the order says.',
    '钱包不接受订单内容。',
  ),
  merchant_setting_wrong: kind(
    'merchant_config',
    'Something about your account at the wallet is wrong; the wallet code says what.',
    '您在钱包的账户设置有误，详见钱包返回码。',
  ),
  merchant_key_wrong: kind(
    'merchant_config',
    'The wallet does not accept the key or certificate of the wallet account.',
    '钱包不接受该钱包账户的密钥或证书。',
  ),
  merchant_permission_missing: kind(
    'merchant_config',
    'Your account at the wallet has no permission for this product.',
    '您在钱包的账户未开通此产品的权限。',
  ),
  merchant_limit_reached: kind(
    'merchant_config',
    'Your limit at the wallet for a payment, a day or a month is reached.',
    '您在钱包的单笔、单日或单月收款限额已用完。',
  ),
  order_not_found: kind('not_found', 'The wallet knows no such order.', '钱包中不存在该订单。'),
  order_duplicate: kind(
    'duplicate',
    'The wallet has an order with this number and other content.',
    '钱包中已有同一单号但内容不同的订单。',
  ),
  order_already_paid: kind(
    'duplicate',
    'The order is paid at the wallet already.',
    '该订单在钱包中已支付。',
  ),
  temporarily_refused: kind(
    'retry_same',
    'The wallet asks for a moment; the hub repeats the same request.',
    '钱包要求稍后再试，系统将重复同一请求。',
  ),
  attempt_unusable: kind(
    'retry_new',
    'This attempt can not be paid any more; a new one can.',
    '本次付款请求已不可支付，可重新发起。',
  ),
  order_closed: kind(
    'retry_new',
    "The wallet's order is closed or expired; a new attempt opens another.",
    '钱包侧订单已关闭或过期，重新发起将使用新订单。',
  ),
  payer_code_invalid: kind(
    'retry_new',
    'The code that the payer showed is used up, expired or not of this wallet.',
    '付款人出示的付款码已使用、已过期或不属于此钱包。',
  ),
  wallet_not_responding: kind(
    'provider_down',
    'The wallet does not answer; the request was not taken.',
    '钱包服务无响应，请求未被受理。',
  ),
  outcome_unknown: kind(
    'unknown_outcome',
    'Whether the payer has paid is not known yet; the hub keeps asking the wallet.',
    '是否已付款尚不可知，系统将持续向钱包查询。',
  ),
}

export const PROBLEM_CODE_NAMES = Object.keys(PROBLEM_CODES).filter(isProblemCode)

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEM_CODES, code)
}

/** What a category is called where the wallet says nothing finer. */
const PLAIN: Record<ProblemCategory, ProblemCode> = {
  payer_action: 'payer_action_needed',
  insufficient_funds: 'insufficient_funds',
  risk_declined: 'risk_declined',
  invalid_request: 'request_invalid',
  merchant_config: 'merchant_setting_wrong',
  not_found: 'order_not_found',
  duplicate: 'order_duplicate',
  retry_same: 'temporarily_refused',
  retry_new: 'attempt_unusable',
  provider_down: 'wallet_not_responding',
  unknown_outcome: 'outcome_unknown',
}

/** The code of a problem; never one that belongs to another category. */
export function problemCodeOf({ category, code }: Pick<Problem, 'category' | 'code'>): ProblemCode {
  if (code !== undefined && isProblemCode(code) && PROBLEM_CODES[code].category === category) {
    return code
  }
  return PLAIN[category]
}
