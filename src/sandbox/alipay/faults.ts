// The ways in which the sandbox's Alipay can misbehave (sheet section 11).
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

export const NOTIFICATION_FAULTS = [
  kind('notification', 'notification_lost', 'Never arrives', '通知丢失'),
  kind('notification', 'notification_doubled', 'Arrives twice at once', '通知重复'),
  kind(
    'notification',
    'notification_reordered',
    'Arrives behind the next one',
    '通知乱序，排在下一条之后',
  ),
  kind('notification', 'notification_delayed', 'Arrives late', '通知延迟', true),
  kind('notification', 'notification_tampered', 'Amount changed after signing', '签名后金额被篡改'),
  kind(
    'notification',
    'notification_wrong_amount',
    'Genuinely signed, wrong amount',
    '签名正确，金额错误',
  ),
  kind(
    'notification',
    'notification_wrong_seller',
    'Genuinely signed, another seller',
    '签名正确，卖家不符',
  ),
  kind('notification', 'notification_wrong_key', 'Signed with a foreign key', '用其他密钥签名'),
  kind(
    'notification',
    'notification_recut',
    'Genuine signature, parameters cut differently',
    '签名正确，参数重新切分',
  ),
  kind(
    'notification',
    'notification_return_replayed',
    'The browser’s return, replayed',
    '重放同步返回参数',
  ),
] as const

export const GATEWAY_FAULTS = [
  kind('gateway', 'gateway_5xx_before', 'HTTP 500, nothing done', 'HTTP 500，未处理'),
  kind('gateway', 'gateway_5xx_after', 'HTTP 500, but done', 'HTTP 500，已处理'),
  kind('gateway', 'gateway_lost_after', 'Connection cut, but done', '连接中断，已处理'),
  kind('gateway', 'gateway_20000_before', '20000, nothing done', '返回 20000，未处理'),
  kind('gateway', 'gateway_20000_after', '20000, but done', '返回 20000，已处理'),
  kind('gateway', 'gateway_timeout', 'Done, then silence', '已处理，但长时间不应答', true),
  kind('gateway', 'gateway_html_502', 'HTML error page with status 200', '状态 200 的 HTML 错误页'),
  kind('gateway', 'gateway_truncated', 'JSON cut off', 'JSON 被截断'),
  kind('gateway', 'gateway_missing_sign', 'No signature', '缺少签名'),
  kind('gateway', 'gateway_wrong_key', 'Signed with a foreign key', '用其他密钥签名'),
  kind(
    'gateway',
    'gateway_signed_unescaped',
    'Signed before slashes were escaped',
    '按未转义文本签名',
  ),
  kind(
    'gateway',
    'gateway_clock_skew',
    'Clock wrong: timestamps refused',
    '时钟偏差，拒绝时间戳',
    true,
  ),
] as const

export const TRADE_FAULTS = [
  kind('trade', 'trade_clock_skew', 'Times told are wrong', '交易时间偏差', true),
  kind('trade', 'trade_second', 'A second trade for a paid order', '已付订单出现第二笔交易'),
  kind('trade', 'trade_paid_at_close', 'The payer pays in the second of close', '关单同时买家付款'),
] as const

export const ALIPAY_FAULTS: readonly FaultKind[] = [
  ...NOTIFICATION_FAULTS,
  ...GATEWAY_FAULTS,
  ...TRADE_FAULTS,
]
