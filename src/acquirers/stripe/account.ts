// A merchant's Stripe account: what is entered, how it is read, and what is refused at once.

import type { Finding } from '../../wallets/wallet.ts'
import {
  type FieldRule,
  finding,
  listOf,
  readFields,
  readSandboxAddress,
  withoutRules,
} from '../account-fields.ts'

export interface StripeAccount {
  live: boolean
  /** Without a slash at the end. */
  baseUrl: string
  secretKey: string
  publishableKey: string
  /** Whole, with `whsec_`; several while a secret is rolled. */
  webhookSecrets: readonly string[]
}

const STRIPE_URL = 'https://api.stripe.com'
const MAX_WEBHOOK_SECRETS = 4

const rules: readonly FieldRule[] = [
  {
    name: 'publishable_key',
    secret: false,
    required: true,
    fixed: true,
    shape: /^pk_(?:live|test)_[A-Za-z0-9]{8,247}$/,
    description:
      'Publishable key, `pk_live_...` or `pk_test_...` (Dashboard: Developers, API keys).',
    fault: {
      en: 'The publishable key begins with pk_live_ or pk_test_. Copy it from Developers, API keys.',
      'zh-CN': '可发布密钥以 pk_live_ 或 pk_test_ 开头，请从“Developers → API keys”复制。',
    },
  },
  {
    name: 'secret_key',
    secret: true,
    required: true,
    shape: /^[sr]k_(?:live|test)_[A-Za-z0-9]{8,247}$/,
    description: 'Secret key `sk_...`, or a restricted key `rk_...` that may write payments.',
    fault: {
      en: 'The secret key begins with sk_ or rk_ and its mode. Copy it from Developers, API keys.',
      'zh-CN': '密钥以 sk_ 或 rk_ 加模式开头，请从“Developers → API keys”复制。',
    },
  },
  {
    name: 'webhook_secrets',
    secret: true,
    required: true,
    shape: /^whsec_[A-Za-z0-9+/=_-]{8,250}(?:[\s,]+whsec_[A-Za-z0-9+/=_-]{8,250})*$/,
    description:
      'Signing secret of the webhook endpoint, `whsec_...`; old and new may both stand here.',
    fault: {
      en: 'A signing secret begins with whsec_. Copy it from the webhook endpoint.',
      'zh-CN': '签名密钥以 whsec_ 开头，请从 webhook 端点复制。',
    },
  },
  {
    name: 'base_url',
    secret: false,
    required: false,
    shape: /^https?:\/\/\S{1,200}$/,
    description: 'With a test key only: address of a sandbox instead of Stripe.',
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
): { account: StripeAccount } | { findings: Finding[] } {
  const { read, findings } = readFields(rules, entered)
  const live = isLive(read('secret_key'))
  if (findings.length === 0 && live !== isLive(read('publishable_key'))) {
    findings.push(finding('keys_of_two_modes', TWO_MODES, { param: '/publishable_key' }))
  }
  const webhookSecrets = listOf(read('webhook_secrets'))
  if (webhookSecrets.length > MAX_WEBHOOK_SECRETS) {
    findings.push(finding('webhook_secrets_too_many', TOO_MANY, { param: '/webhook_secrets' }))
  }
  if (live && read('base_url') !== '') {
    findings.push(finding('base_url_live', LIVE_ADDRESS, { param: '/base_url' }))
  }
  const baseUrl = read('base_url') === '' ? STRIPE_URL : readSandboxAddress(read('base_url'))
  if (baseUrl === undefined) {
    findings.push(finding('base_url_refused', SANDBOX_ADDRESS, { param: '/base_url' }))
  }
  if (findings.length > 0 || baseUrl === undefined) return { findings }
  return {
    account: {
      live,
      baseUrl,
      secretKey: read('secret_key'),
      publishableKey: read('publishable_key'),
      webhookSecrets,
    },
  }
}

function isLive(key: string): boolean {
  return /^[psr]k_live_/.test(key)
}

const TWO_MODES = {
  en: 'One key is of the live mode and the other of the test mode. Take both from the same.',
  'zh-CN': '两个密钥分属正式和测试模式，请使用同一模式的密钥。',
}
const TOO_MANY = {
  en: 'At most four signing secrets can be active. Remove the oldest.',
  'zh-CN': '最多四个签名密钥，请删除最旧的。',
}
const LIVE_ADDRESS = {
  en: 'A live account speaks to Stripe only. Remove the base address.',
  'zh-CN': '正式账户只连接 Stripe，请删除 base_url。',
}
const SANDBOX_ADDRESS = {
  en: 'The base address is https without user, query or fragment; plain http on this machine only.',
  'zh-CN': 'base_url 须为不带账号、查询串和片段的 https 地址；仅本机可用 http。',
}
