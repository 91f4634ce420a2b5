// What can be wrong with a Bitcoin account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

function error(param: string | undefined, en: string, zh: string): Entry {
  return { level: 'error', ...(param && { param }), message: { en, 'zh-CN': zh } }
}

function warning(param: string | undefined, en: string, zh: string): Entry {
  return { ...error(param, en, zh), level: 'warning' }
}

const ENTRIES = {
  unknown_field: error(
    undefined,
    'This field is not part of a Bitcoin account. Remove it or correct its name.',
    '比特币账户没有这个字段，请删除或更正字段名。',
  ),
  environment_unknown: error(
    '/environment',
    'The environment is "live" or "test".',
    'environment 只能是 live 或 test。',
  ),
  network_unknown: error(
    '/network',
    'The network is "main", "testnet4", "signet" or "regtest".',
    'network 只能是 main、testnet4、signet 或 regtest。',
  ),
  key_private_key: error(
    '/key',
    'This can spend money. It was not stored; enter only public keys. If anybody else may have seen it, move the coins to a new wallet.',
    '这是可以花费资金的私钥或助记词，系统未保存。请只填写公钥；若可能已被他人看到，请立即把资金转到新钱包。',
  ),
  key_bad_checksum: error(
    '/key',
    'A character of the key or descriptor is wrong: its checksum does not fit. Copy it again.',
    '密钥或描述符有字符错误（校验码不符），请重新复制。',
  ),
  key_wrong_network: error(
    '/key',
    'The key belongs to another network. Export it from the same network or change "network".',
    '密钥属于另一个网络，请从相同网络导出，或修改 network。',
  ),
  key_not_ranged: error(
    '/key',
    'This stands for one address only. A descriptor has to end in /*, so that each payment gets its own.',
    '这只对应一个地址。描述符须以 /* 结尾，使每笔付款都有独立地址。',
  ),
  key_hardened_from_xpub: error(
    '/key',
    'A hardened step after a public key cannot be derived. Export the key of the account level.',
    '公钥之后不能再有硬化路径，请导出账户层级的公钥。',
  ),
  key_multisig_key: error(
    '/key',
    'This is one key of a multisignature wallet. Used alone it would pay to an address that the wallet does not watch.',
    '这是多签钱包中的一把公钥，单独使用会付到该钱包不监控的地址。',
  ),
  key_unsupported_script: error(
    '/key',
    'Only descriptors of one key are supported: pkh, sh(wpkh), wpkh and tr.',
    '仅支持单一密钥的描述符：pkh、sh(wpkh)、wpkh 和 tr。',
  ),
  key_unsupported_multipath: error(
    '/key',
    'The descriptor names more than two branches. Use <0;1>: receive first, change second.',
    '描述符的分支多于两个，请使用 <0;1>：先收款，后找零。',
  ),
  key_invalid: error(
    '/key',
    'This is no public account key and no descriptor. Copy it from the wallet without spaces inside.',
    '这不是账户公钥或描述符，请从钱包复制，中间不要有空格。',
  ),
  script_type_unknown: error(
    '/script_type',
    'The script type is "segwit", "taproot", "nested" or "legacy".',
    'script_type 只能是 segwit、taproot、nested 或 legacy。',
  ),
  script_type_missing: error(
    '/script_type',
    'An xpub does not say which addresses the wallet makes. Choose "segwit", "taproot", "nested" or "legacy", as the wallet shows.',
    'xpub 不说明地址类型，请按钱包显示选择 segwit、taproot、nested 或 legacy。',
  ),
  script_type_conflict: error(
    '/script_type',
    'The key says another script type. Leave "script_type" out.',
    '密钥已说明另一种地址类型，请不要填写 script_type。',
  ),
  source_missing: error(
    '/core_urls',
    'Enter a Bitcoin Core node or an Esplora server: without one no payment can be seen.',
    '请填写 Bitcoin Core 节点或 Esplora 服务器，否则看不到任何付款。',
  ),
  source_too_many: error('/core_urls', 'Six sources at most.', '最多六个来源。'),
  source_url: error(
    undefined,
    'An address begins with http or https and holds no user, password, query or fragment.',
    '地址须以 http 或 https 开头，且不含用户名、密码、查询串和片段。',
  ),
  core_login_missing: error(
    '/core_user',
    'A node needs a user (without a colon) and a password of its rpcauth setting.',
    '节点需要 rpcauth 的用户名（不含冒号）和密码。',
  ),
  rate_source_unknown: error(
    '/rate_sources',
    'A rate source is "kraken", "bitstamp" or "coinbase", or one of them with "=https://…".',
    '汇率来源为 kraken、bitstamp、coinbase，或其中之一加 =https://…。',
  ),
  rate_sources_too_few: error(
    '/rate_sources',
    'Name at least two different rate sources, each once.',
    '请至少填写两个不同的汇率来源，每个一次。',
  ),
  fx_source_unknown: error(
    '/fx_source',
    'The exchange rates come from "ecb" or "ecb=https://…".',
    '外汇汇率来源为 ecb 或 ecb=https://…。',
  ),
  number_out_of_range: error(
    undefined,
    'This number is out of its range; see the description of the field.',
    '数值超出范围，请查看字段说明。',
  ),
  amount_unreadable: error(
    undefined,
    'Write an amount in BTC with a point and at most eight decimals, e.g. 0.01.',
    '请填写 BTC 金额，使用小数点，最多八位小数，如 0.01。',
  ),
  confirmations_unreadable: error(
    '/confirmations',
    'Write rising amounts with confirmations, and "*" last, e.g. 0.01:1 0.1:2 1:3 *:6.',
    '请按金额递增填写确认数，最后为 *，如 0.01:1 0.1:2 1:3 *:6。',
  ),

  source_unreachable: error(undefined, 'The source does not answer.', '来源没有响应。'),
  source_busy: warning(undefined, 'The source is busy.', '来源繁忙。'),
  source_unauthorized: error(
    undefined,
    'The source refuses the login. Check user and password, and rpcwhitelist.',
    '来源拒绝登录，请检查用户名、密码和 rpcwhitelist。',
  ),
  source_not_ready: error(
    undefined,
    'The source is behind the chain. Payments cannot be settled until it has caught up.',
    '来源落后于区块链，追上之前无法确认付款。',
  ),
  source_wrong_network: error(
    undefined,
    'The source follows another network than the account.',
    '来源与账户不在同一网络。',
  ),
  source_too_old: error(
    undefined,
    'The node is too old, or rpcwhitelist hides a call. Bitcoin Core 29 or later is needed.',
    '节点版本过旧，或 rpcwhitelist 屏蔽了调用；需要 Bitcoin Core 29 或更新版本。',
  ),
  source_pruned: error(
    undefined,
    'The node has thrown away blocks that are needed. Raise its prune setting.',
    '节点已删除所需的区块，请调大 prune 设置。',
  ),
  source_malformed: error(
    undefined,
    'The source gives answers that contradict the protocol. Do not use it.',
    '来源的应答违反协议，请勿使用。',
  ),
  tips_disagree: error(
    undefined,
    'The sources do not follow the same chain. Find out which is wrong before taking payments.',
    '各来源不在同一条链上，请查明后再收款。',
  ),
  rate_source_silent: warning(
    '/rate_sources',
    'A rate source gives no usable price right now.',
    '某个汇率来源目前没有可用价格。',
  ),
  rate_unavailable: error(
    '/rate_sources',
    'Fewer than two rate sources give a usable price: no payment can be offered.',
    '可用的汇率来源不足两个，无法提供付款。',
  ),
  rate_disagreement: error(
    '/rate_sources',
    'The rate sources differ too much: no payment can be offered.',
    '汇率来源之间差异过大，无法提供付款。',
  ),
  fx_unavailable: warning(
    '/fx_source',
    'There are no exchange rates right now: only BTC, USD, EUR and GBP can be offered.',
    '目前没有外汇汇率，只能提供 BTC、USD、EUR 和 GBP。',
  ),
  one_remote_source: warning(
    '/esplora_urls',
    'There is only one server and it is not a node of your own: larger payments are not offered. Add a second one.',
    '只有一个且非自有节点的服务器，大额付款将不提供，请再添加一个来源。',
  ),
  key_not_account_level: warning(
    '/key',
    'This key is not of account level (depth 3). Compare the addresses with your wallet before use.',
    '该密钥不是账户层级（深度 3），使用前请与钱包核对地址。',
  ),
  key_without_origin: warning(
    '/key',
    'The key does not say where it comes from, so a signing device may not recognize it in a refund. Enter the descriptor form.',
    '密钥没有来源信息，退款时签名设备可能无法识别，请填写描述符形式。',
  ),
} satisfies Record<string, Entry>

export type FindingCode = keyof typeof ENTRIES

/** The finding, with what is known of this case put in: another field, and words for the end. */
export function finding(
  code: FindingCode,
  { param, detail }: { param?: string; detail?: string } = {},
): Finding {
  const entry: Entry = ENTRIES[code]
  const more = detail === undefined ? '' : ` (${detail})`
  const { en, 'zh-CN': zh } = entry.message
  const message = { en: `${en}${more}`, 'zh-CN': `${zh}${more}` }
  return { code, ...entry, message, ...(param !== undefined && { param }) }
}

/** Not a fault: what the merchant compares with the wallet's screen before the first payment. */
export function addressesToCompare(addresses: readonly string[]): Finding {
  const list = addresses.join(', ')
  return {
    level: 'ok',
    code: 'first_addresses',
    param: '/key',
    message: {
      en: `The first receive addresses are ${list}. Compare them with your wallet, and tell it to look further than 20 unused addresses.`,
      'zh-CN': `前几个收款地址为 ${list}。请与钱包核对，并把钱包的地址间隔上限（gap limit）调大到 20 以上。`,
    },
  }
}
