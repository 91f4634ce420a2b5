// The words of the screens on which the payer waits.

import type { Screen } from './screen.ts'
import type { TextKey } from './translations/translation.ts'

export type WaitingScreen = Extract<
  Screen,
  { name: 'starting' | 'handoff' | 'processing' | 'unknown' }
>

/** Title and text of a waiting screen. */
export function waitingTexts(screen: WaitingScreen): [TextKey, TextKey] {
  switch (screen.name) {
    case 'starting':
      return ['starting.heading', 'starting.text']
    case 'handoff':
      if (screen.checking) return ['checking.heading', 'checking.text']
      return ['handoff.heading', screen.asked ? 'return.notYet' : 'handoff.text']
    case 'processing':
      return screen.repeating
        ? ['problem.retry_same.title', 'problem.retry_same.text']
        : ['processing.heading', 'processing.text']
    case 'unknown':
      return [`problem.${screen.category}.title`, `problem.${screen.category}.text`]
  }
}

/** The wallet a waiting screen speaks of. */
export function waitingWallet(screen: WaitingScreen): string {
  return screen.name === 'handoff' ? screen.attempt.wallet : screen.wallet
}
