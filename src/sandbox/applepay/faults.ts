// The ways in which the sandbox's Apple can misbehave (sheet section 11).
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

/** All of them by the merchant id as order. */
export const APPLEPAY_FAULTS: readonly FaultKind[] = [
  kind('gateway', 'session_417', 'Session refused: not registered', '会话被拒：未注册'),
  kind('gateway', 'session_5xx', 'Session: HTTP 500', '会话：HTTP 500'),
  kind('gateway', 'session_slow', 'Session comes late', '会话延迟', true),
  kind('gateway', 'session_expired', 'Session is over already', '会话已过期'),
  kind('gateway', 'session_other_domain', 'Session for another domain', '会话属于其他域名'),
  kind('gateway', 'session_garbage', 'No session but HTML', '返回 HTML 而非会话'),
  kind('trade', 'token_old', 'Token signed six minutes ago', '令牌签名已过六分钟'),
  kind('trade', 'token_other_merchant', 'Token for another merchant', '令牌属于其他商户'),
  kind('trade', 'token_other_order', 'Token bound to another order', '令牌绑定其他订单'),
  kind('trade', 'token_forged', 'Token with a wrong signature', '令牌签名错误'),
  kind('trade', 'token_repeated', 'The last token once more', '重复上一枚令牌'),
]
