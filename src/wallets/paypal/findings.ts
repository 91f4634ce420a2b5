// What can be wrong with a PayPal account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

const entry = (
  level: Entry['level'],
  param: string | undefined,
  en: string,
  zh: string,
): Entry => ({
  level,
  ...(param !== undefined && { param }),
  message: { en, 'zh-CN': zh },
})

const ENTRIES = {
  unknown_field: entry(
    'error',
    undefined,
    'This field is not part of a PayPal account. Remove it or correct its name.',
    'PayPal 账户没有这个字段，请删除或更正字段名。',
  ),
  environment_unknown: entry(
    'error',
    '/environment',
    'The environment is "live" or "test".',
    'environment 只能是 live 或 test。',
  ),
  client_id_shape: entry(
    'error',
    '/client_id',
    'The client id is 20 to 128 letters, digits, _ and -. Copy it from Apps & Credentials.',
    'client_id 为 20 到 128 位字母、数字、_ 和 -，请从 Apps & Credentials 复制。',
  ),
  client_secret_shape: entry(
    'error',
    '/client_secret',
    'The client secret is 20 to 128 letters, digits, _ and -. Copy it from Apps & Credentials.',
    'client_secret 为 20 到 128 位字母、数字、_ 和 -，请从 Apps & Credentials 复制。',
  ),
  webhook_id_shape: entry(
    'error',
    '/webhook_id',
    'The webhook id is letters and digits. It stands beside the webhook of your app at PayPal.',
    'webhook_id 由字母和数字组成，见 PayPal 应用的 Webhooks 列表。',
  ),
  gateway_refused: entry(
    'error',
    '/gateway',
    'Another address is for test accounts only: https, or plain http on this machine; never a host of PayPal.',
    '仅测试账户可另填地址：须为 https，仅本机可用 http，且不能是 PayPal 的主机。',
  ),
  webhook_roots_unreadable: entry(
    'error',
    '/webhook_roots',
    'These are no certificates of authorities in PEM.',
    '这不是 PEM 格式的 CA 证书。',
  ),
  connected: entry(
    'ok',
    undefined,
    'PayPal took the client id and secret and knows the webhook.',
    'PayPal 已接受 client_id 与 client_secret，并找到该 webhook。',
  ),
  unreachable: entry(
    'error',
    undefined,
    'PayPal does not answer. Outgoing https to its API has to be allowed.',
    'PayPal 没有应答，请允许到其 API 的 https 出站连接。',
  ),
  credentials_refused: entry(
    'error',
    '/client_secret',
    'PayPal does not take this client id and secret. Both must be of the same app and environment.',
    'PayPal 不接受该 client_id 与 client_secret，两者须属于同一应用与同一环境。',
  ),
  webhook_unknown: entry(
    'error',
    '/webhook_id',
    'This app has no webhook with this id. Copy the id from the app whose client id stands here.',
    '该应用没有此 webhook，请从 client_id 所属的应用复制。',
  ),
  webhook_events_missing: entry(
    'warning',
    '/webhook_id',
    'The webhook lacks events. Choose all, or: Checkout order approved, Payment capture completed, pending, denied.',
    '该 webhook 未订阅所需事件。请选择全部，或：Checkout order approved、Payment capture completed、pending、denied。',
  ),
  answer_not_understood: entry(
    'warning',
    undefined,
    'PayPal answered in a way that is not understood. Try again later.',
    '无法理解 PayPal 的应答，请稍后重试。',
  ),
} as const satisfies Record<string, Entry>

export type FindingCode = keyof typeof ENTRIES

/** A finding by its code; `param` names another field. */
export function finding(code: FindingCode, param?: string): Finding {
  const { level, message, param: own }: Entry = ENTRIES[code]
  const about = param ?? own
  return { level, code, ...(about !== undefined && { param: about }), message }
}
