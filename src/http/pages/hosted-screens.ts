// Every screen of the payment page as it works without scripts (CK-6): forms and links do what the
// browser's components do with taps.

import type { Surface } from '../../wallets/wallet.ts'
import {
  type AddressAction,
  type AddressScreen,
  addressTexts,
  bitcoins,
  groupsOf,
  hasVanished,
  payableAddress,
  phaseOf,
  rateText,
} from '../../web/checkout/address.ts'
import { formatAmount } from '../../web/checkout/amount.ts'
import { choicesFor, isLimited, type WalletChoice } from '../../web/checkout/choices.ts'
import { receiptFacts, receiptLink } from '../../web/checkout/facts.ts'
import { MARKS } from '../../web/checkout/marks/index.ts'
import { PROBLEM_ADVICE } from '../../web/checkout/problems.ts'
import { NOTICE_TEXTS, type Screen } from '../../web/checkout/screen.ts'
import { testLinkOf } from '../../web/checkout/test-link.ts'
import type { TextKey } from '../../web/checkout/translations/translation.ts'
import { say, type View } from '../../web/checkout/view.ts'
import { waitingTexts, waitingWallet } from '../../web/checkout/waiting-texts.ts'
import type { CheckoutAttempt } from '../checkout-types.ts'
import { logo, sign } from './hosted-parts.ts'
import { type Html, html } from './html.ts'

export interface ScreenContext {
  view: View
  clientSecret: string
  idempotencyKey: string
}

/** The screen's HTML inside the payment column. */
export function screenHtml(context: ScreenContext, screen: Screen): Html {
  const { view } = context
  switch (screen.name) {
    case 'choose':
      return chooseScreen(context, screen)
    case 'qr':
      return qrScreen(context, screen.attempt, screen.expired)
    case 'address':
      return addressScreen(context, screen)
    case 'starting':
    case 'handoff':
    case 'processing':
    case 'unknown': {
      const [title, text] = waitingTexts(screen)
      const wallet = waitingWallet(screen)
      const actions = screen.name === 'handoff' && handoffActions(context, screen.attempt)
      return html`<div class="screen waiting"><span class="spinner" aria-hidden="true"></span>
${words(view, title, text, wallet)}${actions}${updates(context)}</div>`
    }
    case 'problem': {
      const { category, wallet } = screen
      const title: TextKey = `problem.${category}.title`
      return html`<div class="screen problem">${sign('bad')}
${words(view, title, `problem.${category}.text`, wallet)}${problemActions(context, screen)}</div>`
    }
    case 'success':
      return successScreen(view, screen.held)
    case 'late':
    case 'expired':
    case 'canceled':
    case 'failed':
    case 'exhausted':
    case 'unavailable': {
      const wallet = view.payment.paid?.wallet ?? view.payment.attempt?.wallet
      return html`<div class="screen ended">${sign('calm')}
${words(view, `${screen.name}.heading`, `${screen.name}.text`, wallet)}${backLink(view, 'button second')}</div>`
    }
  }
}

function words(view: View, title: TextKey, text: TextKey, wallet?: string): Html {
  return html`<div class="words"><h2 class="screen-title" tabindex="-1">${say(view, title, wallet)}</h2>
<p class="screen-text">${say(view, text, wallet)}</p></div>`
}

function chooseScreen(context: ScreenContext, screen: Extract<Screen, { name: 'choose' }>): Html {
  const { view } = context
  const choices = choicesFor(view)
  const [only, another] = choices
  if (!only) {
    const blocked = view.payment.wallets.find(({ name }) => view.device.blocked.includes(name))
    const name = blocked ? 'blocked' : 'unavailable'
    return html`<div class="screen">${words(view, `${name}.heading`, `${name}.text`, blocked?.name)}</div>`
  }
  const title = another
    ? say(view, 'choose.heading')
    : say(view, 'choose.headingOne', only.wallet.name)
  const { notice } = screen
  const [noticeTitle, noticeText] = notice ? NOTICE_TEXTS[notice.kind] : []
  const plain = html`<div class="screen choose"><h2 class="screen-title" tabindex="-1">${title}</h2>
${notice && noticeTitle && noticeText && html`<div class="notice"><strong>${say(view, noticeTitle, notice.wallet)}</strong><span>${say(view, noticeText, notice.wallet)}</span></div>`}
<div class="wallets">${choices.map((choice, i) => walletForms(context, choice, i))}</div>
${isLimited(view) && html`<div class="notice"><strong>${say(view, 'blocked.heading')}</strong><span>${say(view, 'inside.text')}</span></div>`}</div>`
  const byTap = only.pending || MARKS[only.wallet.name]?.toAddress
  const codeFirst = !another && !byTap && only.primary === 'qr' && view.payment.attempt === null
  // With scripts the page asks for a code by itself, so its place is shown at once (CK-20).
  return codeFirst && view.device.kind === 'desktop'
    ? html`<div class="scripted">${blankCode(view, only.wallet.name)}</div><div class="unscripted">${plain}</div>`
    : plain
}

const MOST_BUTTONS = 3

function walletForms(
  context: ScreenContext,
  { wallet, primary, secondary }: WalletChoice,
  index = 0,
): Html {
  const { view } = context
  const { name } = wallet
  // A sheet needs scripts; its place is kept where there are any.
  if (wallet.sheet) return html`<div class="scripted"><div class="wallet-place"></div></div>`
  const first = primary === 'qr' && !MARKS[name]?.toAddress ? 'wallet.qr' : 'wallet.pay'
  const second = secondary === 'qr' ? 'wallet.otherPhone' : 'wallet.thisBrowser'
  const row = index >= MOST_BUTTONS
  const label = html`${logo(name, row)}<span>${say(view, first, name)}</span>`
  return html`${startForm(context, name, primary, `wallet ${row ? 'row ' : ''}mark-${name}`, label)}
${secondary && startForm(context, wallet.name, secondary, 'link', say(view, second, wallet.name))}`
}

// The key is made per page: a form sent twice starts one attempt.
function startForm(
  { view, clientSecret, idempotencyKey }: ScreenContext,
  wallet: string,
  surface: Surface,
  look: string,
  label: string | Html,
): Html {
  return html`<form method="post" action="/pay/${clientSecret}/attempts?lang=${view.language}">
<input type="hidden" name="wallet" value="${wallet}"><input type="hidden" name="surface" value="${surface}">
<input type="hidden" name="idempotency_key" value="${idempotencyKey}-${wallet}-${surface}">
<button class="${look}">${label}</button></form>`
}

function blankCode(view: View, wallet: string): Html {
  return qrFrame(
    view,
    wallet,
    html`<div class="qr-blank"><span class="spinner"></span></div>`,
    null,
  )
}

function qrScreen(context: ScreenContext, attempt: CheckoutAttempt, expired: boolean): Html {
  const { view } = context
  const { wallet, next_action: action } = attempt
  if (action.type !== 'qr') return html``
  if (expired) {
    const renew = startForm(context, wallet, 'qr', 'button', say(view, 'qr.new'))
    return html`<div class="screen qr">${words(view, 'qr.expired.heading', 'qr.expired.text', wallet)}
<div class="actions">${renew}</div></div>`
  }
  const name = say(view, 'qr.name', wallet)
  const code = html`<img src="${action.svg_url}" alt="${name}" width="252" height="252">`
  const own = choicesFor(view).find((one) => one.wallet.name === wallet)
  const here = [own?.primary, own?.secondary].find((surface) => surface && surface !== 'qr')
  const label = say(
    view,
    view.device.kind === 'phone' ? 'handoff.open' : 'wallet.thisBrowser',
    wallet,
  )
  const other = here ? startForm(context, wallet, here, 'link', label) : null
  const below = html`${testLink(view, attempt)}<div class="qr-row">${other}</div>${updates(context)}`
  return qrFrame(view, wallet, code, below)
}

function testLink(view: View, attempt: CheckoutAttempt): Html | null {
  const url = testLinkOf(view.payment, attempt)
  if (url === null) return null
  return html`<p class="qr-test"><span>${say(view, 'qr.test.label')}</span>
<a class="link" href="${url}" target="_blank" rel="noopener">${say(view, 'qr.test.open')}</a></p>`
}

function qrFrame(view: View, wallet: string, code: Html, below: Html | null): Html {
  const { amount, currency } = view.payment
  return html`<div class="screen qr"><div class="words"><h2 class="screen-title qr-heading" tabindex="-1">${logo(wallet, true)}<span>${say(view, 'qr.heading', wallet)}</span></h2>
<p class="screen-text">${say(view, 'qr.text', wallet)}</p></div>
<div class="qr-card">${code}</div>
<div><p class="qr-amount">${formatAmount(amount, currency, view.language)}</p></div>${below}</div>`
}

function addressScreen(context: ScreenContext, screen: AddressScreen): Html {
  const { view } = context
  const { attempt } = screen
  const { wallet, surface } = attempt
  const [title, text] = addressTexts(view, screen)
  const action = payableAddress(screen)
  const over = ['expired', 'short'].includes(phaseOf(screen))
  const renew = over && startForm(context, wallet, surface, 'button', say(view, 'address.new'))
  return html`<div class="screen address"><div class="words"><h2 class="screen-title qr-heading" tabindex="-1">${logo(wallet, true)}<span>${title}</span></h2>
<p class="screen-text">${text}</p></div>
${hasVanished(attempt) && action && html`<div class="notice"><span>${say(view, 'address.vanished')}</span></div>`}
${action && whatToSend(view, wallet, action)}${action && testLink(view, attempt)}${renew && html`<div class="actions">${renew}</div>`}${updates(context)}</div>`
}

function whatToSend(view: View, wallet: string, action: AddressAction): Html {
  const { payment, language } = view
  const rate = rateText(view, action)
  const groups = groupsOf(action.address).map((group) => html`<span>${group}</span>`)
  return html`<div class="qr-card"><img src="${action.svg_url}" alt="${say(view, 'qr.name', wallet)}" width="252" height="252"></div>
<dl class="facts"><dt>${say(view, 'address.amount')}</dt><dd><strong>${bitcoins(action.amount_sat)}</strong></dd>
<dt>${say(view, 'address.address')}</dt><dd><span class="chunks">${groups}</span></dd>
${rate !== null && html`<dt>${say(view, 'order.amountOf')}</dt><dd>${formatAmount(payment.amount, payment.currency, language)}</dd><dt>${say(view, 'address.rate')}</dt><dd>${rate}</dd>`}</dl>
<div class="actions"><a class="button second" href="${action.uri}">${say(view, 'address.open')}</a></div>`
}

function handoffActions({ view }: ScreenContext, attempt: CheckoutAttempt): Html | null {
  const { wallet, next_action: action } = attempt
  const label = html`${logo(wallet)}<span>${say(view, 'handoff.open', wallet)}</span>`
  const look = `wallet mark-${wallet}`
  switch (action.type) {
    case 'redirect':
      return webLink(action.url, look, label)
    case 'form': {
      if (!isWeb(action.action)) return null
      const fields = Object.entries(action.fields).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
      )
      return html`<div class="actions"><form method="post" action="${action.action}" target="_top">${fields}<button class="${look}">${label}</button></form></div>`
    }
    case 'app':
    case 'qr':
    case 'sheet':
    case 'address':
    case 'none':
      return null
  }
}

function webLink(url: string, look: string, label: Html): Html | null {
  if (!isWeb(url)) return null
  return html`<div class="actions"><a class="${look}" href="${url}" target="_top">${label}</a></div>`
}

function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url)
}

function problemActions(
  context: ScreenContext,
  screen: Extract<Screen, { name: 'problem' }>,
): Html {
  const { view } = context
  const choices = view.payment.payable ? choicesFor(view) : []
  const own = choices.find(({ wallet }) => wallet.name === screen.wallet)
  const { remedies } = PROBLEM_ADVICE[screen.category]
  const again =
    remedies.includes('again') &&
    own &&
    !own.pending &&
    startForm(context, screen.wallet, own.primary, 'button', say(view, 'button.again'))
  const others = choices
    .filter(({ wallet, pending }) => wallet.name !== screen.wallet && !pending)
    .slice(0, 2)
  const other = remedies.includes('other') && others.map((choice) => walletForms(context, choice))
  const back = remedies.includes('back') && backLink(view, 'button')
  return html`<div class="actions">${again}${other}${back}</div>`
}

function successScreen(view: View, held: boolean): Html {
  const receipt = receiptLink(view)
  const facts = receiptFacts(view)
  return html`<div class="screen success">${sign('good')}
${words(view, held ? 'success.held.heading' : 'success.heading', held ? 'success.held.text' : 'success.text')}
${view.payment.attempt?.chain?.flags.includes('overpaid') && html`<div class="notice"><span>${say(view, 'address.over')}</span></div>`}
<dl class="facts">${facts.map(([key, value]) => html`<dt>${say(view, key)}</dt><dd>${value}</dd>`)}</dl>
<div class="actions">${backLink(view, 'button')}${receipt && html`<a class="button second" href="${receipt}" target="_blank" rel="noopener">${say(view, 'success.receipt')}</a>`}</div></div>`
}

function backLink(view: View, look: string): Html | null {
  const { return_url: url } = view.payment
  if (url === null || !isWeb(url)) return null
  return html`<a class="${look}" href="${url}" target="_top">${say(view, 'success.back')}</a>`
}

function updates({ view, clientSecret }: ScreenContext): Html {
  return html`<noscript><p class="screen-text">${say(view, 'noScript.text')}</p>
<a class="link" href="/pay/${clientSecret}?lang=${view.language}">${say(view, 'button.update')}</a></noscript>`
}
