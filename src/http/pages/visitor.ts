// Who looks at a page, as far as the request tells: language and device.

import { deviceOf } from '../../web/checkout/device.ts'
import { acceptedLanguage, type Language, pickLanguage } from '../../web/checkout/languages.ts'
import { lastWallet } from '../../web/checkout/last-wallet.ts'

export type { Language }

export interface Visit {
  headers: {
    'accept-language'?: string | undefined
    'user-agent'?: string | undefined
    cookie?: string | undefined
  }
  /** The query string, parsed. */
  query: unknown
}

export interface Home {
  /** The language in which the payer came from the shop. */
  locale?: string | null
  /** The merchant's default. */
  merchant?: string | null
}

/** `?lang`, then the language of the shop the payer came from, the browser's, the merchant's. */
export function languageOf({ headers, query }: Visit, home: Home = {}): Language {
  return pickLanguage({
    query: chosenLanguage(query),
    chosen: home.locale ?? undefined,
    accept: headers['accept-language'],
    merchant: home.merchant ?? undefined,
  })
}

/** The language of the page that asks, which names it as the one it accepts. */
export function spokenLanguage({ headers }: Pick<Visit, 'headers'>): Language | undefined {
  return acceptedLanguage(headers['accept-language'])
}

export function visitorDevice({ headers }: Visit) {
  const last = lastWallet(headers.cookie ?? '')
  return deviceOf((headers['user-agent'] ?? '').slice(0, 500), { last })
}

/** The query string with which a page's language is kept from page to page. */
export function keptLanguage({ query }: Visit): string {
  const chosen = chosenLanguage(query)
  return chosen === undefined ? '' : `?lang=${pickLanguage({ query: chosen })}`
}

function chosenLanguage(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || !('lang' in query)) return undefined
  return typeof query.lang === 'string' ? query.lang.slice(0, 20) : undefined
}
