// Plays Apple Pay JS in a browser that has none: the interface of ApplePaySession with its rules, and
// a sheet of the sandbox's own. Loaded as a classic script, as Apple's is.
;(() => {
  const { origin } = new URL(document.currentScript.src)
  const VERSION = 14
  const CALLBACK_MS = 30_000
  const CLOSE_MS = 900
  const STATUSES = {
    STATUS_SUCCESS: 0,
    STATUS_FAILURE: 1,
    STATUS_INVALID_BILLING_POSTAL_ADDRESS: 2,
    STATUS_INVALID_SHIPPING_POSTAL_ADDRESS: 3,
    STATUS_INVALID_SHIPPING_CONTACT: 4,
    STATUS_PIN_REQUIRED: 5,
    STATUS_PIN_INCORRECT: 6,
    STATUS_PIN_LOCKOUT: 7,
  }
  const NETWORK_NAMES = { visa: 'Visa', mastercard: 'MasterCard', amex: 'AmEx' }
  const ERROR_CODES = [
    'shippingContactInvalid',
    'billingContactInvalid',
    'addressUnserviceable',
    'couponCodeInvalid',
    'couponCodeExpired',
    'unknown',
  ]

  async function ask(path, body = {}) {
    const answer = await fetch(`${origin}/applepay/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const read = await answer.json()
    if (!answer.ok) throw new Error(read.problem ?? `HTTP ${answer.status}`)
    return read
  }

  // Fetched ahead, so that the sheet opens in the payer's tap; what fails is asked again then.
  let ready
  function load() {
    ready ??= Promise.all([import(`${origin}/cards/dialog.js`), ask('device')]).catch((error) => {
      ready = undefined
      throw error
    })
    return ready
  }
  load().catch(() => console.warn('The Apple Pay sandbox does not answer.'))

  const invalidAccess = (message) => new DOMException(message, 'InvalidAccessError')

  function demand(holds, message) {
    if (!holds) throw new TypeError(message)
  }

  function checkItem(item, name) {
    demand(typeof item === 'object' && item !== null, `${name} is required`)
    demand(typeof item.label === 'string' && item.label !== '', `${name}.label is required`)
    const amount = item.amount
    demand(
      typeof amount === 'string' && /^-?\d+(\.\d+)?$/.test(amount),
      `"${amount}" is not a valid amount of ${name}`,
    )
  }

  /** The rules of ApplePayPaymentRequest (sheet section 2). */
  function checkRequest(request) {
    demand(typeof request === 'object' && request !== null, 'a payment request is required')
    demand(/^[A-Z]{2}$/.test(request.countryCode ?? ''), 'countryCode is no ISO 3166 code')
    demand(/^[A-Z]{3}$/.test(request.currencyCode ?? ''), 'currencyCode is no ISO 4217 code')
    const { merchantCapabilities: able, supportedNetworks: networks } = request
    demand(Array.isArray(able) && able.includes('supports3DS'), 'supports3DS is required')
    const known = ['supports3DS', 'supportsEMV', 'supportsCredit', 'supportsDebit']
    demand(
      able.every((name) => known.includes(name)),
      'merchantCapabilities has an unknown member',
    )
    demand(Array.isArray(networks) && networks.length > 0, 'supportedNetworks is required')
    checkItem(request.total, 'total')
    demand(!request.total.amount.startsWith('-'), 'total.amount is negative')
    for (const item of request.lineItems ?? []) checkItem(item, 'lineItems')
    const data = request.applicationData
    demand(
      data === undefined ||
        /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(data),
      'applicationData is no base64',
    )
    const plans = ['recurringPaymentRequest', 'automaticReloadPaymentRequest']
    const more = ['deferredPaymentRequest', 'multiTokenContexts']
    const given = plans.concat(more).filter((name) => request[name] !== undefined)
    demand(given.length <= 1, `${given.join(' and ')} exclude each other`)
  }

  let active

  class ApplePaySession extends EventTarget {
    #request
    #state = 'idle'
    #sheet
    #session
    #limit
    #answered

    constructor(version, request) {
      super()
      if (!window.isSecureContext) {
        throw invalidAccess('Trying to start an Apple Pay session from an insecure document.')
      }
      if (navigator.userActivation && !navigator.userActivation.isActive) {
        throw invalidAccess('Must create a new ApplePaySession from a user gesture handler.')
      }
      if (!ApplePaySession.supportsVersion(version)) {
        throw invalidAccess(`"${version}" is not a supported version.`)
      }
      checkRequest(request)
      this.#request = structuredClone(request)
    }

    static supportsVersion(version) {
      if (!Number.isInteger(version) || version <= 0) throw invalidAccess('version is above 0')
      return version <= VERSION
    }

    static canMakePayments() {
      if (!window.isSecureContext) throw invalidAccess('insecure document')
      return true
    }

    static async canMakePaymentsWithActiveCard(merchantIdentifier) {
      demand(typeof merchantIdentifier === 'string', 'merchantIdentifier is required')
      return true
    }

    static async applePayCapabilities(merchantIdentifier) {
      demand(typeof merchantIdentifier === 'string', 'merchantIdentifier is required')
      return { paymentCredentialStatus: 'paymentCredentialsAvailable' }
    }

    static async openPaymentSetup(merchantIdentifier) {
      demand(typeof merchantIdentifier === 'string', 'merchantIdentifier is required')
      return false
    }

    begin() {
      if (this.#state !== 'idle') throw invalidAccess('Payment session is already active.')
      if (active) throw invalidAccess('Page already has an active payment session.')
      active = this
      this.#state = 'opening'
      void this.#open()
    }

    abort() {
      if (!this.#isOpen()) throw invalidAccess('Payment session is not active.')
      this.#end('aborted')
    }

    completeMerchantValidation(session) {
      if (this.#state !== 'validating') throw invalidAccess('There is nothing to validate.')
      demand(typeof session === 'object' && session !== null, 'a merchant session is required')
      clearTimeout(this.#limit)
      this.#state = 'checking'
      ask('validate', { session }).then(
        () => this.#validated(session),
        (error) => this.#cancel(error.message),
      )
    }

    completePaymentMethodSelection(update) {
      this.#update('paymentmethod', update)
    }

    completeShippingContactSelection(update) {
      this.#update('shippingcontact', update)
    }

    completeShippingMethodSelection(update) {
      this.#update('shippingmethod', update)
    }

    completeCouponCodeChange(update) {
      this.#update('couponcode', update)
    }

    completePayment(result) {
      if (this.#state !== 'authorized') throw invalidAccess('There is no payment to complete.')
      const { status, errors = [] } = typeof result === 'number' ? { status: result } : result
      demand(Object.values(STATUSES).includes(status), 'status is none of STATUS_*')
      clearTimeout(this.#limit)
      // With errors that the payer can mend the sheet stays open for another try.
      if (status !== STATUSES.STATUS_SUCCESS && errors.length > 0) {
        this.#state = 'ready'
        this.#sheet.show('ready')
        return
      }
      this.#finish(status === STATUSES.STATUS_SUCCESS)
    }

    #isOpen() {
      return this.#state !== 'idle' && this.#state !== 'over'
    }

    async #open() {
      try {
        const [{ openSheet, languageOf }, device] = await load()
        if (this.#state !== 'opening') return
        const { supportedNetworks, total, currencyCode } = this.#request
        const wanted = supportedNetworks.map((name) => name.toLowerCase())
        const zh = languageOf() === 'zh'
        this.#sheet = openSheet({
          title: zh ? 'Apple Pay（模拟）' : 'Apple Pay (simulated)',
          merchant: total.label,
          amount: total.amount,
          currency: currencyCode,
          cards: device.cards.filter((card) => wanted.includes(card.network.toLowerCase())),
          choose: (card) => void this.#authorize(card),
          leave: () => this.#cancel(),
        })
        this.#state = 'validating'
        this.#wait()
        this.#tell('validatemerchant', { validationURL: device.validation_url })
      } catch (error) {
        this.#cancel(error.message)
      }
    }

    #validated(session) {
      if (this.#state !== 'checking') return
      this.#session = session
      if (typeof this.onpaymentmethodselected === 'function') {
        this.#state = 'paymentmethod'
        this.#wait()
        this.#tell('paymentmethodselected', { paymentMethod: { type: 'credit' } })
      } else this.#ready()
    }

    #ready() {
      this.#state = 'ready'
      this.#sheet.show('ready')
    }

    #update(kind, update) {
      if (this.#state !== kind) throw invalidAccess('There is nothing to complete.')
      clearTimeout(this.#limit)
      const total = update?.newTotal
      if (total) {
        checkItem(total, 'newTotal')
        this.#request.total = total
        this.#sheet.amount(total.amount, this.#request.currencyCode)
      }
      this.#ready()
    }

    async #authorize(card) {
      this.#state = 'authorizing'
      const { total, currencyCode, applicationData } = this.#request
      try {
        // A session is good for one token; another try on the same sheet shows the same one.
        this.#answered ??= await ask('authorize', {
          session: this.#session,
          card,
          amount: total.amount,
          currency: currencyCode,
          ...(applicationData !== undefined && { application_data: applicationData }),
        })
        const { token } = this.#answered
        token.paymentMethod.network =
          NETWORK_NAMES[token.paymentMethod.network.toLowerCase()] ?? token.paymentMethod.network
        if (this.#state !== 'authorizing') return
        this.#state = 'authorized'
        this.#wait(() => this.#finish(false))
        this.#tell('paymentauthorized', { payment: { token } })
      } catch (error) {
        this.#cancel(error.message)
      }
    }

    /** What the page does not answer in time ends the sheet (sheet section 2). */
    #wait(then = () => this.#cancel('timeout')) {
      clearTimeout(this.#limit)
      this.#limit = setTimeout(then, CALLBACK_MS)
    }

    #finish(well) {
      this.#state = 'finishing'
      this.#sheet.show(well ? 'done' : 'failed')
      setTimeout(() => this.#end('finished'), CLOSE_MS)
    }

    #cancel(reason) {
      if (!this.#isOpen()) return
      this.#end('canceled')
      const info = reason === undefined ? {} : { code: 'unknown', info: { reason } }
      this.#tell('cancel', { sessionError: info })
    }

    #end() {
      clearTimeout(this.#limit)
      this.#state = 'over'
      this.#sheet?.close()
      if (active === this) active = undefined
    }

    #tell(type, members) {
      const event = Object.assign(new Event(type), members)
      const handler = this[`on${type}`]
      if (typeof handler === 'function') handler.call(this, event)
      this.dispatchEvent(event)
    }
  }

  for (const name of [
    'onvalidatemerchant',
    'onpaymentmethodselected',
    'onshippingcontactselected',
    'onshippingmethodselected',
    'oncouponcodechanged',
    'onpaymentauthorized',
    'oncancel',
  ]) {
    Object.defineProperty(ApplePaySession.prototype, name, { value: null, writable: true })
  }
  for (const [name, value] of Object.entries(STATUSES)) {
    Object.defineProperty(ApplePaySession, name, { value, enumerable: true })
    Object.defineProperty(ApplePaySession.prototype, name, { value, enumerable: true })
  }

  class ApplePayError {
    constructor(code, contactField, message = '') {
      demand(ERROR_CODES.includes(code), `"${code}" is no code of an error`)
      this.code = code
      this.contactField = contactField
      this.message = message
    }
  }

  /** Stands in for Apple's own button element, which only Apple's script and Safari draw. */
  class ApplePayButton extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return
      const root = this.attachShadow({ mode: 'open' })
      const styles = new CSSStyleSheet()
      styles.replaceSync(`
        :host { display: inline-block; min-width: 140px; height: var(--apple-pay-button-height, 44px);
          width: var(--apple-pay-button-width, auto) }
        button { width: 100%; height: 100%; border-radius: var(--apple-pay-button-border-radius, 8px);
          border: 1px solid #000; background: #000; color: #fff; cursor: pointer;
          font: 600 1.0625rem system-ui, -apple-system, sans-serif }
        :host([buttonstyle^="white"]) button { background: #fff; color: #000 }
        :host([buttonstyle="white"]) button { border-color: #fff }
        button:focus-visible { outline: 3px solid #0b53ce; outline-offset: 2px }`)
      root.adoptedStyleSheets = [styles]
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = 'Apple Pay'
      root.append(button)
    }
  }

  window.ApplePaySession = ApplePaySession
  window.ApplePayError = ApplePayError
  if (!customElements.get('apple-pay-button')) {
    customElements.define('apple-pay-button', ApplePayButton)
  }
})()
