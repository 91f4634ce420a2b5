// Google Pay: the button and its logo come from Google's client, and the name is never translated.

import type { Mark } from '../mark.ts'

export const googlepay: Mark = {
  name: { en: 'Google Pay', 'zh-CN': 'Google Pay' },
  logo: null,
  place: { china: 3, elsewhere: 1 },
  athome: /Android|CrOS|Windows|Linux/,
  insideApp: null,
  insideSurfaces: null,
  toAddress: false,
  blockedInside: [],
}
