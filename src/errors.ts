// Every error the API can answer with. The table is the documentation: the problem pages, the
// OpenAPI document and docs/*/errors.md are made from it.

export type Retry = 'never' | 'same_request' | 'new_request' | 'later'

/** A text in the two languages every message has. */
export interface Texts {
  en: string
  'zh-CN': string
}

export interface ErrorKind {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503
  category: 'request' | 'authentication' | 'permission' | 'state' | 'limit' | 'server'
  /**
   * `never`: repeating does not help. `same_request`: repeat it unchanged, with the same
   * `Idempotency-Key`. `new_request`: correct it and use a new key. `later`: repeat it unchanged
   * after `Retry-After`.
   */
  retry: Retry
  title: Texts
  /** What to do about it. */
  remedy: Texts
}

const text = (en: string, zh: string): Texts => ({ en, 'zh-CN': zh })

const kind = (
  status: ErrorKind['status'],
  category: ErrorKind['category'],
  retry: Retry,
  title: Texts,
  remedy: Texts,
): ErrorKind => ({ status, category, retry, title, remedy })

export const ERRORS = {
  request_malformed: kind(
    400,
    'request',
    'never',
    text('The request is not valid HTTP', '请求不是有效的 HTTP 报文'),
    text(
      'Check the address, its percent-encoding and the headers.',
      '请检查地址、百分号编码和请求头。',
    ),
  ),
  body_invalid: kind(
    400,
    'request',
    'new_request',
    text('The body is not the JSON that is accepted', '请求体不是可接受的 JSON'),
    text(
      'Send one JSON object in UTF-8: no member twice, no `__proto__`, at most 32 levels, numbers as plain integers.',
      '请发送一个 UTF-8 编码的 JSON 对象：成员不重复、不含 `__proto__`、最多 32 层、数字为普通整数。',
    ),
  ),
  unknown_field: kind(
    400,
    'request',
    'new_request',
    text('A field is not known here', '存在无法识别的字段'),
    text(
      'Remove the field that `param` names, or correct its spelling.',
      '请删除 `param` 指出的字段，或更正其拼写。',
    ),
  ),
  field_missing: kind(
    400,
    'request',
    'new_request',
    text('A required field is missing', '缺少必填字段'),
    text('Add the field that `param` names.', '请补充 `param` 指出的字段。'),
  ),
  field_invalid: kind(
    400,
    'request',
    'new_request',
    text('A field has a value that is not accepted', '字段的值不可接受'),
    text('Correct the value of the field that `param` names.', '请更正 `param` 指出的字段的值。'),
  ),
  cursor_invalid: kind(
    400,
    'request',
    'new_request',
    text('The cursor does not belong to this list', '游标不属于此列表'),
    text(
      'Use `next_cursor` or `prev_cursor` unchanged, with the same filters and key; or begin without a cursor.',
      '请原样使用 `next_cursor` 或 `prev_cursor`，并保持筛选条件和密钥不变；或不带游标重新开始。',
    ),
  ),
  idempotency_key_missing: kind(
    400,
    'request',
    'new_request',
    text('The Idempotency-Key header is missing', '缺少 Idempotency-Key 请求头'),
    text(
      'Send a key of your own with every POST, for example a UUID, and repeat the request with the same key.',
      '每个 POST 请求都要带上自己生成的键（例如 UUID），重试时使用同一个键。',
    ),
  ),
  idempotency_key_invalid: kind(
    400,
    'request',
    'new_request',
    text('The Idempotency-Key header is not valid', 'Idempotency-Key 请求头无效'),
    text('Use 1 to 255 visible ASCII characters.', '请使用 1 至 255 个可见 ASCII 字符。'),
  ),
  version_unknown: kind(
    400,
    'request',
    'new_request',
    text('The API version is not known', 'API 版本未知'),
    text(
      'Send a supported version in Tongbao-Version, or leave the header out.',
      '请在 Tongbao-Version 中使用受支持的版本，或不发送该请求头。',
    ),
  ),

  key_missing: kind(
    401,
    'authentication',
    'new_request',
    text('The API key is missing', '缺少 API 密钥'),
    text(
      'Send `Authorization: Bearer tb_test_sk_…` or `tb_live_sk_…`.',
      '请发送 `Authorization: Bearer tb_test_sk_…` 或 `tb_live_sk_…`。',
    ),
  ),
  key_invalid: kind(
    401,
    'authentication',
    'new_request',
    text('The API key is not valid', 'API 密钥无效'),
    text(
      'Check that the key is complete and was made in this hub.',
      '请确认密钥完整，且由本系统签发。',
    ),
  ),
  key_expired: kind(
    401,
    'authentication',
    'new_request',
    text('The API key has expired', 'API 密钥已过期'),
    text('Make a new key and use it.', '请创建并使用新的密钥。'),
  ),
  key_revoked: kind(
    401,
    'authentication',
    'new_request',
    text('The API key was revoked', 'API 密钥已吊销'),
    text('Use another key.', '请使用其他密钥。'),
  ),
  client_secret_missing: kind(
    401,
    'authentication',
    'new_request',
    text('The client secret is missing', '缺少 client_secret'),
    text(
      "Send the payment's client secret as `Authorization: Bearer …`.",
      '请以 `Authorization: Bearer …` 发送该付款的 client_secret。',
    ),
  ),

  scope_missing: kind(
    403,
    'permission',
    'never',
    text('The API key may not do this', 'API 密钥没有此权限'),
    text('Use a key with the scope that `detail` names.', '请使用具有 `detail` 所述权限的密钥。'),
  ),
  address_not_allowed: kind(
    403,
    'permission',
    'never',
    text('The API key may not be used from this address', 'API 密钥不允许从此地址使用'),
    text(
      "Call from an address on the key's list, or change the list by making a new key.",
      '请从密钥允许的地址调用，或创建使用新地址列表的密钥。',
    ),
  ),
  origin_not_allowed: kind(
    403,
    'permission',
    'never',
    text('This website may not call the checkout', '此网站不可调用收银台'),
    text('Open the payment on its hosted page.', '请在托管的付款页面上打开该付款。'),
  ),

  not_found: kind(
    404,
    'request',
    'never',
    text('There is no such object', '对象不存在'),
    text(
      'Check the id and that the key is of the same merchant and mode (test or live).',
      '请检查编号，并确认密钥属于同一商户和同一模式（测试或正式）。',
    ),
  ),
  route_not_found: kind(
    404,
    'request',
    'never',
    text('There is no such address', '地址不存在'),
    text('Compare the path with the API reference at /docs.', '请对照 /docs 的 API 文档检查路径。'),
  ),
  method_not_allowed: kind(
    405,
    'request',
    'never',
    text('This address does not take this method', '此地址不支持该方法'),
    text('Use a method that the Allow header lists.', '请使用 Allow 响应头列出的方法。'),
  ),

  idempotency_in_progress: kind(
    409,
    'state',
    'later',
    text('The first request with this key is still running', '使用此键的首个请求仍在处理'),
    text('Repeat the same request after a second.', '请一秒后重复同一请求。'),
  ),
  reference_conflict: kind(
    409,
    'state',
    'never',
    text('The reference belongs to another payment', '该 reference 已属于另一笔付款'),
    text(
      'Use a new reference for a different order, or send the same content to get the existing payment.',
      '不同的订单请使用新的 reference；若是同一订单，请发送相同内容以取得已有付款。',
    ),
  ),
  payment_paid: kind(
    409,
    'state',
    'never',
    text('The payment is already paid', '该付款已支付'),
    text('Read the payment and show its result.', '请读取该付款并显示结果。'),
  ),
  payment_not_payable: kind(
    409,
    'state',
    'never',
    text('The payment can not be paid any more', '该付款已不可支付'),
    text('Create a new payment with a new reference.', '请使用新的 reference 创建付款。'),
  ),
  attempt_unresolved: kind(
    409,
    'state',
    'later',
    text("An earlier attempt's outcome is not known yet", '上一次支付的结果尚未确认'),
    text(
      'Wait until it is settled; the payer must not pay twice.',
      '请等待结果确认，避免付款人重复支付。',
    ),
  ),
  attempts_exhausted: kind(
    409,
    'state',
    'never',
    text('The payment has used all of its attempts', '该付款的尝试次数已用完'),
    text('Create a new payment with a new reference.', '请使用新的 reference 创建付款。'),
  ),
  already_revoked: kind(
    409,
    'state',
    'never',
    text('The API key is revoked already', 'API 密钥此前已吊销'),
    text('Nothing has to be done.', '无需任何操作。'),
  ),
  endpoint_disabled: kind(
    409,
    'state',
    'never',
    text('The webhook endpoint is disabled', '该 webhook 端点已停用'),
    text(
      'Enable it first with PATCH and `"status": "enabled"`.',
      '请先用 PATCH 将其设为 `"status": "enabled"`。',
    ),
  ),
  precondition_failed: kind(
    412,
    'state',
    'new_request',
    text('The object has changed since it was read', '对象在读取后已被更改'),
    text(
      'Read it again and repeat the request with the new ETag.',
      '请重新读取，并用新的 ETag 重复请求。',
    ),
  ),

  body_too_large: kind(
    413,
    'limit',
    'never',
    text('The body is too large', '请求体过大'),
    text('Send at most 256 KB.', '请求体最多 256 KB。'),
  ),
  media_type_unsupported: kind(
    415,
    'request',
    'new_request',
    text('The content type is not accepted', '不支持的内容类型'),
    text('Send `Content-Type: application/json`.', '请发送 `Content-Type: application/json`。'),
  ),

  idempotency_key_reused: kind(
    422,
    'request',
    'new_request',
    text('The Idempotency-Key was used with another body', 'Idempotency-Key 已用于不同的请求体'),
    text('Use a new key for a different request.', '不同的请求请使用新的键。'),
  ),
  not_supported: kind(
    422,
    'request',
    'new_request',
    text('The wallet can not do this', '该钱包不支持此操作'),
    text(
      'Choose a surface, currency or amount that the wallet supports; see GET /v1/wallets.',
      '请选择该钱包支持的场景、币种或金额，见 GET /v1/wallets。',
    ),
  ),
  wallet_unavailable: kind(
    422,
    'request',
    'new_request',
    text('The wallet is not available for this payment', '该钱包不可用于此付款'),
    text(
      'Connect the wallet, enable its account and surface, or allow it in the payment.',
      '请接入该钱包、启用其账户和场景，或在付款中允许使用。',
    ),
  ),
  token_refused: kind(
    422,
    'request',
    'new_request',
    text("The wallet's token is not accepted", '钱包令牌未被接受'),
    text(
      'Open the sheet of the wallet again and send the new token exactly as it came. If every token is refused, check the wallet account.',
      '请重新打开钱包面板，并原样发送新的令牌。如果所有令牌都被拒绝，请检查钱包账户。',
    ),
  ),
  token_used: kind(
    409,
    'state',
    'new_request',
    text("The wallet's token was used before", '钱包令牌已被使用'),
    text(
      'A token starts one attempt. Read the payment, and open its sheet again if it is still payable.',
      '每个令牌只能发起一次尝试。请先查询付款；如仍可支付，请重新打开钱包面板。',
    ),
  ),
  wallet_session_refused: kind(
    503,
    'server',
    'later',
    text('The wallet opened no session', '钱包未能建立会话'),
    text(
      'Offer another wallet and try again later. If it happens every time, check the wallet account.',
      '请提供其他钱包并稍后重试。如果每次都发生，请检查钱包账户。',
    ),
  ),
  wallet_unknown: kind(
    422,
    'request',
    'new_request',
    text('The hub knows no such wallet', '系统没有此钱包'),
    text('Use a name that GET /v1/wallets lists.', '请使用 GET /v1/wallets 列出的名称。'),
  ),
  wallet_account_invalid: kind(
    422,
    'request',
    'new_request',
    text('The wallet account has fields that do not fit', '钱包账户的字段不正确'),
    text(
      'Correct the fields that `errors` lists, each with its remedy.',
      '请按 `errors` 中的说明逐项更正。',
    ),
  ),
  url_not_allowed: kind(
    422,
    'request',
    'new_request',
    text('The URL is not allowed here', '不允许使用此 URL'),
    text(
      'Use a public https address without user name and password.',
      '请使用公网 https 地址，且不含用户名和密码。',
    ),
  ),

  rate_limited: kind(
    429,
    'limit',
    'later',
    text('Too many requests', '请求过于频繁'),
    text(
      'Wait for the seconds in Retry-After, then repeat the same request.',
      '请等待 Retry-After 指示的秒数后重复同一请求。',
    ),
  ),
  internal: kind(
    500,
    'server',
    'same_request',
    text('The hub failed', '系统发生错误'),
    text(
      'Repeat the same request; if it fails again, tell the operator the request id.',
      '请重复同一请求；若再次失败，请将请求编号告知运维人员。',
    ),
  ),
  not_ready: kind(
    503,
    'server',
    'same_request',
    text('The hub can not answer right now', '系统暂时无法响应'),
    text(
      'Repeat the same request, with the same Idempotency-Key, after Retry-After.',
      '请在 Retry-After 之后以同一 Idempotency-Key 重复同一请求。',
    ),
  ),
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

export const ERROR_CODES = Object.keys(ERRORS).filter(isErrorCode)

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

/** One of several things that are wrong, e.g. with the fields of a wallet account. */
export interface ErrorItem {
  code: string
  /** JSON pointer (RFC 6901) to the field. */
  param?: string
  message: Texts
}

export interface ErrorDetails {
  /** JSON pointer (RFC 6901) into the body, or to the query parameter. */
  param?: string
  /** What exactly is wrong, one sentence; the remedy of the table follows it. */
  detail?: Texts
  errors?: readonly ErrorItem[]
  /** Headers of the answer, e.g. `Allow`, `Retry-After`. */
  headers?: Readonly<Record<string, string>>
}

/** We refuse our caller. Thrown anywhere, answered in one place. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.detail?.en ?? ERRORS[code].title.en)
    this.name = 'ApiError'
    this.code = code
    this.details = details
  }

  get kind(): ErrorKind {
    return ERRORS[this.code]
  }
}
