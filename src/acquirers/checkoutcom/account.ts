// A merchant's Checkout.com account: what is entered, how it is read, and what is refused at once.

import type { Finding } from '../../wallets/wallet.ts'
import {
  type FieldRule,
  finding,
  listOf,
  readFields,
  readSandboxAddress,
  withoutRules,
} from '../account-fields.ts'

export interface CheckoutcomAccount {
  live: boolean
  /** Without a slash at the end. */
  baseUrl: string
  secretKey: string
  publicKey: string
  processingChannelId: string
  /** Several while a key is changed. */
  signatureKeys: readonly string[]
  /** What the webhook's `Authorization` has to be, where one is configured. */
  notificationAuthorization: string | undefined
}

const MAX_SIGNATURE_KEYS = 4

const rules: readonly FieldRule[] = [
  {
    name: 'prefix',
    secret: false,
    required: true,
    fixed: true,
    shape: /^[a-z0-9]{8}$/,
    description:
      'First eight characters of the client id; they begin the address of the API (Dashboard: Developers, Overview).',
    fault: {
      en: 'The prefix is the first eight characters of the client id, in small letters and digits.',
      'zh-CN': 'prefix 为 client id 的前八个字符（小写字母和数字）。',
    },
  },
  {
    name: 'processing_channel_id',
    secret: false,
    required: true,
    fixed: true,
    shape: /^pc_[A-Za-z0-9]{1,60}$/,
    description: 'Processing channel, `pc_...` (Dashboard: Settings, Channels).',
    fault: {
      en: 'The processing channel begins with pc_. Copy it from Settings, Channels.',
      'zh-CN': '处理通道以 pc_ 开头，请从“Settings → Channels”复制。',
    },
  },
  {
    name: 'public_key',
    secret: false,
    required: true,
    shape: /^pk_(?:sbox_)?[a-z0-9]{20,60}[a-z0-9*#$=]?$/,
    description: 'Public key, `pk_...` or in the sandbox `pk_sbox_...`.',
    fault: {
      en: 'The public key begins with pk_, in the sandbox with pk_sbox_. Copy it from Developers, Keys.',
      'zh-CN': '公钥以 pk_ 开头（沙箱为 pk_sbox_），请从“Developers → Keys”复制。',
    },
  },
  {
    name: 'secret_key',
    secret: true,
    required: true,
    shape: /^sk_(?:sbox_)?[a-z0-9]{20,60}[a-z0-9*#$=]?$/,
    description: 'Secret key, `sk_...` or in the sandbox `sk_sbox_...`.',
    fault: {
      en: 'The secret key begins with sk_, in the sandbox with sk_sbox_. Copy it from Developers, Keys.',
      'zh-CN': '密钥以 sk_ 开头（沙箱为 sk_sbox_），请从“Developers → Keys”复制。',
    },
  },
  {
    name: 'signature_keys',
    secret: true,
    required: true,
    shape: /^[!-+\--~]{16,256}(?:[\s,]+[!-+\--~]{16,256})*$/,
    description: 'Signature key of the webhook workflow; old and new may both stand here.',
    fault: {
      en: 'A signature key has at least 16 characters and no spaces or commas. Copy it from the workflow.',
      'zh-CN': '签名密钥至少 16 个字符，不含空格和逗号，请从 workflow 复制。',
    },
  },
  {
    name: 'notification_authorization',
    secret: true,
    required: false,
    shape: /^[ -~]{1,512}$/,
    description: 'The value of the `Authorization` header of the webhook, if one is set there.',
    fault: {
      en: 'The authorization of the webhook has at most 512 plain characters.',
      'zh-CN': 'webhook 的 Authorization 值最多 512 个 ASCII 字符。',
    },
  },
  {
    name: 'base_url',
    secret: false,
    required: false,
    shape: /^https?:\/\/\S{1,200}$/,
    description: 'With a sandbox key only: address of another sandbox.',
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
): { account: CheckoutcomAccount } | { findings: Finding[] } {
  const { read, findings } = readFields(rules, entered)
  const live = !isSandbox(read('secret_key'))
  if (findings.length === 0 && live === isSandbox(read('public_key'))) {
    findings.push(finding('keys_of_two_modes', TWO_MODES, { param: '/public_key' }))
  }
  const signatureKeys = listOf(read('signature_keys'))
  if (signatureKeys.length > MAX_SIGNATURE_KEYS) {
    findings.push(finding('signature_keys_too_many', TOO_MANY, { param: '/signature_keys' }))
  }
  if (live && read('base_url') !== '') {
    findings.push(finding('base_url_live', LIVE_ADDRESS, { param: '/base_url' }))
  }
  const own = `https://${read('prefix')}.api.${live ? '' : 'sandbox.'}checkout.com`
  const baseUrl = read('base_url') === '' ? own : readSandboxAddress(read('base_url'))
  if (baseUrl === undefined) {
    findings.push(finding('base_url_refused', SANDBOX_ADDRESS, { param: '/base_url' }))
  }
  if (findings.length > 0 || baseUrl === undefined) return { findings }
  return {
    account: {
      live,
      baseUrl,
      secretKey: read('secret_key'),
      publicKey: read('public_key'),
      processingChannelId: read('processing_channel_id'),
      signatureKeys,
      notificationAuthorization: read('notification_authorization') || undefined,
    },
  }
}

function isSandbox(key: string): boolean {
  return /^[ps]k_sbox_/.test(key)
}

const TWO_MODES = {
  en: 'One key is of the sandbox and the other is live. Take both from the same environment.',
  'zh-CN': '两个密钥分属沙箱和正式环境，请使用同一环境的密钥。',
}
const TOO_MANY = {
  en: 'At most four signature keys can be active. Remove the oldest.',
  'zh-CN': '最多四个签名密钥，请删除最旧的。',
}
const LIVE_ADDRESS = {
  en: 'A live account speaks to Checkout.com only. Remove the base address.',
  'zh-CN': '正式账户只连接 Checkout.com，请删除 base_url。',
}
const SANDBOX_ADDRESS = {
  en: 'The base address is https without user, query or fragment; plain http on this machine only.',
  'zh-CN': 'base_url 须为不带账号、查询串和片段的 https 地址；仅本机可用 http。',
}
