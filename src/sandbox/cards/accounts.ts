// The accounts at the acquirers that the two card wallets charge through, and the fields by which a
// merchant enters them at the hub.

import { readSetting, writeSetting } from '../books.ts'
import type { Platform } from '../platform.ts'
import type { AcquirerName, Merchant, Merchants } from './merchants.ts'

export interface Wanted {
  acquirer: AcquirerName
  /** The hub decrypts. */
  direct: boolean
  /** Made for this request alone. */
  fresh: boolean
  account: Merchant
}

export interface AcquirerAccounts {
  /**
   * The account that a request for a hub account means: `acquirer`, `mode=direct`, `new=1` for one
   * that nobody has yet, `notify_url` for where its webhooks go. A text says what is wrong.
   */
  wanted(
    wallet: 'applepay' | 'googlepay',
    query: Record<string, string | undefined>,
  ): Wanted | string
  /** The hub's fields, each behind `acquirer_`. */
  hubFields(
    acquirer: AcquirerName,
    account: string,
    options: { appleSessions: boolean },
  ): Record<string, string | undefined>
  title(acquirer: AcquirerName): string
}

const TITLES = { adyen: 'Adyen', stripe: 'Stripe', checkoutcom: 'Checkout.com' }

export function openAccounts(
  platform: Platform,
  merchants: Merchants,
  create: Record<AcquirerName, () => Merchant | undefined>,
): AcquirerAccounts {
  function made(acquirer: AcquirerName): Merchant {
    const merchant = create[acquirer]()
    if (!merchant) throw new TypeError(`no account could be made at ${acquirer}`)
    return merchant
  }

  /** Each wallet and mode has its own, so that no webhook goes to the other wallet. */
  function kept(acquirer: AcquirerName, purpose: string): Merchant {
    const name = `${purpose}.${acquirer}`
    const id = readSetting(platform.books, name)
    const known = id === undefined ? undefined : merchants.byId(acquirer, id)
    if (known) return known
    const merchant = made(acquirer)
    writeSetting(platform.books, name, merchant.id)
    return merchant
  }

  return {
    wanted(wallet, query) {
      const acquirer = query.acquirer ?? 'adyen'
      if (!isAcquirer(acquirer)) return 'acquirer is adyen, stripe or checkoutcom'
      const mode = query.mode ?? 'acquirer_decrypts'
      if (mode !== 'direct' && mode !== 'acquirer_decrypts') {
        return 'mode is acquirer_decrypts or direct'
      }
      const { notify_url: url } = query
      if (url !== undefined && !/^https?:\/\/\S+$/.test(url)) return 'notify_url is no address'
      const fresh = query.new === '1'
      const direct = mode === 'direct'
      const found = fresh ? made(acquirer) : kept(acquirer, `${wallet}.account.${mode}`)
      const account = url === undefined ? found : merchants.change(found, { webhooks: [url] })
      return { acquirer, direct, fresh, account }
    },
    hubFields(acquirer, id, { appleSessions }) {
      const settings = merchants.byId(acquirer, id)?.settings ?? {}
      const base = `${platform.address()}/${acquirer}`
      switch (acquirer) {
        case 'adyen':
          return {
            acquirer,
            acquirer_environment: 'test',
            acquirer_merchant_account: id,
            acquirer_api_key: settings.api_key,
            acquirer_hmac_keys: settings.hmac_key,
            acquirer_capture: settings.capture,
            acquirer_notification_user: settings.notification_user,
            acquirer_notification_password: settings.notification_password,
            acquirer_apple_merchant_id: appleSessions ? settings.apple_merchant_id : undefined,
            acquirer_base_url: `${base}/v72`,
          }
        case 'stripe':
          return {
            acquirer,
            acquirer_publishable_key: settings.publishable_key,
            acquirer_secret_key: settings.secret_key,
            acquirer_webhook_secrets: settings.webhook_secret,
            acquirer_base_url: base,
          }
        case 'checkoutcom':
          return {
            acquirer,
            acquirer_prefix: settings.prefix,
            acquirer_processing_channel_id: id,
            acquirer_public_key: settings.public_key,
            acquirer_secret_key: settings.secret_key,
            acquirer_signature_keys: settings.signature_key,
            acquirer_notification_authorization: settings.authorization,
            acquirer_base_url: base,
          }
      }
    },
    title: (acquirer) => TITLES[acquirer],
  }
}

function isAcquirer(text: string): text is AcquirerName {
  return Object.hasOwn(TITLES, text)
}
