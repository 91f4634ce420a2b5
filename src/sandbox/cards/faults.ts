// The ways in which the sandbox's acquirers can misbehave (sheet "processors", section 11).
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

export const WEBHOOK_FAULTS: readonly FaultKind[] = [
  kind('notification', 'notification_lost', 'Never arrives', '通知丢失'),
  kind('notification', 'notification_doubled', 'Arrives twice at once', '通知重复'),
  kind('notification', 'notification_reordered', 'Arrives behind the next one', '通知乱序'),
  kind('notification', 'notification_delayed', 'Arrives late', '通知延迟', true),
  kind('notification', 'notification_tampered', 'Amount changed after signing', '签名后被篡改'),
  kind('notification', 'notification_forged', 'Not signed at all', '没有签名'),
  kind('notification', 'notification_wrong_key', 'Signed with a foreign key', '用其他密钥签名'),
  kind('notification', 'notification_wrong_amount', 'Signed, wrong amount', '签名正确，金额错误'),
  kind('notification', 'notification_wrong_mode', 'Says that it is live', '标为正式环境'),
]

export const API_FAULTS: readonly FaultKind[] = [
  kind('gateway', 'api_429', 'Too many requests, nothing done', 'HTTP 429，未处理'),
  kind('gateway', 'api_5xx_before', 'HTTP 500, nothing done', 'HTTP 500，未处理'),
  kind('gateway', 'api_5xx_after', 'HTTP 500, but done', 'HTTP 500，已处理'),
  kind('gateway', 'api_lost_after', 'Connection cut, but done', '连接中断，已处理'),
  kind('gateway', 'api_garbage', 'HTML instead of an answer, but done', '返回 HTML，已处理'),
  kind('gateway', 'api_timeout', 'Done, then silence', '已处理，但长时间不应答', true),
]

const LATER = [
  kind('trade', 'capture_failed', 'A capture is taken back later', '请款随后失败'),
  kind('trade', 'refund_failed', 'A refund is taken back later', '退款随后失败'),
  kind('trade', 'refund_refused', 'A refund is refused', '退款被拒'),
]

export const ADYEN_FAULTS: readonly FaultKind[] = [...WEBHOOK_FAULTS, ...API_FAULTS, ...LATER]
export const STRIPE_FAULTS: readonly FaultKind[] = [
  ...WEBHOOK_FAULTS,
  kind('notification', 'notification_stale', 'Signed ten minutes ago', '签名时间已过十分钟'),
  ...API_FAULTS,
  kind('trade', 'refund_pending', 'A refund stays pending', '退款保持处理中'),
  kind('trade', 'refund_failed', 'A refund is taken back later', '退款随后失败'),
  kind('trade', 'search_late', 'The search does not find it yet', '搜索延迟'),
]
export const CHECKOUTCOM_FAULTS: readonly FaultKind[] = [
  ...WEBHOOK_FAULTS,
  ...API_FAULTS,
  kind('trade', 'capture_declined', 'A capture is declined', '请款被拒'),
  kind('trade', 'refund_refused', 'A refund is refused', '退款被拒'),
]
