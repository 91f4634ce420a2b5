// The registry of translations, for the server; the browser loads one of them alone.

import type { Language } from '../languages.ts'
import { en } from './en.ts'
import { ja } from './ja.ts'
import type { Translation } from './translation.ts'
import { zhCn } from './zh-cn.ts'
import { zhTw } from './zh-tw.ts'

export const TRANSLATIONS: Record<Language, Translation> = {
  en,
  'zh-CN': zhCn,
  'zh-TW': zhTw,
  ja,
}
