// What can be wrong with a Google Pay account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

const error = (param: string, en: string, zh: string): Entry => ({
  level: 'error',
  param,
  message: { en, 'zh-CN': zh },
})

const ENTRIES = {
  unknown_field: {
    level: 'error',
    message: {
      en: 'This field is not part of a Google Pay account. Remove it or correct its name.',
      'zh-CN': 'Google Pay 账户没有这个字段，请删除或更正字段名。',
    },
  },
  merchant_id_shape: error(
    '/merchant_id',
    'The merchant id is letters and digits (Google Pay & Wallet Console, top right). A live account needs it.',
    'merchant_id 由字母和数字组成，见 Google Pay & Wallet Console 右上角；正式账户必填。',
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
  networks_unknown: error(
    '/networks',
    'A card network is not known to Google Pay. Write e.g. VISA, MASTERCARD, AMEX.',
    '存在 Google Pay 不支持的卡组织，请按 VISA, MASTERCARD, AMEX 的形式填写。',
  ),
  auth_methods_unknown: error(
    '/auth_methods',
    'The methods are PAN_ONLY and CRYPTOGRAM_3DS, or one of them.',
    'auth_methods 只能是 PAN_ONLY、CRYPTOGRAM_3DS 或其一。',
  ),
  pan_only_direct: error(
    '/auth_methods',
    'PAN_ONLY hands out real card numbers, which this hub never touches: in direct mode only CRYPTOGRAM_3DS is allowed.',
    'PAN_ONLY 会交出真实卡号，本系统绝不接触：direct 模式只允许 CRYPTOGRAM_3DS。',
  ),
  private_key_missing: error(
    '/private_keys',
    'Direct mode needs the private key whose public key is registered in the console.',
    'direct 模式须填写私钥，其公钥已在控制台登记。',
  ),
  private_key_unreadable: error(
    '/private_keys',
    'These are no P-256 private keys in PEM without a password (openssl ecparam -name prime256v1 -genkey).',
    '这不是不带密码的 P-256 PEM 私钥（openssl ecparam -name prime256v1 -genkey）。',
  ),
  private_key_too_many: error(
    '/private_keys',
    'At most four keys can stand here. Remove those that are registered no more.',
    '最多四个私钥，请删除已不再登记的。',
  ),
  private_key_not_direct: error(
    '/private_keys',
    'With acquirer_decrypts the acquirer alone holds the key. Remove it.',
    'acquirer_decrypts 模式下私钥只由收单机构持有，请删除。',
  ),
  root_keys_url_refused: error(
    '/root_keys_url',
    'Another address of the root keys is https, and only with environment "test"; plain http on this machine only.',
    '仅 environment 为 test 时可另填根密钥地址，须为 https；仅本机可用 http。',
  ),
  root_keys_ready: {
    level: 'ok',
    message: {
      en: "Google's root keys were fetched.",
      'zh-CN': '已获取 Google 的根密钥。',
    },
  },
  root_keys_unreachable: {
    level: 'warning',
    message: {
      en: "Google's root keys could not be fetched. Outgoing https to payments.developers.google.com has to be allowed.",
      'zh-CN':
        '无法获取 Google 的根密钥，请允许访问 payments.developers.google.com 的 https 出站连接。',
    },
  },
} as const satisfies Record<string, Entry>

export type FindingCode = keyof typeof ENTRIES

/** A finding by its code; `param` names another field. */
export function finding(code: FindingCode, more: { param?: string } = {}): Finding {
  const entry: Entry = ENTRIES[code]
  const param = more.param ?? entry.param
  return { level: entry.level, code, ...(param !== undefined && { param }), message: entry.message }
}
