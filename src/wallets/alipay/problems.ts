// Alipay's error codes in the hub's categories (sheet section 7). Data first, one lookup below.

import type { Problem, ProblemCategory, ProblemCode } from '../wallet.ts'

/** `money`: the call may have moved money. `question`: it only asks, or only ends an unpaid order. */
export type CallKind = 'money' | 'question'

const CATEGORIES: readonly (readonly [ProblemCategory, string])[] = [
  [
    'invalid_request',
    `
    INVALID_PARAMETER ILLEGAL_ARGUMENT EXIST_FORBIDDEN_WORD SUB_GOODS_SIZE_MAX_COUNT
    CUSTOMER_VALIDATE_ERROR AMOUNT_OR_CURRENCY_ERROR CURRENCY_NOT_SUPPORT
    NOW_TIME_AFTER_EXPIRE_TIME_ERROR UN_SUPPORT_TRADE_SCENE UN_SUPPORT_BIZ_TYPE
    AUTH_NO_ERROR AUTH_TOKEN_IS_NOT_EXIST
    TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID REASON_ILLEGAL_STATUS
    TRADE_HAS_FINISHED TRADE_NOT_ALLOW_REFUND TRADE_CANCEL_TIME_OUT CANCEL_NOT_ALLOWED
    ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND NOT_ALLOW_PARTIAL_REFUND REFUND_ACCOUNT_NOT_EXIST
    REFUND_AMT_NOT_EQUAL_TOTAL REASON_TRADE_REFUND_FEE_ERR REFUND_FEE_ERROR REFUND_CHARGE_ERROR
    REFUND_TRADE_FEE_ERROR ALLOC_AMOUNT_VALIDATE_ERROR
    INVAILID_ARGUMENTS invalid_arguments TYPE_NOT_SUPPORTED BILL_DATE_BEFORE_REGISTRATION`,
  ],
  [
    'merchant_config',
    `
    ACCESS_FORBIDDEN PARTNER_ERROR MERCHANT_STATUS_NOT_NORMAL MERCHANT_AGREEMENT_NOT_EXIST
    MERCHANT_AGREEMENT_INVALID SELLER_NOT_EXIST SELLER_BEEN_BLOCKED INVALID_RECEIVE_ACCOUNT
    INVALID_STORE_ID STORE_INFO_INVALID TRADE_SETTLE_ERROR DEFAULT_SETTLE_RULE_NOT_EXIST
    BIZ_PRODUCT_NOT_ALLOWED UNBOUND_APPLICATION PRODUCT_NOT_SUPPORT_IN_TINY_APP
    OPEN_ID_NOT_TINY_APP ERROR_SELLER_CERTIFY_LEVEL_LIMIT RESTRICTED_MERCHANT_INDUSTRY
    RISK_MERCHANT_IP_NOT_EXIST CERT_EXPIRED PLATFORM_BUSINESS_ACQUIRE_MODE_MUST_MERCHANT_ID
    ROYALTY_ACCOUNT_NOT_EXIST SMILE_PAY_MERCHANT_NOT_MATCH PRE_AUTH_PROD_CODE_INCONSISTENT
    TOTAL_FEE_EXCEED REQUEST_AMOUNT_EXCEED PRODUCT_AMOUNT_LIMIT_ERROR
    BEYOND_PER_RECEIPT_RESTRICTION BEYOND_PER_RECEIPT_SINGLE_RESTRICTION
    BEYOND_PER_RECEIPT_DAY_RESTRICTION BEYOND_PAY_RESTRICTION
    MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT MERCHANT_PERM_RECEIPT_SINGLE_LIMIT
    MERCHANT_PERM_RECEIPT_DAY_LIMIT
    BUYER_ERROR USER_NOT_MATCH_ERR REFUNDALLOC_UNAUTH_LIMIT ENTERPRISE_PAY_BIZ_ERROR
    invalid-signature invalid-app-id missing-app-cert-sn missing-alipay-root-cert-sn
    invalid-alipay-root-cert-sn app-cert-not-exist app-cert-expired not-online-app
    missing-signature-key missing-encrypt-key missing-signature-config invalid-auth-relations
    decryption-error-unknown insufficient-isv-permissions insufficient-user-permissions
    self-invoke-forbidden ip-forbidden invalid-auth-token auth-token-time-out
    invalid-app-auth-token invalid-app-auth-token-no-api app-auth-token-time-out
    no-product-reg-by-partner`,
  ],
  [
    'payer_action',
    `
    ERROR_BALANCE_PAYMENT_DISABLE NO_PAYMENT_INSTRUMENTS_AVAILABLE NOT_SUPPORT_PAYMENT_INST
    CARD_TYPE_ERROR CARD_USER_NOT_MATCH MOBILE_PAYMENT_SWITCH_OFF USER_FACE_PAYMENT_SWITCH_OFF
    PULL_MOBILE_CASHIER_FAIL BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR
    BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR NOT_CERTIFIED_USER ERROR_BUYER_CERTIFY_LEVEL_LIMIT
    BUYER_NOT_MAINLAND_CERT BUYER_SELLER_EQUAL TRADE_BUYER_NOT_MATCH PAYER_UNMATCHED
    USER_LOGONID_DUP BUYER_NOT_EXIST`,
  ],
  [
    'insufficient_funds',
    `
    BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH AUTH_AMOUNT_NOT_ENOUGH
    ZM_AUTH_AMOUNT_EXCEED`,
  ],
  [
    'risk_declined',
    `
    BUYER_ENABLE_STATUS_FORBID PAYMENT_REQUEST_HAS_RISK ZM_CREDIT_AUTH_FAIL ZM_AUTH_RULE_LIMIT`,
  ],
  ['not_found', 'TRADE_NOT_EXIST NO_BILL_DATA BILL_NOT_EXIST bill_not_exist'],
  [
    'duplicate',
    `
    CONTEXT_INCONSISTENT TRADE_HAS_SUCCESS APPLY_PC_MERCHANT_CODE_ERROR DISCORDANT_REPEAT_REQUEST`,
  ],
  [
    'retry_same',
    `
    SELLER_BALANCE_NOT_ENOUGH REASON_TRADE_BEEN_FREEZEN UNKNOWN_ERROR SYSTEM_RATE_LIMIT
    USER_RATE_LIMIT app-call-limited method-call-limited`,
  ],
  ['retry_new', 'TRADE_HAS_CLOSE PAYMENT_AUTH_CODE_INVALID PAYMENT_FAIL'],
  ['unknown_outcome', 'SYSTEM_ERROR unknow-error unknown-error'],
]

// First match wins: OVERDRAFT_ belongs to refunds, the other OVER_ codes to withholding.
const PREFIXES: readonly (readonly [string, ProblemCategory])[] = [
  ['SUB_MERCHANT_', 'merchant_config'],
  ['SECONDARY_MERCHANT_', 'merchant_config'],
  ['OVERDRAFT_', 'merchant_config'],
  ['REFUND_ROYALTY_', 'merchant_config'],
  ['AGREEMENT_', 'invalid_request'],
  ['CYCLE_PAY_', 'invalid_request'],
  ['AUTH_ORDER_', 'invalid_request'],
  ['OVER_', 'invalid_request'],
]

/** What a gateway `code` means when its `sub_code` is not in the table. */
const GATEWAY_CODES: Readonly<Record<string, ProblemCategory>> = {
  '10003': 'payer_action',
  '20000': 'unknown_outcome',
  '20001': 'merchant_config',
  '40001': 'invalid_request',
  '40002': 'invalid_request',
  '40003': 'merchant_config',
  '40004': 'unknown_outcome',
  '40005': 'retry_same',
  '40006': 'merchant_config',
}

/** Refused here and now, but the order may have another, older outcome: ask before believing it. */
const ASK_FIRST: ReadonlySet<string> = new Set(
  'TRADE_HAS_CLOSE TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID REASON_ILLEGAL_STATUS'.split(' '),
)

const BY_WORD = byWord(CATEGORIES)

// Where a code says more than its category.
const FINER: readonly (readonly [ProblemCode, string])[] = [
  [
    'payer_limit_reached',
    'BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR',
  ],
  [
    'payer_method_unusable',
    `
    ERROR_BALANCE_PAYMENT_DISABLE NO_PAYMENT_INSTRUMENTS_AVAILABLE NOT_SUPPORT_PAYMENT_INST
    CARD_TYPE_ERROR CARD_USER_NOT_MATCH MOBILE_PAYMENT_SWITCH_OFF USER_FACE_PAYMENT_SWITCH_OFF`,
  ],
  [
    'payer_account_restricted',
    'NOT_CERTIFIED_USER ERROR_BUYER_CERTIFY_LEVEL_LIMIT BUYER_NOT_MAINLAND_CERT',
  ],
  [
    'merchant_limit_reached',
    `
    TOTAL_FEE_EXCEED REQUEST_AMOUNT_EXCEED PRODUCT_AMOUNT_LIMIT_ERROR
    BEYOND_PER_RECEIPT_RESTRICTION BEYOND_PER_RECEIPT_SINGLE_RESTRICTION
    BEYOND_PER_RECEIPT_DAY_RESTRICTION MERCHANT_PERM_RECEIPT_SINGLE_LIMIT
    MERCHANT_PERM_RECEIPT_DAY_LIMIT`,
  ],
  [
    'merchant_permission_missing',
    `
    ACCESS_FORBIDDEN BIZ_PRODUCT_NOT_ALLOWED insufficient-isv-permissions
    insufficient-user-permissions no-product-reg-by-partner`,
  ],
  [
    'merchant_key_wrong',
    `
    CERT_EXPIRED invalid-signature missing-app-cert-sn missing-alipay-root-cert-sn
    invalid-alipay-root-cert-sn app-cert-not-exist app-cert-expired missing-signature-key
    missing-encrypt-key missing-signature-config decryption-error-unknown`,
  ],
  ['order_already_paid', 'TRADE_HAS_SUCCESS'],
  ['order_closed', 'TRADE_HAS_CLOSE'],
  ['payer_code_invalid', 'PAYMENT_AUTH_CODE_INVALID'],
]

const FINER_BY_WORD = byWord(FINER)

export interface WalletError {
  code: string
  subCode?: string | undefined
  message?: string | undefined
}

/**
 * The problem behind an error answer. Codes appear without notice: one that is not in the table is
 * `unknown_outcome` wherever the business side may have acted.
 */
export function problemOf(error: WalletError, kind: CallKind): Problem {
  const category = categoryOfWord(error.subCode) ?? gatewayCategory(error.code) ?? 'unknown_outcome'
  const finer = FINER_BY_WORD.get(bareWord(error.subCode ?? ''))
  return {
    category: category === 'unknown_outcome' ? openCategory(error, kind) : category,
    ...(finer !== undefined && { code: finer }),
    walletCode: error.subCode ?? error.code,
    ...(error.message === undefined ? {} : { walletMessage: error.message.slice(0, 500) }),
  }
}

function byWord<Meaning>(table: readonly (readonly [Meaning, string])[]) {
  return new Map(
    table.flatMap(([meaning, words]) =>
      words
        .trim()
        .split(/\s+/)
        .map((word): [string, Meaning] => [word, meaning]),
    ),
  )
}

function gatewayCategory(code: string): ProblemCategory | undefined {
  return Object.hasOwn(GATEWAY_CODES, code) ? GATEWAY_CODES[code] : undefined
}

/** True for codes of the gateway itself, given before the business side is asked. */
export function isGatewayCode(code: string): boolean {
  return code !== '10003' && code !== '40004' && Object.hasOwn(GATEWAY_CODES, code)
}

/** The category of a code word, with or without its prefixes (`aop.`, `isv.`, `isp.`, `ACQ.`). */
export function categoryOfWord(word: string | undefined): ProblemCategory | undefined {
  if (word === undefined) return undefined
  const bare = bareWord(word)
  return BY_WORD.get(bare) ?? prefixCategory(bare)
}

/** True when this refusal certainly means that the order takes no money, now or later. */
export function isFinalRefusal(problem: Problem): boolean {
  if (problem.walletCode !== undefined && ASK_FIRST.has(bareWord(problem.walletCode))) return false
  switch (problem.category) {
    case 'payer_action':
    case 'insufficient_funds':
    case 'risk_declined':
    case 'invalid_request':
    case 'merchant_config':
    case 'retry_same':
    case 'retry_new':
      return true
    case 'not_found':
    case 'duplicate':
    case 'provider_down':
    case 'unknown_outcome':
      return false
  }
}

/** True for one of these business codes, however it is prefixed. */
export function isCode(problem: Problem | undefined, ...words: string[]): boolean {
  return problem?.walletCode !== undefined && words.includes(bareWord(problem.walletCode))
}

// `AQC.` is a typo in the official list of codes of alipay.trade.cancel.
function bareWord(word: string): string {
  return word.replace(/^(?:aop|isv|isp)\./, '').replace(/^(?:ACQ|AQC)\./, '')
}

function prefixCategory(word: string): ProblemCategory | undefined {
  if (word.endsWith('_UNSUPPORT_ADVANCE')) return 'invalid_request'
  return PREFIXES.find(([prefix]) => word.startsWith(prefix))?.[1]
}

// A question that fails on Alipay's side has no outcome to be unsure of.
function openCategory(error: WalletError, kind: CallKind): ProblemCategory {
  const serverSide = error.code === '20000' || categoryOfWord(error.subCode) === 'unknown_outcome'
  return kind === 'question' && serverSide ? 'provider_down' : 'unknown_outcome'
}
