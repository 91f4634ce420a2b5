// Security headers of each kind of page, as data (SE-29, SE-31).

import type { SheetScript } from '../../wallets/wallet.ts'

export type PageKind =
  /** The payment page. */
  | 'checkout'
  /** Receipt, problem pages, not found: no script at all. */
  | 'text'

export interface HeaderSettings {
  /** Origins of wallets' gateways that a form may go to, e.g. `https://openapi.alipay.com`. */
  formTargets: readonly string[]
  /** Origins that may frame the payment page. */
  frameAncestors: readonly string[]
  /** True when the hub is reached over https. */
  https: boolean
  /** Scripts of wallets whose sheets can be opened on this page. */
  sheets?: readonly SheetScript[]
  /** Fresh for each answer: lets in the styles of the sheets' buttons, which bring their own. */
  nonce?: string
}

const FIXED_PERMISSIONS =
  'accelerometer=(), camera=(), clipboard-write=(self), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()'

const FIXED: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': FIXED_PERMISSIONS,
}

/** All headers of one page. */
export function pageHeaders(kind: PageKind, settings: HeaderSettings): Record<string, string> {
  const sheets = kind === 'checkout' ? (settings.sheets ?? []) : []
  return {
    ...FIXED,
    // A wallet's window has to be able to answer the page that opened it.
    ...(sheets.length > 0 && {
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'permissions-policy': FIXED_PERMISSIONS.replace(
        'payment=()',
        `payment=(${paymentOrigins(sheets)})`,
      ),
    }),
    'content-security-policy': kind === 'checkout' ? checkoutPolicy(settings) : TEXT_POLICY,
    'cross-origin-resource-policy': framed(kind, settings) ? 'cross-origin' : 'same-origin',
    'referrer-policy': kind === 'checkout' ? 'strict-origin' : 'no-referrer',
    ...(settings.https && { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }),
  }
}

function framed(kind: PageKind, { frameAncestors }: HeaderSettings): boolean {
  return kind === 'checkout' && frameAncestors.length > 0
}

function paymentOrigins(sheets: readonly SheetScript[]): string {
  const frames = sheets.flatMap((sheet) => sheet.frames.map(asOrigin))
  return ['self', ...[...new Set(frames)].map((origin) => `"${origin}"`)].join(' ')
}

function checkoutPolicy(settings: HeaderSettings): string {
  const { formTargets, frameAncestors, sheets = [], nonce } = settings
  const allowed = (kind: 'frames' | 'connects' | 'images') => [
    ...new Set(sheets.flatMap((sheet) => sheet[kind].map(asOrigin))),
  ]
  const scripts = [...new Set(sheets.map(({ script }) => new URL(script).origin).map(asOrigin))]
  return [
    `default-src 'none'`,
    ['script-src', "'self'", ...scripts].join(' '),
    ['style-src', "'self'", ...(sheets.length > 0 && nonce ? [asNonce(nonce)] : [])].join(' '),
    ['img-src', "'self'", 'data:', ...allowed('images')].join(' '),
    ['connect-src', "'self'", ...allowed('connects')].join(' '),
    ...(sheets.length > 0 ? [['frame-src', ...allowed('frames')].join(' ')] : []),
    `form-action ${["'self'", ...formTargets.map(asOrigin)].join(' ')}`,
    `base-uri 'none'`,
    `frame-ancestors ${frameAncestors.map(asOrigin).join(' ') || "'none'"}`,
    // Wallets' own scripts make elements in ways that this would forbid.
    ...(sheets.length === 0
      ? [`require-trusted-types-for 'script'`, 'trusted-types lit-html']
      : []),
  ].join('; ')
}

const TEXT_POLICY = `default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`

function asNonce(nonce: string): string {
  if (!/^[0-9A-Za-z+/]{22,}={0,2}$/.test(nonce)) throw new TypeError('not a nonce')
  return `'nonce-${nonce}'`
}

// A setting goes into a policy only as an origin, so it cannot add a directive of its own.
function asOrigin(text: string): string {
  const wildcard = /^(https?):\/\/\*\.([a-z0-9.-]+)(:\d+)?$/i.exec(text)
  if (wildcard) return text.toLowerCase()
  const { protocol, origin } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new TypeError(`not a web origin: ${text}`)
  // URL takes these in a host, and in a policy they end a directive or a word.
  if (/[;,'"\s]/.test(origin)) throw new TypeError(`not an origin for a policy: ${text}`)
  return origin
}
