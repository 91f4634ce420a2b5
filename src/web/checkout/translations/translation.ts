// What a translation is, and how its placeholders are filled.

import type { en } from './en.ts'

export type TextKey = keyof typeof en

/** Every text of the page in one language. */
export type Translation = Record<TextKey, string>

/** The text of `key` with each `{name}` replaced; a name without a value stays visible. */
export function fill(
  translation: Translation,
  key: TextKey,
  values: Record<string, string> = {},
): string {
  return translation[key].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
