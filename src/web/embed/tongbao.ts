// `<tongbao-checkout client-secret="…">`: frames the hosted page in a shop's own page.
//
//   <script type="module" src="https://hub.example/tongbao.js" integrity="sha384-…" crossorigin></script>
//   <tongbao-checkout client-secret="…" lang="zh-CN"></tongbao-checkout>
//
// It fires `tongbao-ready`, `tongbao-state` (detail: status) and `tongbao-close`. A state is news for
// the shop's page only; that an order is paid is what the shop's server learns from the webhook.

import { readFrameMessage } from './messages.ts'

const HUB = new URL('.', import.meta.url)

class TongbaoCheckout extends HTMLElement {
  static observedAttributes = ['client-secret', 'lang']
  #frame: HTMLIFrameElement | null = null
  #listening: AbortController | null = null

  connectedCallback(): void {
    this.#listening = new AbortController()
    addEventListener('message', (event) => this.#hear(event), { signal: this.#listening.signal })
    this.#show()
  }

  disconnectedCallback(): void {
    this.#listening?.abort()
    this.#frame?.remove()
    this.#frame = null
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (this.#listening && before !== now) this.#show()
  }

  #show(): void {
    this.#frame?.remove()
    this.#frame = null
    const secret = this.getAttribute('client-secret') ?? ''
    if (!/^[0-9A-Za-z]{16,128}$/.test(secret)) return
    const address = new URL(`pay/${secret}`, HUB)
    const language = this.getAttribute('lang')
    if (language) address.searchParams.set('lang', language)
    const frame = document.createElement('iframe')
    frame.allow = 'payment; clipboard-write'
    frame.title = this.getAttribute('title') || 'Tongbao 通宝'
    frame.src = address.href
    Object.assign(frame.style, { border: '0', width: '100%', height: '640px', display: 'block' })
    this.append(frame)
    this.#frame = frame
  }

  #hear({ origin, source, data }: MessageEvent<unknown>): void {
    const frame = this.#frame
    if (!frame || origin !== HUB.origin || source !== frame.contentWindow) return
    const message = readFrameMessage(data)
    if (!message) return
    if (message.type === 'resize') frame.style.height = `${message.height}px`
    else {
      const detail = message.type === 'state' ? { status: message.status } : {}
      this.dispatchEvent(new CustomEvent(`tongbao-${message.type}`, { detail, bubbles: true }))
    }
  }
}

if (!customElements.get('tongbao-checkout')) {
  customElements.define('tongbao-checkout', TongbaoCheckout)
}
