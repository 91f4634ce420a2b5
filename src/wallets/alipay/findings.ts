// What can be wrong with an Alipay account, and what to do about it. Data only.

import type { Finding } from '../wallet.ts'

type Entry = Omit<Finding, 'code'>

const ENTRIES = {
  unknown_field: {
    level: 'error',
    message: {
      en: 'This field is not part of an Alipay account. Remove it or correct its name.',
      'zh-CN': '支付宝账户没有这个字段，请删除或更正字段名。',
    },
  },
  app_id_shape: {
    level: 'error',
    param: '/app_id',
    message: {
      en: 'The app_id is 16 to 32 digits. Copy it from the application page of the Alipay console.',
      'zh-CN': 'app_id 为 16 到 32 位数字，请从支付宝控制台的应用详情页复制。',
    },
  },
  seller_id_shape: {
    level: 'error',
    param: '/seller_id',
    message: {
      en: 'The seller_id (PID) is 16 digits and starts with 2088. Copy it from Account center.',
      'zh-CN': 'seller_id（PID）为以 2088 开头的 16 位数字，请从账户中心复制。',
    },
  },
  mode_unknown: {
    level: 'error',
    param: '/mode',
    message: {
      en: 'The mode is "key" or "certificate", as chosen in the Alipay console.',
      'zh-CN': 'mode 只能是 key（公钥模式）或 certificate（证书模式），与支付宝控制台一致。',
    },
  },
  gateway_refused: {
    level: 'error',
    param: '/gateway',
    message: {
      en: 'The gateway is "production", "sandbox" or an https address without user, query or fragment. Plain http is allowed only on this machine and with environment "test".',
      'zh-CN':
        'gateway 为 production、sandbox 或不带账号、查询串和片段的 https 地址；只有 environment 为 test 时才允许本机 http 地址。',
    },
  },
  environment_unknown: {
    level: 'error',
    param: '/environment',
    message: {
      en: 'The environment is "live" or "test".',
      'zh-CN': 'environment 只能是 live 或 test。',
    },
  },
  private_key_unreadable: {
    level: 'error',
    param: '/private_key',
    message: {
      en: 'This is no RSA private key. Paste the application private key (PKCS#1 or PKCS#8) without a password.',
      'zh-CN': '这不是 RSA 私钥，请粘贴不带密码的应用私钥（PKCS#1 或 PKCS#8）。',
    },
  },
  private_key_is_public: {
    level: 'error',
    param: '/private_key',
    message: {
      en: 'This is a public key or certificate. Paste the application private key here.',
      'zh-CN': '这里填的是公钥或证书，请粘贴应用私钥。',
    },
  },
  private_key_too_short: {
    level: 'error',
    param: '/private_key',
    message: {
      en: 'The key is shorter than 2048 bits. Make a new RSA2 key pair and upload its public key.',
      'zh-CN': '密钥不足 2048 位，请重新生成 RSA2 密钥对并上传新的应用公钥。',
    },
  },
  alipay_key_unreadable: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'This is no RSA public key. Copy the Alipay public key from the console; separate several by a blank line.',
      'zh-CN': '这不是 RSA 公钥，请从控制台复制支付宝公钥；多个公钥之间用空行分隔。',
    },
  },
  alipay_key_is_private: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'This is a private key. Replace the key pair if it was shown to anyone, and paste the Alipay public key here.',
      'zh-CN': '这里填的是私钥，如已泄露请更换密钥对；此处应粘贴支付宝公钥。',
    },
  },
  alipay_key_is_certificate: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'This is a certificate. Choose mode "certificate" and put it into alipay_cert.',
      'zh-CN': '这里填的是证书，请改用 certificate 模式并填入 alipay_cert。',
    },
  },
  alipay_key_too_short: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'The key is shorter than 2048 bits. Copy the RSA2 Alipay public key, not the RSA one.',
      'zh-CN': '密钥不足 2048 位，请复制 RSA2 的支付宝公钥。',
    },
  },
  alipay_key_too_many: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'At most four Alipay public keys can be active. Remove the old ones.',
      'zh-CN': '最多同时使用四个支付宝公钥，请删除旧的公钥。',
    },
  },
  application_key_as_alipay_key: {
    level: 'error',
    param: '/alipay_public_key',
    message: {
      en: 'This is your application public key. Copy the Alipay public key that the console shows after you uploaded yours.',
      'zh-CN': '这里填的是应用公钥，请复制上传应用公钥后控制台显示的支付宝公钥。',
    },
  },
  app_cert_unreadable: {
    level: 'error',
    param: '/app_cert',
    message: {
      en: 'Paste the content of appCertPublicKey_<app_id>.crt.',
      'zh-CN': '请粘贴 appCertPublicKey_<app_id>.crt 的内容。',
    },
  },
  app_cert_key_mismatch: {
    level: 'error',
    param: '/app_cert',
    message: {
      en: 'The application certificate does not belong to the private key.',
      'zh-CN': '应用公钥证书与应用私钥不匹配。',
    },
  },
  app_cert_other_application: {
    level: 'error',
    param: '/app_cert',
    message: {
      en: 'The application certificate was issued for another app_id.',
      'zh-CN': '应用公钥证书属于另一个 app_id。',
    },
  },
  alipay_cert_unreadable: {
    level: 'error',
    param: '/alipay_cert',
    message: {
      en: 'Paste the content of alipayCertPublicKey_RSA2.crt.',
      'zh-CN': '请粘贴 alipayCertPublicKey_RSA2.crt 的内容。',
    },
  },
  application_cert_as_alipay_cert: {
    level: 'error',
    param: '/alipay_cert',
    message: {
      en: 'This is your application certificate. Paste alipayCertPublicKey_RSA2.crt here.',
      'zh-CN': '这里填的是应用公钥证书，请粘贴 alipayCertPublicKey_RSA2.crt。',
    },
  },
  root_cert_as_alipay_cert: {
    level: 'error',
    param: '/alipay_cert',
    message: {
      en: 'This is a root certificate. Paste alipayCertPublicKey_RSA2.crt here.',
      'zh-CN': '这里填的是根证书，请粘贴 alipayCertPublicKey_RSA2.crt。',
    },
  },
  root_cert_unreadable: {
    level: 'error',
    param: '/alipay_root_cert',
    message: {
      en: 'Paste the whole content of alipayRootCert.crt.',
      'zh-CN': '请粘贴 alipayRootCert.crt 的全部内容。',
    },
  },
  content_key_shape: {
    level: 'error',
    param: '/content_key',
    message: {
      en: 'The content key is the base64 text of 16 bytes (AES) shown in the console.',
      'zh-CN': '内容加密密钥为控制台显示的 16 字节 AES 密钥（base64）。',
    },
  },
  app_auth_token_shape: {
    level: 'error',
    param: '/app_auth_token',
    message: {
      en: 'The app_auth_token is at most 40 letters, digits, "-" or "_".',
      'zh-CN': 'app_auth_token 最多 40 个字母、数字、“-”或“_”。',
    },
  },
  connected: {
    level: 'ok',
    message: {
      en: 'Alipay knows the application, accepts our signature and signs with the configured key.',
      'zh-CN': '支付宝识别该应用，接受我们的签名，并用所配置的密钥签名。',
    },
  },
  unreachable: {
    level: 'error',
    param: '/gateway',
    message: {
      en: 'The Alipay gateway did not answer. Check the network and the gateway setting, then try again.',
      'zh-CN': '支付宝网关没有响应，请检查网络和 gateway 设置后重试。',
    },
  },
  answer_not_verified: {
    level: 'error',
    message: {
      en: 'Alipay answered, but the signature does not match. Check the Alipay public key or certificate.',
      'zh-CN': '支付宝已响应，但验签失败，请检查支付宝公钥或证书。',
    },
  },
  signature_refused: {
    level: 'error',
    param: '/private_key',
    message: {
      en: 'Alipay refused our signature. Upload the public key of this private key to the application.',
      'zh-CN': '支付宝拒绝了我们的签名，请把该私钥对应的应用公钥上传到应用。',
    },
  },
  application_unknown: {
    level: 'error',
    param: '/app_id',
    message: {
      en: 'Alipay does not know this app_id, or the application is not online.',
      'zh-CN': '支付宝不识别该 app_id，或应用尚未上线。',
    },
  },
  certificates_refused: {
    level: 'error',
    param: '/app_cert',
    message: {
      en: 'Alipay refused the certificates. Download all three files again from the console.',
      'zh-CN': '支付宝拒绝了证书，请从控制台重新下载三个证书文件。',
    },
  },
  permission_missing: {
    level: 'error',
    message: {
      en: 'Alipay refused the call: sign the payment product, or allow this server in the IP list.',
      'zh-CN': '支付宝拒绝调用，请签约支付产品，或把本服务器加入 IP 白名单。',
    },
  },
  refused: {
    level: 'error',
    message: {
      en: 'Alipay refused the test question.',
      'zh-CN': '支付宝拒绝了测试查询。',
    },
  },
  certificate_expired: {
    level: 'error',
    message: {
      en: 'A certificate is expired or not valid yet. Download the current one from the console.',
      'zh-CN': '证书已过期或尚未生效，请从控制台下载当前证书。',
    },
  },
  certificate_expires_soon: {
    level: 'warning',
    message: {
      en: 'A certificate expires within 30 days. Renew it in the console.',
      'zh-CN': '证书将在 30 天内过期，请在控制台更新。',
    },
  },
  certificate_chain_unproven: {
    level: 'warning',
    param: '/alipay_cert',
    message: {
      en: 'The Alipay certificate cannot be traced to the root file. Paste the file with its intermediate certificate.',
      'zh-CN': '无法将支付宝公钥证书追溯到根证书，请粘贴含中间证书的文件。',
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
