// A merchant's Adyen account: what is entered, how it is read, and what is refused at once.

import type { Finding } from '../../wallets/wallet.ts'
import {
  type FieldRule,
  finding,
  listOf,
  readFields,
  readSandboxAddress,
  withoutRules,
} from '../account-fields.ts'

export interface AdyenAccount {
  live: boolean
  /** The Checkout API with its version, without a slash at the end. */
  baseUrl: string
  apiKey: string
  merchantAccount: string
  /** Whether the merchant account captures by itself, as set at Adyen. */
  capture: 'automatic' | 'manual'
  /** Each 32 bytes; several while a key is changed. */
  hmacKeys: readonly Buffer[]
  /** What the webhook's `Authorization` has to be, where a user and password are configured. */
  notificationAuthorization: string | undefined
  /** Adyen's name for the store at Apple, when Adyen holds the merchant identity. */
  appleMerchantId: string | undefined
}

const VERSION = 'v72'
const TEST_URL = `https://checkout-test.adyen.com/${VERSION}`
const MAX_HMAC_KEYS = 4

const rules: readonly FieldRule[] = [
  {
    name: 'merchant_account',
    secret: false,
    required: true,
    fixed: true,
    shape: /^[A-Za-z0-9_.-]{1,80}$/,
    description: 'Merchant account, e.g. `ShopECOM` (Customer Area: top left). Not the company.',
    fault: {
      en: 'The merchant account is a name of letters, digits, "_", "." and "-". Copy it from the Customer Area.',
      'zh-CN': '商户账户名由字母、数字、“_”、“.”、“-”组成，请从 Customer Area 复制。',
    },
  },
  {
    name: 'environment',
    secret: false,
    required: true,
    fixed: true,
    shape: /^(?:live|test)$/,
    description: '`live` or `test`.',
    fault: {
      en: 'The environment is "live" or "test".',
      'zh-CN': 'environment 只能是 live 或 test。',
    },
  },
  {
    name: 'live_prefix',
    secret: false,
    required: false,
    shape: /^[0-9a-z]{8,40}-[0-9A-Za-z]{1,60}$/,
    description:
      'Live only: the prefix of the live endpoints, `{random}-{company}` (Customer Area: Developers, API URLs).',
    fault: {
      en: 'The live prefix is a random part, a hyphen and the company name. Copy it from Developers, API URLs.',
      'zh-CN': 'live_prefix 由随机串、连字符和公司名组成，请从“Developers → API URLs”复制。',
    },
  },
  {
    name: 'api_key',
    secret: true,
    required: true,
    shape: /^[!-~]{7,512}$/,
    description: 'API key of a web service user (Customer Area: Developers, API credentials).',
    fault: {
      en: 'The API key has no spaces and begins with AQ as a rule. Generate one under API credentials.',
      'zh-CN': 'API key 不含空格，通常以 AQ 开头，请在 API credentials 中生成。',
    },
  },
  {
    name: 'hmac_keys',
    secret: true,
    required: true,
    shape: /^[0-9A-Fa-f]{64}(?:[\s,]+[0-9A-Fa-f]{64})*$/,
    description:
      'HMAC key of the standard webhook, 64 hexadecimal digits; old and new may both stand here.',
    fault: {
      en: 'An HMAC key is 64 hexadecimal digits. Generate one in the settings of the standard webhook.',
      'zh-CN': 'HMAC 密钥为 64 位十六进制，请在标准 webhook 设置中生成。',
    },
  },
  {
    name: 'capture',
    secret: false,
    required: false,
    shape: /^(?:automatic|manual)$/,
    description:
      'How the merchant account captures: `automatic` (default, immediate) or `manual`, as set at Adyen.',
    fault: {
      en: 'The capture is "automatic" or "manual", as set at Adyen.',
      'zh-CN': 'capture 只能是 automatic 或 manual，须与 Adyen 的设置一致。',
    },
  },
  {
    name: 'notification_user',
    secret: false,
    required: false,
    shape: /^[^:\p{Cc}]{1,128}$/u,
    description: 'User name of the webhook, if one is set there.',
    fault: {
      en: 'The user name has at most 128 characters and no colon.',
      'zh-CN': '用户名最多 128 个字符，且不含冒号。',
    },
  },
  {
    name: 'notification_password',
    secret: true,
    required: false,
    shape: /^[^\p{Cc}]{1,256}$/u,
    description: 'Password of the webhook, if one is set there.',
    fault: {
      en: 'The password has at most 256 characters.',
      'zh-CN': '密码最多 256 个字符。',
    },
  },
  {
    name: 'apple_merchant_id',
    secret: false,
    required: false,
    shape: /^[A-Za-z0-9._-]{1,128}$/,
    description:
      'Only when Adyen holds the Apple merchant identity: the merchant identifier it shows for Apple Pay.',
    fault: {
      en: 'The Apple merchant identifier is what Adyen shows for Apple Pay, without spaces.',
      'zh-CN': 'apple_merchant_id 为 Adyen 显示的 Apple Pay 商户标识，不含空格。',
    },
  },
  {
    name: 'base_url',
    secret: false,
    required: false,
    shape: /^https?:\/\/\S{1,200}$/,
    description:
      'Test only: address of a sandbox instead of Adyen, up to and including the version.',
    fault: {
      en: 'The base address is an https address; plain http is allowed on this machine only.',
      'zh-CN': 'base_url 须为 https 地址；仅本机可用 http。',
    },
  },
]

export const accountFields = withoutRules(rules)

/** Every fault of the account at once, or the account. */
export function readAccount(
  entered: Record<string, string>,
): { account: AdyenAccount } | { findings: Finding[] } {
  const { read, findings } = readFields(rules, entered)
  const live = read('environment') === 'live'
  const user = read('notification_user')
  const password = read('notification_password')
  if ((user === '') !== (password === '')) {
    findings.push(finding('notification_password_alone', PAIR, { param: '/notification_user' }))
  }
  const keys = listOf(read('hmac_keys'))
  if (keys.length > MAX_HMAC_KEYS) {
    findings.push(finding('hmac_keys_too_many', TOO_MANY_KEYS, { param: '/hmac_keys' }))
  }
  if (live && read('base_url') !== '') {
    findings.push(finding('base_url_live', LIVE_ADDRESS, { param: '/base_url' }))
  }
  if (live !== (read('live_prefix') !== '')) {
    findings.push(finding('live_prefix_mode', LIVE_PREFIX, { param: '/live_prefix' }))
  }
  const baseUrl = live ? liveUrl(read('live_prefix')) : testUrl(read('base_url'))
  if (baseUrl === undefined) {
    findings.push(finding('base_url_refused', SANDBOX_ADDRESS, { param: '/base_url' }))
  }
  if (findings.length > 0 || baseUrl === undefined) return { findings }
  return {
    account: {
      live,
      baseUrl,
      apiKey: read('api_key'),
      merchantAccount: read('merchant_account'),
      capture: read('capture') === 'manual' ? 'manual' : 'automatic',
      hmacKeys: keys.map((key) => Buffer.from(key, 'hex')),
      notificationAuthorization:
        user === '' ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      appleMerchantId: read('apple_merchant_id') || undefined,
    },
  }
}

function liveUrl(prefix: string): string {
  return `https://${prefix}-checkout-live.adyenpayments.com/checkout/${VERSION}`
}

function testUrl(entered: string): string | undefined {
  return entered === '' ? TEST_URL : readSandboxAddress(entered)
}

const PAIR = {
  en: 'The webhook has a user name and a password, or neither.',
  'zh-CN': 'webhook 的用户名和密码须同时填写或同时留空。',
}
const TOO_MANY_KEYS = {
  en: 'At most four HMAC keys can be active. Remove the oldest.',
  'zh-CN': '最多四个 HMAC 密钥，请删除最旧的。',
}
const LIVE_ADDRESS = {
  en: 'A live account speaks to Adyen only. Remove the base address.',
  'zh-CN': '正式账户只连接 Adyen，请删除 base_url。',
}
const LIVE_PREFIX = {
  en: 'A live account needs the prefix of its endpoints, and a test account has none.',
  'zh-CN': '正式账户必须填写 live_prefix，测试账户不得填写。',
}
const SANDBOX_ADDRESS = {
  en: 'The base address is https without user, query or fragment; plain http on this machine only.',
  'zh-CN': 'base_url 须为不带账号、查询串和片段的 https 地址；仅本机可用 http。',
}
