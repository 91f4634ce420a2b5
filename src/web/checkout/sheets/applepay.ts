// Apple Pay's sheet: `ApplePaySession` of the browser itself, or of Apple's SDK in other browsers
// (Apple, "Apple Pay on the Web").

import { loadScript, tapped } from './script.ts'
import type { ButtonLook, LoadSheet, SheetCalls } from './sheet.ts'

interface ApplePaySession {
  onvalidatemerchant: ((event: { validationURL: string }) => void) | null
  onpaymentauthorized: ((event: { payment: { token: object } }) => void) | null
  oncancel: (() => void) | null
  begin(): void
  abort(): void
  completeMerchantValidation(session: object): void
  completePayment(result: { status: number }): void
}

interface ApplePay {
  new (version: number, request: object): ApplePaySession
  canMakePayments(): boolean
  supportsVersion(version: number): boolean
  STATUS_SUCCESS: number
  STATUS_FAILURE: number
}

declare global {
  interface Window {
    ApplePaySession?: ApplePay
  }
}

interface Parameters {
  version: number
  request: object
}

const APPLE = 'applepay.cdn-apple.com'
/** About 30 s after the payer's confirmation the sheet shows a failure by itself. */
const ANSWER_MS = 25_000

export const load: LoadSheet = async ({ script, parameters }, nonce) => {
  // Inside a shop's page Apple asks for the shop's domain, and the hub can only speak for its own.
  if (window.parent !== window) return null
  // A browser that has Apple Pay itself needs no script of Apple's (CK-5).
  const own = window.ApplePaySession && new URL(script).hostname === APPLE
  if (!own) await loadScript(script, nonce)
  const api = window.ApplePaySession
  if (!api || !isParameters(parameters)) return null
  const { version, request } = parameters
  if (!api.supportsVersion(version) || !api.canMakePayments()) return null
  const buttons = new Map<boolean, HTMLElement | null>()
  return {
    button(look) {
      const known = buttons.get(look.dark)
      if (known !== undefined) return known
      const button = draw(look)
      buttons.set(look.dark, button)
      return button
    },
    open: (calls) => begin(api, new api(version, request), calls),
  }
}

function isParameters(value: object): value is Parameters {
  if (!('version' in value) || !('request' in value)) return false
  return typeof value.version === 'number' && typeof value.request === 'object'
}

function begin(api: ApplePay, session: ApplePaySession, calls: SheetCalls): void {
  let over = false
  const close = (failed: boolean) => {
    if (!over) calls.closed(failed)
    over = true
  }
  session.onvalidatemerchant = async ({ validationURL }) => {
    try {
      const opened = await calls.openSession(validationURL)
      if (!over) session.completeMerchantValidation(opened)
    } catch {
      if (over) return
      close(true)
      session.abort()
    }
  }
  session.onpaymentauthorized = async ({ payment }) => {
    over = true
    const started = calls.start(JSON.stringify(payment.token))
    // What is not known in time is no failure: the page says that it is being confirmed.
    const slow = new Promise<true>((resolve) => setTimeout(resolve, ANSWER_MS, true))
    const good = await Promise.race([started, slow])
    session.completePayment({ status: good ? api.STATUS_SUCCESS : api.STATUS_FAILURE })
  }
  session.oncancel = () => close(false)
  session.begin()
}

/** Apple alone draws its button: as an element of its SDK, or as an appearance in Safari. */
function draw({ language, dark }: ButtonLook): HTMLElement | null {
  const element = customElements.get('apple-pay-button')
  const native = CSS.supports('-webkit-appearance', '-apple-pay-button')
  if (!element && !native) return null
  const button = document.createElement(element ? 'apple-pay-button' : 'button')
  if (element) {
    button.setAttribute('buttonstyle', dark ? 'white' : 'black')
    button.setAttribute('type', 'plain')
    button.setAttribute('locale', language === 'en' ? 'en-US' : language)
  } else {
    button.className = dark ? 'apple-native light' : 'apple-native'
    button.setAttribute('aria-label', 'Apple Pay')
    button.lang = language
  }
  button.addEventListener('click', () => tapped(button))
  return button
}
