// Keeps requests to addresses that others chose away from everything that is not public.

import { isIP } from 'node:net'
import type { Texts } from '../errors.ts'
import { NetworkError } from '../ports.ts'
import { isPublicAddress } from './addresses.ts'
import { createResolver, type Resolve } from './resolver.ts'

/** What a destination breaks, in words for the merchant who entered it. */
export const RULES = {
  form: { en: 'The URL is not complete.', 'zh-CN': 'URL 不完整。' },
  scheme: { en: 'The URL has to begin with https.', 'zh-CN': 'URL 必须以 https 开头。' },
  user_info: {
    en: 'The URL must not hold a user name or password.',
    'zh-CN': 'URL 不得包含用户名或密码。',
  },
  port: { en: 'This port is not allowed; use 443.', 'zh-CN': '不允许使用此端口，请使用 443。' },
  name: {
    en: 'The host is not a public name.',
    'zh-CN': '主机名不是公网域名。',
  },
  address: {
    en: 'The host is not on the public internet.',
    'zh-CN': '主机不在公网上。',
  },
} as const satisfies Record<string, Texts>

export type Rule = keyof typeof RULES

/** A destination that no request may go to. No packet was sent to it. */
export class ForbiddenDestination extends NetworkError {
  readonly rule: Rule

  constructor(rule: Rule) {
    super('forbidden', false, RULES[rule].en)
    this.name = 'ForbiddenDestination'
    this.rule = rule
  }
}

export interface Guard {
  /** The URL, if its form is allowed. Throws {@link ForbiddenDestination}. */
  checkForm(url: string): URL
  /** The same, and looks its name up. Throws {@link NetworkError} `dns` for an unknown name too. */
  check(url: string): Promise<URL>
  /** True for an origin that is allowed as it stands. */
  isExempt(origin: string): boolean
  /** The addresses a connection to this host may use: all of them are checked, or it throws. */
  addressesOf(hostname: string): Promise<string[]>
}

export interface GuardOptions {
  /** Exact origins, e.g. `http://127.0.0.1:7003`, that are exempt from every rule: test mode's. */
  exempt?: readonly string[]
  /** Ports that may be used; `any` for hosts that the operator configures. Default 443 only. */
  ports?: readonly number[] | 'any'
  resolve?: Resolve
  /** Which addresses are allowed. Default: those of the public internet. */
  allows?: (address: string) => boolean
}

// Names that public name servers do not answer (RFC 6761, 6762, 7686, 8375, 9476, ICANN .internal).
const LOCAL_NAME =
  /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa|test|example|invalid|onion|alt|arpa)$/

export function createGuard(options: GuardOptions = {}): Guard {
  const exempt = new Set((options.exempt ?? []).map(exactOrigin))
  const ports = options.ports ?? [443]
  const resolve = options.resolve ?? createResolver()
  const allows = options.allows ?? isPublicAddress

  function checkForm(text: string): URL {
    const url = URL.parse(text)
    if (!url?.hostname) throw new ForbiddenDestination('form')
    if (url.username !== '' || url.password !== '') throw new ForbiddenDestination('user_info')
    if (exempt.has(url.origin)) return url
    if (url.protocol !== 'https:') throw new ForbiddenDestination('scheme')
    if (ports !== 'any' && !ports.includes(Number(url.port || 443))) {
      throw new ForbiddenDestination('port')
    }
    const host = withoutBrackets(url.hostname)
    if (isIP(host) !== 0) {
      if (!allows(host)) throw new ForbiddenDestination('address')
    } else if (!isPublicName(host)) throw new ForbiddenDestination('name')
    return url
  }

  async function addressesOf(hostname: string): Promise<string[]> {
    const host = withoutBrackets(hostname)
    const addresses = isIP(host) === 0 ? await resolve(host) : [host]
    // One private address among public ones is enough to be misled.
    if (addresses.length === 0 || !addresses.every(allows))
      throw new ForbiddenDestination('address')
    return addresses
  }

  return {
    checkForm,
    isExempt: (origin) => exempt.has(origin),
    addressesOf,
    async check(text) {
      const url = checkForm(text)
      if (!exempt.has(url.origin)) await addressesOf(url.hostname)
      return url
    },
  }
}

function isPublicName(host: string): boolean {
  const labels = host.split('.')
  return (
    labels.length >= 2 &&
    host.length <= 253 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    !LOCAL_NAME.test(host)
  )
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function exactOrigin(text: string): string {
  const url = URL.parse(text)
  if (url?.origin !== text) throw new RangeError(`${JSON.stringify(text)} is not an exact origin`)
  return text
}
