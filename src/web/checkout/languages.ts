// The languages of the payer's pages and how one of them is chosen.

export const LANGUAGES = ['en', 'zh-CN', 'zh-TW', 'ja'] as const

export type Language = (typeof LANGUAGES)[number]

/** Each language by its own name, for the switch in the footer. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  'zh-CN': '简体中文',
  'zh-TW': '繁體中文',
  ja: '日本語',
}

/** The language of one tag (`zh-HK`, `en-GB`, `ja`), or undefined when we have none for it. */
export function languageOf(tag: string): Language | undefined {
  const parts = tag.trim().toLowerCase().split('-')
  if (parts[0] === 'en') return 'en'
  if (parts[0] === 'ja') return 'ja'
  if (parts[0] !== 'zh') return undefined
  const traditional = ['tw', 'hk', 'mo', 'hant']
  const simplified = parts.includes('hans')
  return !simplified && parts.some((part) => traditional.includes(part)) ? 'zh-TW' : 'zh-CN'
}

export interface LanguageWishes {
  /** The value of `?lang`. */
  query?: string | undefined
  /** What this payer chose before. */
  chosen?: string | undefined
  /** The `Accept-Language` header. */
  accept?: string | undefined
  /** The merchant's default. */
  merchant?: string | undefined
}

/** `?lang`, the payer's choice, `Accept-Language`, the merchant's default, English: first that fits. */
export function pickLanguage(wishes: LanguageWishes): Language {
  for (const wish of [
    wishes.query,
    wishes.chosen,
    ...acceptedTags(wishes.accept),
    wishes.merchant,
  ]) {
    const language = wish === undefined ? undefined : languageOf(wish)
    if (language) return language
  }
  return 'en'
}

/** The first language we have of an `Accept-Language` header, if there is one. */
export function acceptedLanguage(header: string | undefined): Language | undefined {
  for (const tag of acceptedTags(header)) {
    const language = languageOf(tag)
    if (language) return language
  }
  return undefined
}

function acceptedTags(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const quality = parameters.find((piece) => piece.startsWith('q='))?.slice(2)
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}
