// Start of the payment page in the browser: reads what the server put into the page and takes over.

import type { CheckoutPayment } from '../../http/checkout-types.ts'
import { createApi } from './api.ts'
import { Page } from './components/page/page.ts'
import { deviceOf } from './device.ts'
import { tellParent } from './embedded.ts'
import type { Language } from './languages.ts'
import { lastWallet } from './last-wallet.ts'
import type { Translation } from './translations/translation.ts'

/** What the server embeds as `<script type="application/json" id="state">`. */
export interface PageState {
  payment: CheckoutPayment
  language: Language
  /** Origins that may frame this page; messages go to no other. */
  embedOrigins: string[]
  /** IANA name of the merchant's zone. */
  timeZone: string
  /** The payer gave up in the wallet and comes from there. */
  choosing: boolean
}

const TRANSLATIONS: Record<Language, () => Promise<Translation>> = {
  en: async () => (await import('./translations/en.ts')).en,
  'zh-CN': async () => (await import('./translations/zh-cn.ts')).zhCn,
  'zh-TW': async () => (await import('./translations/zh-tw.ts')).zhTw,
  ja: async () => (await import('./translations/ja.ts')).ja,
}

async function begin(): Promise<void> {
  const embedded = document.querySelector('#state')?.textContent
  const page = document.querySelector('tb-page')
  if (!embedded || !(page instanceof Page)) return
  const { payment, language, embedOrigins, timeZone, choosing }: PageState = JSON.parse(embedded)
  const translation = await TRANSLATIONS[language]()
  // The wallet's own parameters came along on the way back; they mean nothing here (SE-11).
  const secret = location.pathname.split('/')[2] ?? ''
  history.replaceState(null, '', `/pay/${secret}${keptQuery(language)}`)
  const base = new URL('/checkout/v1/', location.href)
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const touch = matchMedia('(pointer: coarse) and (max-width: 600px)').matches
  const device = deviceOf(navigator.userAgent, { touch, last: lastWallet(document.cookie) })
  const api = createApi({ base, secret, language, first: payment }, wait)
  const nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''
  const view = { payment, language, translation, device, timeZone, sheets: {} }
  page.begin(api, view, { choosing, nonce })
  if (window.parent !== window) tellParent(page, embedOrigins)
}

function keptQuery(language: Language): string {
  const chosen =
    new URLSearchParams(location.search).has('lang') || location.pathname.startsWith('/quit/')
  return chosen ? `?lang=${language}` : ''
}

void begin()
