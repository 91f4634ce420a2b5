// The shop's pages. Whatever comes from outside goes through html`…`, which escapes it.

import { art, CART, HILLS, SEAL } from './art.ts'
import { type Cart, GOODS, type Good, linesOf, totalOf } from './goods.ts'
import { type Html, html } from './html.ts'
import type { Order } from './orders.ts'
import { type Language, price, WORDS, type Words, when } from './words.ts'

export interface Look {
  language: Language
  cart: Cart
  /** The hub's key is one of test mode. */
  testMode: boolean
}

export function shopPage(look: Look): string {
  const words = WORDS[look.language]
  const shelf = (name: Good['shelf']) => html`
    <section aria-labelledby="${name}">
      <h2 id="${name}">${words[name]}</h2>
      <ul class="goods">${GOODS.filter((good) => good.shelf === name).map((good) => goodCard(good, look))}</ul>
    </section>`
  const main = html`
    <div class="hero">
      ${HILLS}
      <div class="wide"><h1>${words.heroTitle}</h1><p>${words.heroText}</p></div>
    </div>
    <main class="wide">${shelf('tea')}${shelf('desk')}</main>`
  return layout(look, words.motto, main)
}

function goodCard(good: Good, { language, cart }: Look): Html {
  const words = WORDS[language]
  const inCart = cart.get(good) ?? 0
  return html`
    <li class="good" id="${good.id}">
      ${art(good.id)}
      <div class="good-words">
        <h3>${good.name[language]}</h3>
        <p>${good.detail[language]}</p>
        <p class="price">${price(good.price)}</p>
      </div>
      <form method="post" action="/cart">
        <input type="hidden" name="good" value="${good.id}">
        <input type="hidden" name="from" value="shop">
        <button class="round" name="change" value="1" aria-label="${words.add} ${good.name[language]}">${inCart > 0 ? html`<b>${inCart}</b>` : html`<span aria-hidden="true">+</span>`}</button>
      </form>
    </li>`
}

/** The cart with the form that turns it into the order of this number. */
export function cartPage(look: Look, orderNumber: string): string {
  const words = WORDS[look.language]
  if (look.cart.size === 0) return notePage(look, words.cart, words.emptyCart, words.browse)
  const total = totalOf(linesOf(look.cart, look.language))
  const main = html`
    <main class="wide columns">
      <div>
        <h1>${words.cart}</h1>
        <ul class="lines">${[...look.cart].map((line) => cartLine(line, look.language))}</ul>
      </div>
      <form class="sheet" method="post" action="/checkout">
        <input type="hidden" name="order" value="${orderNumber}">
        ${sums(words, total)}
        <label for="customer">${words.customer}</label>
        <input id="customer" name="customer" required maxlength="40" autocomplete="name" aria-describedby="hint">
        <p id="hint" class="soft">${words.customerHint}</p>
        <button class="button">${words.checkout}</button>
        <p class="soft">${words.checkoutHint}</p>
      </form>
    </main>`
  return layout(look, words.cart, main)
}

function cartLine([good, quantity]: [Good, number], language: Language): Html {
  const words = WORDS[language]
  const name = good.name[language]
  return html`
    <li class="line">
      ${art(good.id)}
      <div class="line-words"><h2>${name}</h2><p class="soft">${good.detail[language]}</p></div>
      <form class="stepper" method="post" action="/cart">
        <input type="hidden" name="good" value="${good.id}">
        <button name="change" value="-1" aria-label="${words.less} ${name}">−</button>
        <output>${quantity}</output>
        <button name="change" value="1" aria-label="${words.more} ${name}">+</button>
      </form>
      <p class="price">${price(good.price * quantity)}</p>
    </li>`
}

export function orderPage(look: Look, order: Order): string {
  const words = WORDS[look.language]
  const stage = stageOf(order)
  const done = { open: 1, new: 1, processing: 1, paid: 3, ended: 0 }[stage]
  const steps = [words.stepPlaced, words.stepPaid, words.stepPacked].map(
    (step, index) => html`<li class="${index < done ? 'done' : 'ahead'}">${step}</li>`,
  )
  const main = html`
    <main class="narrow">
      <article class="sheet order ${stage}">
        ${stage === 'paid' && html`<p class="stamp" aria-hidden="true">${words.stampTop}</p>`}
        <header role="status"><h1>${words[`${stage}Title`]}</h1><p>${words[`${stage}Text`]}</p></header>
        ${stage !== 'ended' && html`<ol class="steps">${steps}</ol>`}
        <div class="actions">${orderActions(order, words)}</div>
        <ul class="lines small">${order.lines.map(
          (line) =>
            html`<li class="line">${art(line.good)}<div class="line-words"><h2>${line.name}</h2><p class="soft">× ${line.quantity}</p></div><p class="price">${price(line.amount)}</p></li>`,
        )}</ul>
        ${sums(words, order.total)}
        <dl class="facts">
          <dt>${words.order}</dt><dd>${order.number}</dd>
          <dt>${words.forWhom}</dt><dd>${order.customer}</dd>
          <dt>${words.placed}</dt><dd>${when(order.createdAt, look.language)}</dd>
          ${order.paymentId !== null && html`<dt>${words.payment}</dt><dd>${order.paymentId}</dd>`}
        </dl>
      </article>
    </main>`
  const head = isOpen(order)
    ? html`<script src="/live.js" data-status="${order.status}" defer></script>
      <noscript><meta http-equiv="refresh" content="5"></noscript>`
    : html``
  return layout(look, `${words.order} ${order.number}`, main, head)
}

function orderActions(order: Order, words: Words): Html {
  const stage = stageOf(order)
  if (stage === 'open' || stage === 'new') {
    return html`<form method="post" action="/orders/${order.number}/pay"><button class="button">${words.pay}</button></form>`
  }
  return html`
    ${order.receiptUrl !== null && html`<a class="button" href="${order.receiptUrl}">${words.receipt}</a>`}
    ${stage !== 'processing' && html`<a class="button second" href="/">${words.again}</a>`}`
}

/** Something may still change by itself. */
export function isOpen(order: Order): boolean {
  return !['paid', 'ended'].includes(stageOf(order))
}

/** What the payment's status means to this shop's customer. */
function stageOf({ status }: Order): 'new' | 'open' | 'processing' | 'paid' | 'ended' {
  switch (status) {
    case 'new':
      return 'new'
    case 'succeeded':
      return 'paid'
    case 'processing':
    case 'authorized':
      return 'processing'
    case 'failed':
    case 'canceled':
    case 'expired':
      return 'ended'
    default:
      return 'open'
  }
}

function sums(words: Words, total: number): Html {
  return html`
    <dl class="sums">
      <dt>${words.subtotal}</dt><dd>${price(total)}</dd>
      <dt>${words.pickup}</dt><dd>${words.free}</dd>
      <dt class="total">${words.total}</dt><dd class="total">${price(total)}</dd>
    </dl>`
}

/** A page that says one thing. */
export function notePage(look: Look, title: string, text: string, button: string): string {
  const main = html`
    <main class="narrow note">${SEAL}<h1>${title}</h1><p>${text}</p><a class="button" href="/">${button}</a></main>`
  return layout(look, title, main)
}

function layout(look: Look, title: string, main: Html, head = html``): string {
  const words = WORDS[look.language]
  const other = look.language === 'en' ? 'zh-CN' : 'en'
  const count = [...look.cart.values()].reduce((sum, quantity) => sum + quantity, 0)
  return html`<!doctype html>
<html lang="${look.language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · ${words.shop}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/style.css">
  ${head}
</head>
<body>
  ${look.testMode && html`<p class="test-mode">${words.testMode}</p>`}
  <header class="top wide">
    <a class="brand" href="/">${SEAL}<span><b>${words.shop}</b><small>${words.motto}</small></span></a>
    <nav>
      <a href="?lang=${other}" hreflang="${other}" lang="${other}">${words.language}</a>
      <a class="cart-link" href="/cart">${CART}${words.cart}${count > 0 && html`<b>${count}</b>`}</a>
    </nav>
  </header>
  ${main}
  <footer class="wide">${words.footer}</footer>
</body>
</html>`.text
}
