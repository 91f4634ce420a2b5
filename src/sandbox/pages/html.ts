// Pages written by hand: text that goes into HTML is escaped unless it is HTML already.

export interface Html {
  text: string
}

type Part = string | number | undefined | Html | readonly Html[]

/** A piece of HTML; plain values in it are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { text: strings.reduce((text, string, index) => text + write(parts[index - 1]) + string) }
}

function write(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escapeHtml(part)
  return isList(part) ? part.map((each) => each.text).join('') : part.text
}

function isList(part: Html | readonly Html[]): part is readonly Html[] {
  return Array.isArray(part)
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(source: string): string {
  return source.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** The page's language: Chinese where the browser prefers any Chinese, else English. */
export function languageOf(acceptLanguage: string | undefined): 'zh' | 'en' {
  const first = acceptLanguage?.split(',').find((each) => /^\s*(zh|en)\b/i.test(each)) ?? ''
  return /^\s*zh/i.test(first) ? 'zh' : 'en'
}

/** A decimal amount for people to read: `12345.60` is `¥12,345.60`. */
export function yuan(decimal: string): string {
  return `¥${decimal.replace(/\B(?=(\d{3})+(?!\d))/g, ',')}`
}
