// What can be wrong with a WeChat Pay account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

const error = (param: string | undefined, en: string, zh: string): Entry => ({
  level: 'error',
  ...(param !== undefined && { param }),
  message: { en, 'zh-CN': zh },
})

const ENTRIES = {
  unknown_field: error(
    undefined,
    'This field is not part of a WeChat Pay account. Remove it or correct its name.',
    '微信支付账户没有这个字段，请删除或更正字段名。',
  ),
  mchid_shape: error(
    '/mchid',
    'The mchid is 8 to 10 digits. Copy it from the merchant portal.',
    'mchid 为 8 到 10 位数字，请从商户平台复制。',
  ),
  appid_shape: error(
    '/appid',
    'An appid is "wx" and 16 characters of 0-9 and a-f. Copy it from the official account, mini program or app.',
    'appid 为 wx 加 16 位 0-9、a-f 字符，请从公众号、小程序或开放平台复制。',
  ),
  private_key_unreadable: error(
    '/private_key',
    'This is no RSA private key of 2048 bits or more. Paste the content of apiclient_key.pem.',
    '这不是 2048 位及以上的 RSA 私钥，请粘贴 apiclient_key.pem 的内容。',
  ),
  private_key_is_public: error(
    '/private_key',
    'This is a public key or certificate. Paste the content of apiclient_key.pem here.',
    '这里填的是公钥或证书，请粘贴 apiclient_key.pem 的内容。',
  ),
  merchant_cert_unreadable: error(
    '/merchant_cert',
    'Paste the content of apiclient_cert.pem, one certificate.',
    '请粘贴 apiclient_cert.pem 的内容（一张证书）。',
  ),
  merchant_cert_other_merchant: error(
    '/merchant_cert',
    'The certificate was issued to another merchant number.',
    '该证书属于另一个商户号。',
  ),
  key_pair_mismatch: error(
    '/merchant_cert',
    'The certificate does not belong to the private key. Paste both files of one download.',
    '商户证书与私钥不匹配，请粘贴同一次下载的两个文件。',
  ),
  api_v3_key_length: error(
    '/api_v3_key',
    'The APIv3 key is exactly 32 bytes. Copy it as it was set in the merchant portal.',
    'APIv3 密钥必须正好为 32 字节，请按商户平台设置的内容填写。',
  ),
  public_key_id_shape: error(
    '/public_key_id',
    'The public key number is "PUB_KEY_ID_" and digits. Copy it with the public key.',
    '公钥 ID 为 PUB_KEY_ID_ 加数字，请与微信支付公钥一起复制。',
  ),
  public_key_unreadable: error(
    '/public_key',
    'This is no RSA public key of 2048 bits or more. Paste the content of pub_key.pem.',
    '这不是 2048 位及以上的 RSA 公钥，请粘贴 pub_key.pem 的内容。',
  ),
  public_key_is_private: error(
    '/public_key',
    'This is a private key. Replace the key pair if anyone saw it, and paste pub_key.pem here.',
    '这里填的是私钥，如已泄露请更换；此处应粘贴 pub_key.pem 的内容。',
  ),
  public_key_is_certificate: error(
    '/public_key',
    'This is a certificate. Platform certificates belong into platform_certs.',
    '这里填的是证书，平台证书请填入 platform_certs。',
  ),
  merchant_key_as_public_key: error(
    '/public_key',
    'This is your own key. Download the WeChat Pay public key from the merchant portal.',
    '这里填的是商户自己的公钥，请从商户平台下载微信支付公钥。',
  ),
  platform_certs_unreadable: error(
    '/platform_certs',
    'These are not certificates of WeChat Pay. Leave the field empty: the hub fetches them.',
    '这不是微信支付平台证书。可留空，系统会自动下载。',
  ),
  merchant_cert_as_platform_cert: error(
    '/platform_certs',
    'This is your own certificate. Leave the field empty: the hub fetches those of WeChat Pay.',
    '这里填的是商户证书。可留空，系统会自动下载平台证书。',
  ),
  code_pay_unknown: error('/code_pay', 'code_pay is "v3" or "v2".', 'code_pay 只能是 v3 或 v2。'),
  api_v2_key_length: error(
    '/api_v2_key',
    'The APIv2 key is 32 characters. Copy it as it was set in the merchant portal.',
    'APIv2 密钥为 32 个字符，请按商户平台设置的内容填写。',
  ),
  api_v2_key_missing: error(
    '/api_v2_key',
    'code_pay "v2" needs the APIv2 key.',
    'code_pay 为 v2 时必须填写 APIv2 密钥。',
  ),
  store_id_shape: error(
    '/store_id',
    'The store number is at most 32 letters, digits or signs without spaces.',
    'store_id 最多 32 个不含空格的字母、数字或符号。',
  ),
  h5_domain_shape: error(
    '/h5_domain',
    'Enter the registered H5 domain without https:// and path, e.g. pay.example.com.',
    '请填写已登记的 H5 域名，不含 https:// 和路径，例如 pay.example.com。',
  ),
  gateway_refused: error(
    '/gateway',
    'With environment "live" the gateway is "production" or a documented host of WeChat Pay; with "test" it is any other https address, or http on this machine.',
    'environment 为 live 时 gateway 只能是 production 或微信支付公布的域名；为 test 时可为其他 https 地址或本机 http 地址。',
  ),
  environment_unknown: error(
    '/environment',
    'The environment is "live" or "test".',
    'environment 只能是 live 或 test。',
  ),
  connected: {
    level: 'ok',
    message: {
      en: 'WeChat Pay accepts our signature, and its answer is signed with a key that we know.',
      'zh-CN': '微信支付接受我们的签名，且其应答可用已知的密钥验签。',
    },
  },
  unreachable: error(
    '/gateway',
    'WeChat Pay did not answer. Check the network and the gateway setting, then try again.',
    '微信支付没有响应，请检查网络和 gateway 设置后重试。',
  ),
  answer_not_verified: error(
    undefined,
    'WeChat Pay answered, but the signature cannot be verified. Check the public key and its number, the APIv3 key and the clock of this machine.',
    '微信支付已应答，但验签失败。请检查微信支付公钥及其 ID、APIv3 密钥和本机时间。',
  ),
  signature_refused: error(
    '/private_key',
    'WeChat Pay refused our signature. Check merchant number, certificate and private key, and the clock of this machine.',
    '微信支付拒绝了我们的签名，请检查商户号、商户证书、私钥和本机时间。',
  ),
  merchant_unknown: error(
    '/mchid',
    'WeChat Pay does not know this merchant number.',
    '微信支付不识别该商户号。',
  ),
  permission_missing: error(
    undefined,
    'WeChat Pay refused the call: open the product in the merchant portal, or see to a restriction.',
    '微信支付拒绝调用，请在商户平台开通产品或处理限制。',
  ),
  refused: error(undefined, 'WeChat Pay refused the test call.', '微信支付拒绝了测试调用。'),
  api_v3_key_wrong: error(
    '/api_v3_key',
    'The certificates of WeChat Pay cannot be decrypted: notifications cannot be either. Enter the APIv3 key that is set now.',
    '无法解密平台证书，回调通知也将无法解密，请填写当前的 APIv3 密钥。',
  ),
  no_platform_certificate: error(
    '/public_key',
    'WeChat Pay has no platform certificates for this merchant. Enter the WeChat Pay public key and its number.',
    '该商户没有平台证书，请填写微信支付公钥及公钥 ID。',
  ),
  field_encryption_unproven: {
    level: 'warning',
    message: {
      en: 'A field that WeChat Pay encrypted for the merchant certificate could not be decrypted.',
      'zh-CN': '无法解密微信支付用商户证书加密的字段。',
    },
  },
  certificate_expired: error(
    undefined,
    'The certificate is expired or not valid yet. Renew it in the merchant portal.',
    '证书已过期或尚未生效，请在商户平台更新。',
  ),
  certificate_expires_soon: {
    level: 'warning',
    message: {
      en: 'The certificate expires within 30 days. Renew it in the merchant portal.',
      'zh-CN': '证书将在 30 天内过期，请在商户平台更新。',
    },
  },
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
