// What a screen reader is told when the screen changes (CK-48).

import { addressTexts } from './address.ts'
import { NOTICE_TEXTS, type Screen } from './screen.ts'
import { say, type View } from './view.ts'
import { waitingTexts, waitingWallet } from './waiting-texts.ts'

export interface Announcement {
  text: string
  /** Failures interrupt; everything else waits its turn. */
  urgent: boolean
}

export function announcementOf(screen: Screen, view: View): Announcement {
  const calm = (text: string) => ({ text, urgent: false })
  switch (screen.name) {
    case 'choose': {
      const { notice } = screen
      if (notice === null) return calm('')
      const text = NOTICE_TEXTS[notice.kind].map((key) => say(view, key, notice.wallet)).join(' ')
      return { text, urgent: notice.kind === 'start_failed' }
    }
    case 'qr':
      if (screen.expired) return calm(say(view, 'qr.expired.heading'))
      return calm(say(view, 'qr.text', screen.attempt.wallet))
    case 'address':
      return calm(addressTexts(view, screen).join(' '))
    case 'starting':
    case 'handoff':
    case 'processing':
    case 'unknown': {
      const wallet = waitingWallet(screen)
      return calm(
        waitingTexts(screen)
          .map((key) => say(view, key, wallet))
          .join(' '),
      )
    }
    case 'problem': {
      const title = say(view, `problem.${screen.category}.title`, screen.wallet)
      return {
        text: `${title} ${say(view, `problem.${screen.category}.text`, screen.wallet)}`,
        urgent: true,
      }
    }
    case 'success':
      return calm(say(view, screen.held ? 'success.held.heading' : 'success.heading'))
    case 'late':
    case 'expired':
    case 'canceled':
    case 'exhausted':
    case 'unavailable':
      return calm(say(view, `${screen.name}.heading`))
    case 'failed':
      return { text: say(view, 'failed.heading'), urgent: true }
  }
}
