// The parts of the payment page that stand beside every screen, as the server draws them. They have
// the same elements and classes as the browser's components, so the upgrade moves nothing.

import { amountParts, formatAmount } from '../../web/checkout/amount.ts'
import { MARKS } from '../../web/checkout/marks/index.ts'
import { SIGN_PATHS, type SignKind } from '../../web/checkout/signs.ts'
import type { TextKey } from '../../web/checkout/translations/translation.ts'
import { initialOf, say, type View } from '../../web/checkout/view.ts'
import { type Html, html } from './html.ts'

export function orderSummary(view: View, payable: boolean): Html {
  const { payment, language } = view
  const { text, code } = amountParts(payment.amount, payment.currency, language)
  return html`<section class="order" aria-label="${say(view, 'order.label')}">
<p class="merchant"><span class="avatar" aria-hidden="true">${initialOf(payment.merchant.name)}</span><span>${payment.merchant.name}</span></p>
<div class="order-amount"><span class="label">${say(view, payable ? 'order.amount' : 'order.amountOf')}</span>
<span class="amount">${text}${code && html` <span class="code">${code}</span>`}</span></div>
<h1 class="order-title">${payment.title}</h1>
${payment.items.length > 0 && items(view)}
<dl class="facts order-facts"><dt>${say(view, 'order.reference')}</dt><dd>${payment.reference}</dd></dl>
</section>`
}

function items(view: View): Html {
  const { payment, language, device } = view
  const lines = payment.items.map((item) => {
    const count = say(view, 'order.quantity', undefined, { count: String(item.quantity) })
    const money = formatAmount(item.amount, payment.currency, language)
    return html`<li><span>${item.name} <span class="count">${count}</span></span><span>${money}</span></li>`
  })
  const open = device.kind === 'desktop' && html` open`
  return html`<details class="items"${open}><summary>${say(view, 'order.items')}</summary><ul>${lines}</ul></details>`
}

export function help(view: View, open: boolean): Html {
  const { support } = view.payment.merchant
  const { phone, email, wechat, hours, url } = support
  const web = url !== undefined && /^https?:\/\//i.test(url) ? url : undefined
  const line = (key: TextKey, value: string | Html | undefined) =>
    value && html`<dt>${say(view, key)}</dt><dd>${value}</dd>`
  const link = (href: string, text: string) => html`<a href="${href}">${text}</a>`
  return html`<details class="help"${open && html` open`}><summary>${say(view, 'help.heading')}</summary>
<div class="help-body"><p>${say(view, 'help.text')}</p><dl class="facts">
${line('help.phone', phone && link(`tel:${phone.replace(/[^\d+]/g, '')}`, phone))}
${line('help.email', email && link(`mailto:${email}`, email))}
${line('help.wechat', wechat)}${line('help.hours', hours)}${line('help.website', web && link(web, web))}
${line('help.reference', html`<span class="help-number">${view.payment.id}</span>`)}
</dl></div></details>`
}

export function sign(kind: SignKind): Html {
  return html`<svg class="sign sign-${kind}" viewBox="0 0 24 24" aria-hidden="true"><path d="${SIGN_PATHS[kind]}"></path></svg>`
}

export function logo(wallet: string, tile = false): Html | null {
  const mark = MARKS[wallet]?.logo
  if (!mark) return null
  const look = tile ? `logo logo-tile mark-${wallet}` : 'logo'
  return html`<svg class="${look}" viewBox="${mark.viewBox}" aria-hidden="true"><path d="${mark.path}"></path></svg>`
}
