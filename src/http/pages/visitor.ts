// Who looks at a page, as far as the request tells: language and device.

import { deviceOf } from '../../web/checkout/device.ts'
import { type Language, pickLanguage } from '../../web/checkout/languages.ts'

export interface Visit {
  headers: { 'accept-language'?: string | undefined; 'user-agent'?: string | undefined }
  /** The query string, parsed. */
  query: unknown
}

/** `?lang`, then the language in which the payer came from the shop, then the browser's. */
export function languageOf({ headers, query }: Visit, locale?: string | null): Language {
  return pickLanguage({
    query: chosenLanguage(query),
    chosen: locale ?? undefined,
    accept: headers['accept-language'],
  })
}

export function visitorDevice({ headers }: Visit) {
  return deviceOf((headers['user-agent'] ?? '').slice(0, 500))
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
