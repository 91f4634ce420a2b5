// The ways in which the sandbox's WeChat Pay can misbehave (sheet section 11).
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
  kind('notification', 'notification_signtest', 'Signature probe first', '先发验签探测流量'),
  kind('notification', 'notification_unsigned', 'Signature headers missing', '缺少签名头'),
  kind('notification', 'notification_tampered', 'Body changed after signing', '签名后报文被改动'),
  kind(
    'notification',
    'notification_wrong_amount',
    'Genuinely signed, wrong amount',
    '签名正确，金额错误',
  ),
  kind(
    'notification',
    'notification_wrong_merchant',
    'Genuinely signed, another merchant',
    '签名正确，商户号不符',
  ),
  kind(
    'notification',
    'notification_wrong_key',
    'Foreign key under the genuine serial',
    '冒用序列号，用其他密钥签名',
  ),
  kind('notification', 'notification_unknown_serial', 'Unknown serial', '未知的序列号'),
  kind('notification', 'notification_stale', 'Signed ten minutes ago', '签名时间为十分钟前'),
  kind(
    'notification',
    'notification_wrong_api_key',
    'Encrypted with another APIv3 key',
    '用其他APIv3密钥加密',
  ),
  kind('notification', 'notification_broken_tag', 'Broken GCM tag', 'GCM校验值损坏'),
] as const

export const GATEWAY_FAULTS = [
  kind('gateway', 'gateway_5xx_before', 'HTTP 502 page, nothing done', 'HTTP 502 页面，未处理'),
  kind('gateway', 'gateway_5xx_after', 'HTTP 502 page, but done', 'HTTP 502 页面，已处理'),
  kind('gateway', 'gateway_lost_before', 'Connection cut, nothing done', '连接中断，未处理'),
  kind('gateway', 'gateway_lost_after', 'Connection cut, but done', '连接中断，已处理'),
  kind('gateway', 'gateway_busy_before', 'SYSTEM_ERROR, nothing done', 'SYSTEM_ERROR，未处理'),
  kind('gateway', 'gateway_busy_after', 'SYSTEM_ERROR, but done', 'SYSTEM_ERROR，已处理'),
  kind('gateway', 'gateway_rate_limited', 'HTTP 429, nothing done', 'HTTP 429，未处理'),
  kind('gateway', 'gateway_timeout', 'Done, then silence', '已处理，但长时间不应答', true),
  kind('gateway', 'gateway_html_200', 'HTML page with status 200', '状态 200 的 HTML 页面'),
  kind('gateway', 'gateway_truncated', 'JSON cut off', 'JSON 被截断'),
  kind('gateway', 'gateway_missing_sign', 'No signature', '缺少签名'),
  kind('gateway', 'gateway_wrong_key', 'Signed with a foreign key', '用其他密钥签名'),
  kind('gateway', 'gateway_unknown_serial', 'Unknown serial', '未知的序列号'),
  kind('gateway', 'gateway_signtest', 'Signature probe', '验签探测流量'),
  kind('gateway', 'gateway_tampered', 'Body changed after signing', '签名后报文被改动'),
  kind('gateway', 'gateway_stale', 'Signed ten minutes ago', '签名时间为十分钟前'),
  kind(
    'gateway',
    'gateway_clock_skew',
    'Clock wrong: timestamps refused',
    '时钟偏差，拒绝时间戳',
    true,
  ),
  kind('gateway', 'gateway_rotated', 'Certificate rotated just now', '平台证书刚刚更换'),
  kind('gateway', 'gateway_lagging', 'Queries lag behind payments', '查单结果滞后'),
] as const

export const TRADE_FAULTS = [
  kind('trade', 'trade_userpaying', 'The payer must enter the password', '需要用户输入密码'),
  kind('trade', 'trade_paid_at_close', 'The payer pays in the second of close', '关单同时用户付款'),
  kind('trade', 'trade_paying_at_close', 'Close meets a payer in mid-payment', '关单时用户支付中'),
  kind('trade', 'trade_coupon', 'A coupon pays a part', '使用代金券'),
] as const

export const BILL_FAULTS = [
  kind('bill', 'bill_creating', 'Not ready yet', '账单生成中'),
  kind('bill', 'bill_wrong_hash', 'Hash of another file', '摘要不符'),
  kind('bill', 'bill_missing_row', 'First row missing', '缺少第一行'),
  kind('bill', 'bill_amount_off', 'First amount off by a fen', '第一笔金额差一分'),
  kind('bill', 'bill_old_headings', 'Headings of former years', '旧版表头'),
  kind('bill', 'bill_without_bom', 'No byte order mark', '没有BOM'),
  kind('bill', 'bill_line_feed', 'Lines end in LF only', '行尾只有LF'),
] as const

export const WECHATPAY_FAULTS: readonly FaultKind[] = [
  ...NOTIFICATION_FAULTS,
  ...GATEWAY_FAULTS,
  ...TRADE_FAULTS,
  ...BILL_FAULTS,
]
