// One payer at one payment in one tab: what they tap, what the hub says, and what this tab remembers.

import type {
  CheckoutAttempt,
  CheckoutBrowser,
  CheckoutPayment,
  StartAttempt,
  Surface,
} from '../../http/checkout-types.ts'
import { type Api, RefusedError } from './api.ts'
import { type Availability, choicesFor } from './choices.ts'
import type { Action } from './components/element.ts'
import type { Device } from './device.ts'
import { newIdempotencyKey } from './idempotency.ts'
import { forgetWallet, rememberWallet } from './last-wallet.ts'
import { type Live, watch } from './live.ts'
import { MARKS } from './marks/index.ts'
import { goToWallet } from './navigate.ts'
import { freshTab, type Here, isOpen, type Screen, screenOf } from './screen.ts'
import { openBridge } from './sheets/bridge.ts'
import { findSheets } from './sheets/index.ts'
import type { ButtonLook, Sheet } from './sheets/sheet.ts'
import type { View } from './view.ts'

export interface SessionState {
  payment: CheckoutPayment
  here: Here
  screen: Screen
  offline: boolean
  device: Device
  sheets: Availability
}

export interface Session {
  state: SessionState
  act(action: Action): void
  /** The button that a wallet's own software draws; null for every other wallet. */
  buttonOf(wallet: string, look: ButtonLook): HTMLElement | null
  /** The server's time now, by the page's steady clock (CK-30). */
  nowMs(): number
}

export interface Beginning {
  /** The payer gave up in the wallet: the list of wallets comes first. */
  choosing: boolean
  /** Of the page's policy, for what the sheets bring along. */
  nonce: string
}

/** Begins; `changed` is called after every change of `state`. */
export function createSession(
  api: Api,
  { payment: first, device: here0, language }: View,
  { choosing, nonce }: Beginning,
  changed: () => void,
): Session {
  let payment = first
  let device = here0
  const sheets = new Map<string, Sheet | null>()
  let sheetOpen = false
  let offline = false
  let anchor = { server: Date.parse(first.server_time), steady: performance.now() }
  const nowMs = () => anchor.server + (performance.now() - anchor.steady)
  const here: Here = freshTab(nowMs(), choosing)
  let wish: Here['starting'] = null

  const session: Session = {
    state: current(),
    act,
    buttonOf: (wallet, look) => sheets.get(wallet)?.button(look) ?? null,
    nowMs,
  }

  function current(): SessionState {
    here.nowMs = nowMs()
    const found = [...sheets].map(([name, sheet]) => [name, sheet ? 'ready' : 'absent'] as const)
    const screen = screenOf(payment, here)
    return { payment, here, offline, screen, device, sheets: Object.fromEntries(found) }
  }

  function update(): void {
    session.state = current()
    if (payment.paid && session.state.screen.name === 'success') remember(payment.paid.wallet)
    changed()
  }

  function remember(wallet: string): void {
    const cookie = rememberWallet(document.cookie, wallet, isHttps())
    if (cookie !== null) keepCookie(cookie)
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

  function begin(wallet: string, surface: Surface): void {
    const sheet = sheets.get(wallet)
    const { starting } = here
    if (sheet) openSheet(sheet, wallet, surface)
    else if (starting === null) void start({ wallet, surface })
    // Another way, chosen while the code is on its way, waits its turn; a double tap does not.
    else if (starting.wallet !== wallet || starting.surface !== surface) wish = { wallet, surface }
  }

  /** Runs within the tap, so nothing is waited for before the sheet is open (CK-21). */
  function openSheet(sheet: Sheet, wallet: string, surface: Surface): void {
    if (sheetOpen || here.starting !== null) return
    sheetOpen = true
    const closed = (failed: boolean) => {
      sheetOpen = false
      // Who closes the sheet is where they were; no attempt was started (CK-39).
      if (failed) here.startFailed = wallet
      update()
    }
    try {
      sheet.open({
        openSession: (validation_url) => api.openSession({ wallet, validation_url }),
        start(token) {
          sheetOpen = false
          return start({ wallet, surface, token, browser: browser() })
        },
        closed,
      })
    } catch {
      closed(true)
    }
  }

  /** False when nothing was paid and nothing will be. */
  async function start(order: StartAttempt): Promise<boolean> {
    const { wallet, surface } = order
    Object.assign(here, { starting: { wallet, surface }, startFailed: null })
    update()
    let lost = false
    try {
      const attempt = await api.start(order, newIdempotencyKey())
      Object.assign(here, { choosing: false, asked: false, checking: false, noApp: false })
      payment = { ...payment, attempt }
      lost = isLost(attempt)
      // A sheet first hears how it went.
      if (isOpen(attempt)) setTimeout(goToWallet, 0, attempt.next_action)
    } catch (error) {
      // Refused or unreachable: the hub's own view of the payment says what is possible now.
      here.startFailed = wallet
      lost = error instanceof RefusedError && error.status < 500
    }
    here.starting = null
    const next = wish
    wish = null
    if (next) return start(next)
    update()
    live.wake()
    return !lost
  }

  /** Opens the wallet of the attempt that stands. */
  async function open({ next_action: action }: CheckoutAttempt): Promise<void> {
    if (action.type !== 'sheet') return void goToWallet(action)
    const result = await openBridge(action.wallet, action.parameters)
    here.noApp = result === 'none'
    update()
    if (result === 'done') await ask()
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
        begin(action.wallet, action.surface)
        break
      case 'choose':
        showChoices()
        break
      case 'open':
        if (payment.attempt) void open(payment.attempt)
        break
      case 'forget':
        keepCookie(forgetWallet(isHttps()))
        device = { ...device, last: null }
        update()
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
  function startOnlyCode(): boolean {
    const { sheets: known, screen } = session.state
    const [only, another] = choicesFor({ payment, device, language, sheets: known })
    const untouched = payment.attempt === null && screen.name === 'choose'
    if (!only || another || only.pending || !untouched) return false
    const { name } = only.wallet
    if (only.primary !== 'qr' || device.kind !== 'desktop' || MARKS[name]?.toAddress) return false
    begin(name, 'qr')
    return true
  }

  if (!startOnlyCode()) askOnReturn()
  findSheets(payment.wallets, nonce, (wallet, sheet) => {
    sheets.set(wallet, sheet)
    update()
    if (sheet === null) startOnlyCode()
  })
  return session
}

/** Whether a try is over without money, as far as the wallet's sheet should know. */
function isLost({ status, problem }: CheckoutAttempt): boolean {
  return status === 'failed' && problem?.money !== 'maybe'
}

/** For the issuer's check of who pays (EMV 3-D Secure). */
function browser(): CheckoutBrowser {
  const { colorDepth, height, width } = screen
  return {
    language: navigator.language,
    color_depth: colorDepth,
    screen_height: height,
    screen_width: width,
    time_zone_offset: new Date().getTimezoneOffset(),
  }
}

function isHttps(): boolean {
  return location.protocol === 'https:'
}

// The cookie store of newer browsers is not in the apps of wallets, nor on plain-http addresses.
function keepCookie(cookie: string): void {
  Reflect.set(document, 'cookie', cookie)
}
