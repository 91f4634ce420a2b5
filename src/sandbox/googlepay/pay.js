// Plays Google's pay.js: PaymentsClient with its rules, and a sheet of the sandbox's own. Loaded as a
// classic script, as Google's is.
;(() => {
  const { origin } = new URL(document.currentScript.src)
  const CLOSE_MS = 900
  const AUTHORIZE_MS = 10_000

  async function ask(path, body = {}) {
    const answer = await fetch(`${origin}/googlepay/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const read = await answer.json()
    if (!answer.ok) throw read
    return read
  }

  // Fetched ahead, so that the sheet opens in the payer's tap; what fails is asked again then.
  let ready
  function load() {
    ready ??= Promise.all([import(`${origin}/cards/dialog.js`), ask('wallet')]).catch((error) => {
      ready = undefined
      throw error
    })
    return ready
  }
  load().catch(() => console.warn('The Google Pay sandbox does not answer.'))

  const failure = (statusCode, statusMessage) => ({ statusCode, statusMessage })
  const isText = (value) => typeof value === 'string' && value !== ''

  function cardMethodOf(request) {
    if (request?.apiVersion !== 2 || request.apiVersionMinor !== 0) {
      throw failure('DEVELOPER_ERROR', 'apiVersion has to be 2 and apiVersionMinor 0')
    }
    const method = request.allowedPaymentMethods?.find?.(({ type }) => type === 'CARD')
    const { allowedAuthMethods: auths, allowedCardNetworks: networks } = method?.parameters ?? {}
    if (!Array.isArray(auths) || auths.length === 0) {
      throw failure('DEVELOPER_ERROR', 'allowedAuthMethods is required')
    }
    if (!Array.isArray(networks) || networks.length === 0) {
      throw failure('DEVELOPER_ERROR', 'allowedCardNetworks is required')
    }
    return method
  }

  function checkPrice({ transactionInfo: info }) {
    const priced = /^[0-9]+(\.[0-9][0-9])?$/.test(info?.totalPrice ?? '')
    const statuses = ['FINAL', 'ESTIMATED', 'NOT_CURRENTLY_KNOWN']
    if (!isText(info?.currencyCode) || !statuses.includes(info.totalPriceStatus)) {
      throw failure('DEVELOPER_ERROR', 'transactionInfo is not complete')
    }
    if (!priced && info.totalPriceStatus !== 'NOT_CURRENTLY_KNOWN') {
      throw failure('DEVELOPER_ERROR', 'totalPrice has no or two decimals')
    }
  }

  let open = false

  class PaymentsClient {
    #options

    constructor(options = {}) {
      const { environment = 'TEST', paymentDataCallbacks = {} } = options
      if (environment !== 'TEST' && environment !== 'PRODUCTION') {
        throw new Error('environment is TEST or PRODUCTION')
      }
      this.#options = { environment, paymentDataCallbacks }
    }

    async isReadyToPay(request) {
      cardMethodOf(request)
      return {
        result: window.isSecureContext,
        ...(request.existingPaymentMethodRequired && { paymentMethodPresent: true }),
      }
    }

    prefetchPaymentData(request) {
      cardMethodOf(request)
      load().catch(() => console.warn('The Google Pay sandbox does not answer.'))
    }

    async loadPaymentData(request) {
      if (!window.isSecureContext) throw failure('CANCELED', 'the page is not secure')
      if (navigator.userActivation && !navigator.userActivation.isActive) {
        throw failure('CANCELED', 'loadPaymentData has to be called in a user gesture')
      }
      if (open) throw failure('CANCELED', 'a sheet is open already')
      if (this.#options.environment === 'PRODUCTION') {
        throw failure('DEVELOPER_ERROR', 'the sandbox takes the place of TEST only')
      }
      const method = cardMethodOf(request)
      checkPrice(request)
      this.#checkCallbacks(request)
      open = true
      try {
        const [kit, wallet] = await load().catch(() => {
          throw failure('INTERNAL_ERROR', 'the sandbox does not answer')
        })
        return await this.#choose(structuredClone(request), method, { kit, wallet })
      } finally {
        open = false
      }
    }

    #checkCallbacks(request) {
      const intents = request.callbackIntents ?? []
      const { onPaymentAuthorized, onPaymentDataChanged } = this.#options.paymentDataCallbacks
      const authorizes = intents.includes('PAYMENT_AUTHORIZATION')
      const changes = intents.some((intent) => intent !== 'PAYMENT_AUTHORIZATION')
      if (authorizes !== (typeof onPaymentAuthorized === 'function')) {
        throw failure(
          'DEVELOPER_ERROR',
          'PAYMENT_AUTHORIZATION and onPaymentAuthorized belong together',
        )
      }
      if (changes && typeof onPaymentDataChanged !== 'function') {
        throw failure('DEVELOPER_ERROR', 'callbackIntents need onPaymentDataChanged')
      }
    }

    #choose(request, method, { kit, wallet }) {
      const { allowedCardNetworks: networks, allowedAuthMethods: auths } = method.parameters
      const usable = wallet.cards.filter(
        (card) => networks.includes(card.network) && (auths.includes('PAN_ONLY') || card.on_device),
      )
      const info = request.transactionInfo
      return new Promise((resolve, reject) => {
        const sheet = kit.openSheet({
          title: kit.languageOf() === 'zh' ? 'Google Pay（模拟）' : 'Google Pay (simulated)',
          merchant: request.merchantInfo?.merchantName ?? location.hostname,
          amount: info.totalPrice ?? '0',
          currency: info.currencyCode,
          cards: usable,
          choose: (card) => void pay(card),
          leave() {
            sheet.close()
            reject(failure('CANCELED', 'User closed the Payment Request UI.'))
          },
        })
        const pay = async (card) => {
          try {
            const data = await ask('authorize', { request, card })
            if (await this.#authorized(request, data)) {
              sheet.show('done')
              setTimeout(() => sheet.close(), CLOSE_MS)
              resolve(data)
            } else sheet.show('ready')
          } catch (error) {
            sheet.close()
            const known = isText(error?.statusCode)
            reject(known ? error : failure('INTERNAL_ERROR', 'the sandbox does not answer'))
          }
        }
        this.#begun(request, sheet).then(
          () => sheet.show('ready'),
          () => {
            sheet.close()
            reject(failure('INTERNAL_ERROR', 'onPaymentDataChanged failed'))
          },
        )
      })
    }

    /** The page is told that the sheet opens, where it wants to be. */
    async #begun(request, sheet) {
      const intents = request.callbackIntents ?? []
      if (!intents.some((intent) => intent !== 'PAYMENT_AUTHORIZATION')) return
      const { onPaymentDataChanged } = this.#options.paymentDataCallbacks
      const update = await onPaymentDataChanged({ callbackTrigger: 'INITIALIZE' })
      const changed = update?.newTransactionInfo
      if (!changed) return
      request.transactionInfo = { ...request.transactionInfo, ...changed }
      sheet.amount(request.transactionInfo.totalPrice, request.transactionInfo.currencyCode)
    }

    /** False where the page wants another try: then there will be another token. */
    async #authorized(request, data) {
      if (!request.callbackIntents?.includes('PAYMENT_AUTHORIZATION')) return true
      const late = new Promise((_resolve, reject) => {
        const words = 'onPaymentAuthorized took too long'
        setTimeout(() => reject(failure('INTERNAL_ERROR', words)), AUTHORIZE_MS)
      })
      const { onPaymentAuthorized } = this.#options.paymentDataCallbacks
      const answer = await Promise.race([onPaymentAuthorized(data), late])
      return answer?.transactionState === 'SUCCESS'
    }

    createButton(options) {
      if (typeof options?.onClick !== 'function') throw new Error('onClick is required')
      const { buttonColor = 'black', buttonType = 'buy', buttonSizeMode = 'static' } = options
      const words = WORDS[buttonType] ?? ''
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'gpay-button'
      button.textContent = words === '' ? 'Google Pay' : `${words} Google Pay`
      button.setAttribute('aria-label', button.textContent)
      const light = buttonColor === 'white'
      const radius = Math.min(Math.max(options.buttonRadius ?? 4, 0), 20)
      const { style } = button
      style.setProperty('min-width', '160px')
      style.setProperty('height', buttonSizeMode === 'fill' ? '100%' : '40px')
      style.setProperty('width', buttonSizeMode === 'fill' ? '100%' : 'auto')
      style.setProperty('padding', '0 16px')
      style.setProperty('border', light ? '1px solid #747775' : '0')
      style.setProperty('border-radius', `${radius}px`)
      style.setProperty('background', light ? '#fff' : '#000')
      style.setProperty('color', light ? '#1f1f1f' : '#fff')
      style.setProperty('font', '500 16px/1 system-ui, sans-serif')
      style.setProperty('cursor', 'pointer')
      button.addEventListener('click', options.onClick)
      const frame = document.createElement('div')
      if (buttonSizeMode === 'fill') {
        frame.style.setProperty('width', '100%')
        frame.style.setProperty('height', '100%')
      }
      frame.append(button)
      return frame
    }
  }

  const WORDS = {
    book: 'Book with',
    buy: 'Buy with',
    checkout: 'Checkout with',
    donate: 'Donate with',
    order: 'Order with',
    pay: 'Pay with',
    subscribe: 'Subscribe with',
    plain: '',
    long: 'Buy with',
    short: '',
  }

  window.google ??= {}
  window.google.payments ??= {}
  window.google.payments.api = { PaymentsClient }
})()
