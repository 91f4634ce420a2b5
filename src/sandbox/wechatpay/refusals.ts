// What WeChat Pay says when it does not do something: status, code, message, detail (sheet section 7).

export interface Refusal {
  refused: true
  status: number
  code: string
  message: string
  detail?: Record<string, unknown> | undefined
  /** The internal number behind the last dash of Request-ID. */
  number: number
}

export function refuse(
  status: number,
  code: string,
  message: string,
  number = status === 500 ? 268435455 : 268435461,
): Refusal {
  return { refused: true, status, code, message, number }
}

/** A field of the request that breaks its rule. */
export function badField(
  field: string,
  issue: string,
  value?: unknown,
  location: 'body' | 'query' | 'path' | 'header' = 'body',
): Refusal {
  const shown = typeof value === 'string' || typeof value === 'number' ? { value } : {}
  return {
    ...refuse(
      400,
      'PARAM_ERROR',
      `输入源“/${location}/${field}”映射到字段“${field}”${issue}`,
      268435461,
    ),
    detail: { location, field: `/${field.replaceAll('.', '/')}`, ...shown, issue },
  }
}

/** A field that the interface does not have. */
export function unknownField(field: string): Refusal {
  return {
    ...refuse(400, 'PARAM_ERROR', `请求中含有未在API文档中定义的参数：${field}`, 270924358),
    detail: { location: 'body', field: `/${field.replaceAll('.', '/')}`, issue: 'undefined' },
  }
}

export const REFUSALS = {
  appidNotBound: () => refuse(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配', 268445527),
  merchantDiffers: () =>
    refuse(400, 'PARAM_ERROR', 'mchid与Authorization中的商户号不匹配', 268447843),
  notOpened: () =>
    refuse(403, 'NO_AUTH', '商户号该产品权限未开通，请前往商户平台>产品中心检查后重试', 268443711),
  openidDiffers: () => refuse(500, 'OPENID_MISMATCH', 'openid和appid不匹配', 268501014),
  openidMissing: () => badField('payer.openid', '无法解析：openid不能为空'),
  reentryDiffers: () =>
    refuse(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致', 268498688),
  numberUsed: () => refuse(403, 'OUT_TRADE_NO_USED', '商户订单号重复', 268498690),
  paid: () => refuse(400, 'ORDER_PAID', '该订单已支付', 268498689),
  closed: () => refuse(400, 'ORDER_CLOSED', '该订单已关闭', 268449537),
  expired: () => refuse(400, 'INVALID_REQUEST', '订单已过有效期，请重新下单', 268447914),
  noOrder: () => refuse(404, 'ORDER_NOT_EXIST', '订单不存在', 268512771),
  cannotClose: () =>
    refuse(400, 'INVALID_REQUEST', '付款码支付订单不能关闭，请使用撤销接口', 268449641),
  cannotReverse: () => refuse(400, 'INVALID_REQUEST', '仅付款码支付订单可以撤销', 268449642),
  reverseExpired: () => refuse(400, 'INVALID_REQUEST', '订单已超过可撤销的时间', 268449643),
  reversed: () => refuse(400, 'INVALID_REQUEST', '订单已撤销', 268449644),
  failed: () => refuse(403, 'TRADE_ERROR', '交易错误，该订单支付失败', 268449645),
  paying: () => refuse(202, 'USER_PAYING', '用户支付中，需要输入密码', 268449646),
  funds: () => refuse(403, 'NOT_ENOUGH', '用户账号余额不足', 268449647),
  frozen: () => refuse(403, 'ACCOUNT_ERROR', '用户账号异常', 268449648),
  codeMalformed: () => refuse(400, 'AUTH_CODE_INVALID', '请扫描微信支付授权码', 268449649),
  codeUsed: () => refuse(400, 'AUTH_CODE_INVALID', '每个二维码仅限使用一次，请刷新再试', 268449650),
  codeExpired: () =>
    refuse(400, 'AUTH_CODE_EXPIRE', '二维码已过期，请用户在微信上刷新后再试', 268449651),
  payerDiffers: () =>
    refuse(403, 'BUYER_MISMATCH', '支付账号错误，订单已绑定其他付款人', 268449652),
  noCertificate: () =>
    refuse(
      404,
      'RESOURCE_NOT_EXISTS',
      '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/docs/merchant/products/platform-certificate/wxp-pub-key-guide.html',
      268443905,
    ),
  busy: () => refuse(500, 'SYSTEM_ERROR', '系统异常，请稍后重试', 268435455),
  tooMany: () => refuse(429, 'RATELIMIT_EXCEEDED', '频率超限', 268447840),
} as const

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value && value.refused === true
}

/** The body of an answer that refuses. */
export function refusalBody({ code, message, detail }: Refusal): Record<string, unknown> {
  return { code, message, ...(detail && { detail }) }
}
