// What the gateway checks of every request, in the order of the sheet's section 11.

import { type JsonObject, parseObject } from '../json.ts'
import type { Application, Applications } from './applications.ts'
import { invalid, missing, type Refusal, unfit } from './refusals.ts'
import { decrypt, type Parameters, requestMatches } from './sign.ts'
import { parseTime } from './time.ts'

export interface Accepted {
  application: Application
  method: string
  parameters: Parameters
  content: JsonObject
  /** The answer is encrypted when the question was. */
  encrypted: boolean
}

export interface Refused {
  refusal: Refusal
  /** Known once the application is: then the refusal is signed. */
  application?: Application
  method?: string
}

export interface CheckOptions {
  applications: Applications
  methods: ReadonlySet<string>
  rootSn: string
  /** The time timestamps are held against, or undefined to take any. The real limit is unpublished. */
  judgeTimestampAt?: number | undefined
}

export const TIMESTAMP_TOLERANCE_MS = 10 * 60_000

export function isRefused(verdict: Accepted | Refused): verdict is Refused {
  return 'refusal' in verdict
}

/** `charset` is the one in the query string: the body cannot be read without it (section 3.0). */
export function check(
  parameters: Parameters,
  charset: string | undefined,
  options: CheckOptions,
): Accepted | Refused {
  const method = parameters.method
  if (!method) return { refusal: missing('method', '缺少方法名参数') }
  if (!options.methods.has(method)) return { refusal: invalid('invalid-method', '不存在的方法名') }
  if (!parameters.app_id) return { refusal: missing('app-id', '缺少AppID参数'), method }
  const application = options.applications.byId(parameters.app_id)
  if (!application) return { refusal: invalid('invalid-app-id', '无效的AppID参数'), method }

  const refusal =
    checkPresence(parameters) ??
    checkForm(parameters, charset, options.judgeTimestampAt) ??
    checkCertificates(parameters, application, options.rootSn)
  if (refusal) return { refusal, application, method }

  const plain = readContent(parameters, application)
  if (typeof plain !== 'string') return { refusal: plain, application, method }
  if (!requestMatches(parameters, application.appPublicKey)) {
    const subMsg = '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配'
    return { refusal: invalid('invalid-signature', subMsg), application, method }
  }
  if (returnsWithMethod(parameters.return_url)) {
    return { refusal: invalid('suspected-attack', '可疑的攻击请求'), application, method }
  }
  const content = parseObject(plain)
  if (!content) return { refusal: invalid('illegal-json', 'JSON 格式不合法'), application, method }
  return { application, method, parameters, content, encrypted: parameters.encrypt_type === 'AES' }
}

function checkPresence(parameters: Parameters): Refusal | undefined {
  if (!parameters.sign_type) return missing('signature-type', '缺少签名类型参数')
  if (!parameters.sign) return missing('signature', '缺少签名参数')
  if (!parameters.timestamp) return missing('timestamp', '缺少时间戳参数')
  if (!parameters.version) return missing('version', '缺少版本参数')
  return undefined
}

function checkForm(
  parameters: Parameters,
  charset: string | undefined,
  judgeAt: number | undefined,
): Refusal | undefined {
  // Applications made today may sign with RSA2 only (section 1).
  if (parameters.sign_type !== 'RSA2') return invalid('invalid-signature-type', '无效的签名类型')
  if (charset?.toLowerCase() !== 'utf-8') return invalid('invalid-charset', '字符集错误')
  if ((parameters.format ?? 'JSON').toUpperCase() !== 'JSON')
    return invalid('invalid-format', '无效的数据格式')
  if (parameters.version !== '1.0') return invalid('invalid-parameter', '参数无效：version')
  const timestamp = parseTime(parameters.timestamp ?? '')
  const late =
    judgeAt !== undefined &&
    timestamp !== undefined &&
    Math.abs(judgeAt - timestamp) > TIMESTAMP_TOLERANCE_MS
  if (timestamp === undefined || late) return invalid('invalid-timestamp', '非法的时间戳参数')
  return undefined
}

function checkCertificates(
  parameters: Parameters,
  application: Application,
  rootSn: string,
): Refusal | undefined {
  if (application.mode === 'key') return undefined
  if (!parameters.app_cert_sn) return invalid('missing-app-cert-sn', '缺少应用公钥证书序列号')
  if (!parameters.alipay_root_cert_sn) {
    return invalid('missing-alipay-root-cert-sn', '缺少支付宝根证书序列号')
  }
  if (parameters.app_cert_sn !== application.appCertificate?.sn) {
    return invalid('app-cert-not-exist', '应用公钥证书不存在')
  }
  if (parameters.alipay_root_cert_sn !== rootSn) {
    return invalid('invalid-alipay-root-cert-sn', '无效的支付宝根证书序列号')
  }
  return undefined
}

// Decryption comes before the signature, which covers the encrypted text.
function readContent(parameters: Parameters, application: Application): string | Refusal {
  const content = parameters.biz_content ?? ''
  if (!parameters.encrypt_type) return content
  if (parameters.encrypt_type !== 'AES') {
    return unfit('decryption-error-unknown', '解密出错，不支持的加密类型')
  }
  if (!application.contentKey) return missing('encrypt-key', '缺少加密配置')
  return (
    decrypt(content, application.contentKey) ??
    unfit('decryption-error-unknown', '解密出错，未知错误')
  )
}

function returnsWithMethod(returnUrl: string | undefined): boolean {
  if (!returnUrl || !URL.canParse(returnUrl)) return false
  return new URL(returnUrl).searchParams.has('method')
}
