// What the framed page tells the shop around it: that it is there, how high it is, how it stands.
// Never a secret and never a proof of payment (CK-3).

import type { FrameMessage } from '../embed/messages.ts'
import type { Page } from './components/page/page.ts'

/** Sends to the registered origins only; the browser drops what another origin would read. */
export function tellParent(page: Page, origins: readonly string[]): void {
  const parentOrigin = ancestorOrigin()
  const targets = origins.filter((origin) => parentOrigin === null || origin === parentOrigin)
  const tell = (message: FrameMessage) => {
    for (const origin of targets) window.parent.postMessage(message, origin)
  }
  const height = new ResizeObserver(() =>
    tell({
      tongbao: 1,
      type: 'resize',
      height: Math.ceil(page.scrollHeight || document.body.scrollHeight),
    }),
  )
  let status = ''
  page.addEventListener('tb-status', ({ detail }) => {
    if (detail === status) return
    status = detail
    tell({ tongbao: 1, type: 'state', status: detail })
  })
  height.observe(document.body)
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') tell({ tongbao: 1, type: 'close' })
  })
  tell({ tongbao: 1, type: 'ready' })
}

function ancestorOrigin(): string | null {
  if (location.ancestorOrigins?.length) return location.ancestorOrigins[0] ?? null
  return document.referrer === '' ? null : new URL(document.referrer).origin
}
