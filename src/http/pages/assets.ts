// Names of the built files that pages link to, read once from Vite's manifest.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LANGUAGES, type Language } from '../../web/checkout/languages.ts'

/** Addresses below the hub's root, e.g. `/assets/checkout-Bx81.js`. */
export interface PageAssets {
  checkoutScript: string
  checkoutStyle: string
  paperStyle: string
  translations: Record<Language, string>
}

/** Reads `dist/web`. Throws with the missing entry's name when the build is incomplete. */
export async function readAssets(folder: string): Promise<PageAssets> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, '.vite/manifest.json'), 'utf8'))
  const file = (entry: string) => `/${fileOf(manifest, entry)}`
  const translation = (language: Language) =>
    file(`src/web/checkout/translations/${language.toLowerCase()}.ts`)
  const [en, zhCn, zhTw, ja] = LANGUAGES
  return {
    checkoutScript: file('src/web/checkout/checkout.ts'),
    checkoutStyle: file('virtual:checkout.css'),
    paperStyle: file('virtual:paper.css'),
    translations: {
      [en]: translation(en),
      [zhCn]: translation(zhCn),
      [zhTw]: translation(zhTw),
      [ja]: translation(ja),
    },
  }
}

function fileOf(manifest: unknown, entry: string): string {
  const found = member(member(manifest, entry), 'file')
  if (typeof found !== 'string') throw new Error(`the web build has no ${entry}: run npm run build`)
  return found
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
