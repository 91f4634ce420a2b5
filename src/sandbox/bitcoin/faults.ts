// The ways in which the sandbox's sources of the chain and of prices can misbehave (sheet 13.3).
import type { FaultKind } from '../faults.ts'

const kind = (group: string, name: string, en: string, zh: string, timed = false): FaultKind => ({
  name,
  group,
  title: { en, 'zh-CN': zh },
  timed,
})

const CORE = [
  kind('core', 'core_down', 'Connection cut', '连接中断'),
  kind('core', 'core_hangs', 'Silence, then the answer', '长时间不应答', true),
  kind('core', 'core_unauthorized', '401: password changed', '401，密码已更换'),
  kind('core', 'core_busy', '503: too many calls', '503，请求过多'),
  kind('core', 'core_warming_up', '-28: still starting', '-28，正在启动'),
  kind('core', 'core_cut', 'Answer breaks off', '应答中途断开'),
  kind('core', 'core_garbage', 'HTML with status 200', '状态 200 的 HTML'),
  kind('core', 'core_lost_after', 'Done, then the connection is cut', '已执行，连接中断'),
  kind('core', 'core_downloading', 'Still downloading the chain', '仍在同步区块'),
  kind('core', 'core_headers_ahead', 'Headers ahead of blocks', '区块头领先于区块'),
  kind('core', 'core_stale', 'Stuck: sees nothing new', '停滞，看不到新内容'),
  kind('core', 'core_wrong_network', 'Follows another network', '网络不符'),
  kind('core', 'core_pruned', 'Blocks are pruned', '区块已被修剪'),
  kind('core', 'core_old_version', 'Version 28', '版本过旧'),
] as const

const ESPLORA = [
  kind('esplora', 'esplora_down', 'Connection cut', '连接中断'),
  kind('esplora', 'esplora_hangs', 'Silence, then the answer', '长时间不应答', true),
  kind('esplora', 'esplora_429', '429: too many questions', '429，请求过多'),
  kind('esplora', 'esplora_5xx', '502 of a proxy', '代理返回 502'),
  kind('esplora', 'esplora_404', 'Knows nothing: 404', '一律 404'),
  kind('esplora', 'esplora_cut', 'Answer breaks off', '应答中途断开'),
  kind('esplora', 'esplora_garbage', 'HTML with status 200', '状态 200 的 HTML'),
  kind('esplora', 'esplora_lost_after', 'Done, then the connection is cut', '已执行，连接中断'),
  kind('esplora', 'esplora_stale', 'Stuck: sees nothing new', '停滞，看不到新内容'),
  kind('esplora', 'esplora_wrong_network', 'Follows another network', '网络不符'),
  kind('esplora', 'esplora_lies', 'Calls unconfirmed payments confirmed', '谎称已确认'),
  kind('esplora', 'esplora_false_proof', 'Proofs lead nowhere', '默克尔证明错误'),
  kind('esplora', 'esplora_other_bytes', 'Bytes of another transaction', '返回另一笔交易的字节'),
] as const

const RATES = [
  kind('rates', 'rate_down', 'Connection cut', '连接中断'),
  kind('rates', 'rate_hangs', 'Silence, then the answer', '长时间不应答', true),
  kind('rates', 'rate_403', '403: refused', '403，拒绝访问'),
  kind('rates', 'rate_5xx', '502 of a proxy', '代理返回 502'),
  kind('rates', 'rate_garbage', 'HTML with status 200', '状态 200 的 HTML'),
  kind('rates', 'rate_stale', 'An old price', '价格过旧', true),
  kind('rates', 'rate_crossed', 'Bid above ask', '买价高于卖价'),
  kind('rates', 'rate_wide', 'Ask 10 % above bid', '买卖价差 10 %'),
  kind('rates', 'rate_apart', '5 % above the others', '比其他来源高 5 %'),
  kind('rates', 'rate_ten_times', 'Ten times too high', '高出十倍'),
] as const

type Kinds = typeof CORE | typeof ESPLORA | typeof RATES

export type BitcoinFault = Kinds[number]['name']

export const BITCOIN_FAULTS: readonly FaultKind[] = [...CORE, ...ESPLORA, ...RATES]
