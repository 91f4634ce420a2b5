// One payer at one payment in one tab: what they tap, what the hub says, and what this tab remembers.

import type { CheckoutPayment, Surface } from '../../http/checkout-types.ts'
import type { Api } from './api.ts'
import type { Action } from './components/element.ts'
import { choicesFor, type Device } from './device.ts'
import { newIdempotencyKey } from './idempotency.ts'
import { type Live, watch } from './live.ts'
import { goToWallet } from './navigate.ts'
import { freshTab, type Here, isOpen, type Screen, screenOf } from './screen.ts'

export interface SessionState {
  payment: CheckoutPayment
  here: Here
  screen: Screen
  offline: boolean
}

export interface Session {
  state: SessionState
  act(action: Action): void
  /** The server's time now, by the page's steady clock (CK-30). */
  nowMs(): number
}

export interface Beginning {
  payment: CheckoutPayment
  device: Device
  /** The payer gave up in the wallet: the list of wallets comes first. */
  choosing: boolean
}

/** Begins; `changed` is called after every change of `state`. */
export function createSession(
  api: Api,
  { payment: first, device, choosing }: Beginning,
  changed: () => void,
): Session {
  let payment = first
  let offline = false
  let anchor = { server: Date.parse(first.server_time), steady: performance.now() }
  const nowMs = () => anchor.server + (performance.now() - anchor.steady)
  const here: Here = freshTab(nowMs(), choosing)
  let wish: Here['starting'] = null

  const session: Session = { state: current(), act, nowMs }

  function current(): SessionState {
    here.nowMs = nowMs()
    return { payment, here, offline, screen: screenOf(payment, here) }
  }

  function update(): void {
    session.state = current()
    changed()
  }

  function took(next: CheckoutPayment): void {
    // An answer that was under way while the attempt started knows less than this tab.
    const ours = payment.attempt?.created ?? ''
    if ((next.attempt?.created ?? '') < ours) return
    anchor = { server: Date.parse(next.server_time), steady: performance.now() }
    if (next.attempt?.id !== payment.attempt?.id) {
      here.choosing = false
      here.asked = false
      here.startFailed = null
    }
    payment = next
    update()
  }

  const live: Live = watch({
    api,
    first,
    onPayment: took,
    onOffline(now) {
      if (offline === now) return
      offline = now
      update()
    },
  })

  async function start(wallet: string, surface: Surface): Promise<void> {
    if (here.starting !== null) {
      // Another way, chosen while the code is on its way, waits its turn; a double tap does not.
      const same = here.starting.wallet === wallet && here.starting.surface === surface
      if (!same) wish = { wallet, surface }
      return
    }
    Object.assign(here, { starting: { wallet, surface }, startFailed: null })
    update()
    try {
      const attempt = await api.start({ wallet, surface }, newIdempotencyKey())
      Object.assign(here, { choosing: false, asked: false, checking: false })
      payment = { ...payment, attempt }
      if (isOpen(attempt)) goToWallet(attempt.next_action)
    } catch {
      // Refused or unreachable: the hub's own view of the payment says what is possible now.
      here.startFailed = wallet
    }
    here.starting = null
    const next = wish
    wish = null
    if (next) return start(next.wallet, next.surface)
    update()
    live.wake()
  }

  async function ask(): Promise<void> {
    here.checking = true
    update()
    try {
      live.take(await api.sync(newIdempotencyKey()))
    } catch {
      live.wake()
    }
    Object.assign(here, { checking: false, asked: true })
    update()
    live.wake()
  }

  function act(action: Action): void {
    switch (action.type) {
      case 'start':
        void start(action.wallet, action.surface)
        break
      case 'choose':
        showChoices()
        break
      case 'open':
        if (payment.attempt) goToWallet(payment.attempt.next_action)
        break
      case 'tick':
        session.state = current()
        break
      case 'paid':
        void ask()
        break
      case 'again':
        void ask().then(showChoices)
        break
    }
  }

  function showChoices(): void {
    here.choosing = true
    update()
  }

  // A page that opens onto an attempt in a wallet is one the payer has come back to (CK-27).
  function askOnReturn(): void {
    if (session.state.screen.name === 'handoff' && !here.checking) void ask()
  }
  addEventListener('pageshow', (event) => event.persisted && askOnReturn())
  document.addEventListener('visibilitychange', () => !document.hidden && askOnReturn())

  // One wallet on a desktop: its code is the first thing on the page, without a tap (CK-20).
  const [only, another] = choicesFor(payment.wallets, device)
  const untouched = payment.attempt === null && session.state.screen.name === 'choose'
  if (only && !another && only.primary === 'qr' && device.kind === 'desktop' && untouched) {
    void start(only.wallet.name, 'qr')
  } else askOnReturn()
  return session
}
