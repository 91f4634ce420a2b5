// Apple Pay: the logo is drawn by Apple's software only, and the name is never translated.

import type { Mark } from '../mark.ts'

export const applepay: Mark = {
  name: { en: 'Apple Pay', 'zh-CN': 'Apple Pay' },
  logo: null,
  place: { china: 3, elsewhere: 1 },
  athome: /Macintosh|iPhone|iPad|iPod/,
  insideApp: null,
  insideSurfaces: null,
  toAddress: false,
  blockedInside: [],
}
