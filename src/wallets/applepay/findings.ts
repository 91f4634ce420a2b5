// What can be wrong with an Apple Pay account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

const error = (param: string, en: string, zh: string): Entry => ({
  level: 'error',
  param,
  message: { en, 'zh-CN': zh },
})
const warning = (en: string, zh: string): Entry => ({
  level: 'warning',
  message: { en, 'zh-CN': zh },
})

const ENTRIES = {
  unknown_field: {
    level: 'error',
    message: {
      en: 'This field is not part of an Apple Pay account. Remove it or correct its name.',
      'zh-CN': 'Apple Pay 账户没有这个字段，请删除或更正字段名。',
    },
  },
  merchant_id_shape: error(
    '/merchant_id',
    'The merchant id begins with "merchant." (Apple developer account: Identifiers, Merchant IDs).',
    'merchant_id 以 merchant. 开头，请在 Apple 开发者账户的 Identifiers 中查看。',
  ),
  environment_unknown: error(
    '/environment',
    'The environment is "live" or "test".',
    'environment 只能是 live 或 test。',
  ),
  environment_mismatch: error(
    '/environment',
    "The acquirer's account takes real money and this one does not, or the other way round.",
    '收单账户与本账户的环境不一致：一个收真实款项，另一个不收。',
  ),
  country_shape: error(
    '/country',
    'The country is two capital letters, e.g. DE or CN (ISO 3166-1).',
    'country 为两个大写字母，例如 CN 或 DE（ISO 3166-1）。',
  ),
  sheet_script_refused: error(
    '/sheet_script',
    'Only a test account has a simulated sheet, over https or from this machine.',
    '只有测试账户可以使用模拟面板，且须为 https 或本机地址。',
  ),
  mode_unknown: error(
    '/mode',
    'The mode is "acquirer_decrypts" or "direct".',
    'mode 只能是 acquirer_decrypts 或 direct。',
  ),
  pci_scope_not_accepted: error(
    '/pci_scope_accepted',
    'In direct mode card data passes through this server, which puts it in full PCI DSS scope. Enter "true" to accept that, or use acquirer_decrypts.',
    'direct 模式下卡数据会经过本服务器，须承担完整的 PCI DSS 义务。请填 true 表示接受，或改用 acquirer_decrypts。',
  ),
  acquirer_not_direct: error(
    '/mode',
    'This acquirer does not take decrypted tokens. Use acquirer_decrypts.',
    '该收单机构不接受已解密的令牌，请改用 acquirer_decrypts。',
  ),
  domains_shape: error(
    '/domains',
    'Enter at least one host name without scheme and port, e.g. pay.example.com; several with commas.',
    '请至少填写一个不含协议和端口的域名，例如 pay.example.com；多个用逗号分隔。',
  ),
  domain_association_shape: error(
    '/domain_association',
    'This is not the domain association file: it is one line of hexadecimal digits. Download it from Apple and paste it unchanged.',
    '这不是域名关联文件：该文件为一行十六进制文本，请从 Apple 下载后原样粘贴。',
  ),
  networks_unknown: error(
    '/networks',
    'A card network is not known to Apple Pay. Write e.g. visa, masterCard, amex.',
    '存在 Apple Pay 不支持的卡组织，请按 visa, masterCard, amex 的形式填写。',
  ),
  networks_not_direct: error(
    '/networks',
    'chinaUnionPay hands out EMV data, which no acquirer takes in direct mode. Remove it.',
    'chinaUnionPay 返回 EMV 数据，direct 模式下收单机构不支持，请移除。',
  ),
  gateway_refused: error(
    '/gateway',
    'The gateway is https without user, query or fragment, and only with environment "test"; plain http on this machine only.',
    'gateway 须为不带账号、查询串和片段的 https 地址，且 environment 为 test；仅本机可用 http。',
  ),
  root_certificate_refused: error(
    '/root_certificate',
    'Another root than Apple Root CA - G3 is one certificate of an authority, and only with environment "test" and a gateway of its own.',
    '只有 environment 为 test 且填写了 gateway 时，才能用一个 CA 根证书代替 Apple Root CA - G3。',
  ),
  identity_missing: error(
    '/merchant_identity_certificate',
    'The merchant identity certificate and its key belong together; this acquirer needs both.',
    '商户身份证书与私钥须同时填写；该收单机构要求两者。',
  ),
  certificate_unreadable: {
    level: 'error',
    message: {
      en: 'This is no certificate in PEM. Convert the .cer: openssl x509 -inform der -in x.cer.',
      'zh-CN': '这不是 PEM 证书，请转换 .cer：openssl x509 -inform der -in x.cer。',
    },
  },
  key_unreadable: {
    level: 'error',
    message: {
      en: 'This is no private key in PEM without a password.',
      'zh-CN': '这不是不带密码的 PEM 私钥。',
    },
  },
  key_mismatch: {
    level: 'error',
    message: {
      en: 'The key does not belong to the certificate. Use the key that the request (CSR) was made with.',
      'zh-CN': '私钥与证书不匹配，请使用生成 CSR 时的私钥。',
    },
  },
  certificate_other_merchant: {
    level: 'error',
    message: {
      en: 'The certificate was issued to another merchant id, or to none.',
      'zh-CN': '该证书签发给其他 merchant_id，或未注明商户。',
    },
  },
  identity_key_kind: error(
    '/merchant_identity_certificate',
    'A merchant identity certificate has an RSA key of 2048 bits or more. This may be the processing certificate.',
    '商户身份证书须为 2048 位以上的 RSA 密钥；此处可能误填了支付处理证书。',
  ),
  processing_key_kind: error(
    '/processing_certificate',
    'A processing certificate has a P-256 key, or an RSA key of 2048 bits for merchants in China. This may be the identity certificate.',
    '支付处理证书须为 P-256 密钥（中国区商户为 RSA 2048）；此处可能误填了商户身份证书。',
  ),
  processing_missing: error(
    '/processing_certificate',
    'Direct mode needs the processing certificate and the key to each of them.',
    'direct 模式须填写支付处理证书及其全部私钥。',
  ),
  processing_key_not_direct: error(
    '/processing_key',
    'With acquirer_decrypts the acquirer alone holds the processing key. Remove it.',
    'acquirer_decrypts 模式下处理私钥只由收单机构持有，请删除。',
  ),
  connected: {
    level: 'ok',
    message: {
      en: 'Apple opened a merchant session for this account.',
      'zh-CN': 'Apple 已为该账户建立商户会话。',
    },
  },
  session_refused: {
    level: 'error',
    message: {
      en: 'No merchant session: the certificate, the merchant id and the domain have to belong together.',
      'zh-CN': '无法建立商户会话：证书、merchant_id 与域名须相互对应。',
    },
  },
  unreachable: warning(
    'Apple could not be asked. Outgoing https to the Apple Pay gateway has to be allowed.',
    '无法连接 Apple，请允许访问 Apple Pay 网关的 https 出站连接。',
  ),
  domain_file_missing: {
    level: 'warning',
    param: '/domains',
    message: {
      en: 'A domain does not serve the association file byte for byte, without redirect.',
      'zh-CN': '某个域名未原样提供关联文件，或发生了跳转。',
    },
  },
  certificate_expired: {
    level: 'error',
    message: {
      en: 'The certificate is expired or not valid yet. Make a new one in the Apple developer account.',
      'zh-CN': '证书已过期或尚未生效，请在 Apple 开发者账户中重新申请。',
    },
  },
  certificate_expires_soon: warning(
    'The certificate expires within 60 days. Renew it in the Apple developer account.',
    '证书将在 60 天内过期，请在 Apple 开发者账户中更新。',
  ),
} as const satisfies Record<string, Entry>

export type FindingCode = keyof typeof ENTRIES

/** A finding by its code; `param` names another field, `detail` goes behind the sentence. */
export function finding(
  code: FindingCode,
  more: { param?: string; detail?: string } = {},
): Finding {
  const entry: Entry = ENTRIES[code]
  const param = more.param ?? entry.param
  const tail = more.detail === undefined ? '' : ` (${more.detail})`
  return {
    level: entry.level,
    code,
    ...(param === undefined ? {} : { param }),
    message: { en: entry.message.en + tail, 'zh-CN': entry.message['zh-CN'] + tail },
  }
}
