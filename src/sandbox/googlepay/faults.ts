// The ways in which the sandbox's Google can misbehave (sheet section 11).
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

/** All of them by the merchant's name at the gateway as order. */
export const GOOGLEPAY_FAULTS: readonly FaultKind[] = [
  kind('gateway', 'keys_500', 'Root keys: HTTP 500', '根密钥：HTTP 500'),
  kind('gateway', 'keys_empty', 'Root keys: an empty list', '根密钥：空列表'),
  kind('gateway', 'keys_slow', 'Root keys come late', '根密钥延迟', true),
  kind('trade', 'token_expired', 'Message has expired', '消息已过期'),
  kind('trade', 'token_intermediate_expired', 'Intermediate key has expired', '中间密钥已过期'),
  kind('trade', 'token_unknown_root', 'Signed under an unknown root', '未知根密钥签名'),
  kind('trade', 'token_other_merchant', 'Token for another recipient', '令牌属于其他收款方'),
  kind('trade', 'token_other_key', 'Encrypted to another key', '用其他密钥加密'),
  kind('trade', 'token_forged', 'Message changed after signing', '签名后消息被篡改'),
  kind('trade', 'token_repeated', 'The last token once more', '重复上一枚令牌'),
]
