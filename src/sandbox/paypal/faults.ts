// The ways in which the sandbox's PayPal can misbehave.
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

export const NOTIFICATION_FAULTS: readonly FaultKind[] = [
  kind('notification', 'notification_lost', 'Never arrives', '通知丢失'),
  kind('notification', 'notification_doubled', 'Arrives twice at once', '通知重复'),
  kind('notification', 'notification_reordered', 'Arrives behind the next one', '通知乱序'),
  kind('notification', 'notification_delayed', 'Arrives late', '通知延迟', true),
  kind('notification', 'notification_tampered', 'Amount changed after signing', '签名后被篡改'),
  kind('notification', 'notification_wrong_amount', 'Signed, wrong amount', '签名正确，金额错误'),
  kind('notification', 'notification_wrong_key', 'Signed with a foreign key', '用其他密钥签名'),
  kind(
    'notification',
    'notification_wrong_chain',
    'Right name, nobody’s certificate',
    '名称正确但证书不可信',
  ),
  kind(
    'notification',
    'notification_wrong_host',
    'Certificate at another address',
    '证书位于其他地址',
  ),
  kind('notification', 'notification_stale', 'Signed ten days ago', '签名时间已过十天'),
]

export const PAYPAL_FAULTS: readonly FaultKind[] = [
  ...NOTIFICATION_FAULTS,
  kind('gateway', 'api_401', 'The access token is forgotten', '访问令牌失效'),
  kind('gateway', 'api_429', 'Too many requests, nothing done', 'HTTP 429，未处理'),
  kind('gateway', 'api_5xx_before', 'HTTP 500, nothing done', 'HTTP 500，未处理'),
  kind('gateway', 'api_5xx_after', 'HTTP 500, but done', 'HTTP 500，已处理'),
  kind('gateway', 'api_lost_after', 'Connection cut, but done', '连接中断，已处理'),
  kind('gateway', 'api_garbage', 'HTML instead of an answer, but done', '返回 HTML，已处理'),
  kind('gateway', 'api_timeout', 'Done, then silence', '已处理，但长时间不应答', true),
  kind('gateway', 'api_other_order', 'An answer about another order', '返回其他订单'),
  kind('trade', 'capture_declined', 'The bank refuses the capture', '请款被银行拒绝'),
  kind('trade', 'capture_pending', 'The capture waits for a review', '请款等待审核'),
]
