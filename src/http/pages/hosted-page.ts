// The payment page, `GET /pay/{client_secret}`: complete without scripts, and taken over by the
// browser's components where scripts run. Pure; also what a payer sees who comes back from a wallet.

import type { Device } from '../../web/checkout/device.ts'
import type { Language } from '../../web/checkout/languages.ts'
import { freshTab, isPayable, type Screen, screenOf } from '../../web/checkout/screen.ts'
import { TRANSLATIONS } from '../../web/checkout/translations/index.ts'
import { say, type View } from '../../web/checkout/view.ts'
import type { CheckoutPayment } from '../checkout-types.ts'
import type { PageAssets } from './assets.ts'
import { help, orderSummary } from './hosted-parts.ts'
import { screenHtml } from './hosted-screens.ts'
import { html, jsonForHtml } from './html.ts'
import { brand, documentOf, languageLinks } from './layout.ts'

export interface HostedPage {
  payment: CheckoutPayment
  clientSecret: string
  language: Language
  /** From `deviceOf(userAgent)`. */
  device: Device
  assets: PageAssets
  /** Fresh random characters; forms on the page derive their idempotency keys from it. */
  idempotencyKey: string
  /** Origins registered to frame the page. */
  embedOrigins: readonly string[]
  /** IANA name of the merchant's zone. */
  timeZone: string
  /** The payer gave up in the wallet: the list of wallets comes first. */
  choosing?: boolean
  /** Of the policy, where a wallet's own button may bring styles. */
  nonce?: string
}

const REFRESH_SECONDS = 5
// Only where the wallet may bring news: refreshing under a payer who reads a choice would disturb.
const REFRESHED: readonly Screen['name'][] = ['qr', 'address', 'handoff', 'processing', 'unknown']
const HELP_OPEN: readonly Screen['name'][] = ['exhausted', 'failed', 'unavailable']

/** The whole document. */
export function hostedPage(page: HostedPage): string {
  const { payment, clientSecret, language, device, assets, idempotencyKey, embedOrigins } = page
  const { timeZone, choosing = false, nonce } = page
  const translation = TRANSLATIONS[language]
  const view: View = { payment, language, translation, device, timeZone, sheets: {} }
  const screen = screenOf(payment, freshTab(Date.parse(payment.server_time), choosing))
  const refreshing = REFRESHED.includes(screen.name)
  const title = say(view, 'page.title')
  return documentOf({
    language,
    title,
    style: assets.checkoutStyle,
    head: html`<link rel="modulepreload" href="${assets.translations[language]}">
<script type="module" src="${assets.checkoutScript}"${nonce !== undefined && html` nonce="${nonce}"`}></script>
${refreshing && html`<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>`}`,
    body: html`<tb-page>${!payment.livemode && html`<p class="ribbon">${say(view, 'page.testMode')}</p>`}
<div class="page"><main class="columns">${orderSummary(view, isPayable(screen))}
<div class="side"><section class="stage" aria-label="${title}">
${screenHtml({ view, clientSecret, idempotencyKey }, screen)}</section>
${help(view, HELP_OPEN.includes(screen.name))}</div></main>
<footer class="foot">${brand()}${languageLinks(language, say(view, 'page.language'))}</footer></div></tb-page>
<script type="application/json" id="state">${jsonForHtml({ payment, language, embedOrigins, timeZone, choosing })}</script>`,
  })
}
