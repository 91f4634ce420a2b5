// Qingshan Tea 青山茶铺: a small shop that is paid through Tongbao. Read this file from top to bottom;
// what speaks to the hub is in tongbao.ts, the shop's own books are in orders.ts.

import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeCart, findGood, linesOf, readCart, totalOf, writeCart } from './goods.ts'
import { type Answer, cookie, goTo, page, type Route, serve, type Visit } from './http.ts'
import { type Order, openOrders, type Taken } from './orders.ts'
import { cartPage, isOpen, type Look, notePage, orderPage, shopPage } from './pages.ts'
import * as tongbao from './tongbao.ts'
import { type Language, WORDS } from './words.ts'

export interface ShopSettings extends tongbao.HubSettings {
  /** This shop's own address, as its customers see it. */
  shopUrl: string
  /** Where the shop keeps its orders. */
  folder: string
}

const CART_SECONDS = 7 * 24 * 60 * 60

export function createShop(settings: ShopSettings): Server {
  const orders = openOrders(settings.folder)

  // 1. The customer looks around and fills a cart. The cart lives in a cookie.

  const showShop = (visit: Visit) => page(shopPage(lookOf(visit)))

  const showCart = (visit: Visit) => page(cartPage(lookOf(visit), newOrderNumber()))

  function putIntoCart({ form, cookies, language }: Visit): Answer {
    const good = findGood(form.get('good') ?? '')
    const change = form.get('change')
    if (!good || (change !== '1' && change !== '-1')) return refuse(400, language)
    const cart = changeCart(readCart(cookies.get('cart') ?? ''), good, Number(change))
    const next = form.get('from') === 'shop' ? `/#${good.id}` : '/cart'
    return goTo(next, { 'set-cookie': cookie('cart', writeCart(cart), CART_SECONDS) })
  }

  // 2. The cart becomes an order. Its number was made with the form, so that a double click is one
  //    order; it is written down before the hub is asked, so that a crash loses nothing.

  async function checkOut({ form, cookies, language }: Visit): Promise<Answer> {
    const number = form.get('order') ?? ''
    const customer = (form.get('customer') ?? '').trim()
    if (!/^QS[0-9A-HJ-NP-TV-Z]{14}$/.test(number)) return refuse(400, language)
    if (orders.find(number)) return goTo(`/orders/${number}`)
    const lines = linesOf(readCart(cookies.get('cart') ?? ''), language)
    if (lines.length === 0) return goTo('/cart')
    if (!/^[^\p{Cc}]{1,40}$/u.test(customer)) return refuse(400, language)
    const title = `${lines[0]?.name}${lines.length > 1 ? ' …' : ''}`
    orders.add({ number, customer, title, lines, total: totalOf(lines), language })
    return goTo(await paymentPage(number), { 'set-cookie': cookie('cart', '', 0) })
  }

  // 3. The hub gets the amount and gives a page where the customer pays with a wallet. "Pay now" on
  //    the order page does the same again: same key, same payment, same page.

  async function paymentPage(number: string): Promise<string> {
    const orderUrl = `/orders/${number}`
    const order = orders.find(number)
    if (!order || !isOpen(order)) return orderUrl
    try {
      const returnUrl = `${settings.shopUrl}${orderUrl}`
      const { paymentId, url } = await tongbao.createPayment(settings, order, returnUrl)
      orders.assignPayment(order, paymentId)
      return url
    } catch (error) {
      console.error(`order ${number}:`, error)
      return orderUrl
    }
  }

  async function payOrder({ id, language }: Visit): Promise<Answer> {
    return orders.find(id) ? goTo(await paymentPage(id)) : refuse(404, language)
  }

  // 4. The hub reports what happened. Only this, or the hub's own answer to our question (5.), makes
  //    an order paid; that a browser comes back says nothing.

  function receiveWebhook({ headers, body }: Visit): Answer {
    try {
      const event = tongbao.verifyWebhook(settings.webhookSecret, headers, body)
      const taken = orders.takeWebhook(event)
      if (event.payment) celebrate(taken, event.payment.reference)
      // Also for what we knew already, or sell nothing of: the hub need not repeat it.
      return { status: 204, body: '' }
    } catch (error) {
      if (!(error instanceof tongbao.WebhookRefused)) throw error
      console.warn(`webhook refused: ${error.message}`)
      return { status: 400, body: error.message, headers: { 'content-type': 'text/plain' } }
    }
  }

  // 5. The customer comes back to the order page. If the webhook is late, we ask.

  async function showOrder(visit: Visit): Promise<Answer> {
    const order = await freshOrder(visit.id)
    return order ? page(orderPage(lookOf(visit), order)) : refuse(404, visit.language)
  }

  async function freshOrder(number: string): Promise<Order | undefined> {
    const order = orders.find(number)
    if (!order || order.paymentId === null || !isOpen(order)) return order
    try {
      const payment = await tongbao.getPayment(settings, order.paymentId)
      celebrate(orders.takeAnswer(order, payment), number)
    } catch (error) {
      console.error(`order ${number}:`, error)
    }
    return orders.find(number)
  }

  function tellStatus({ id }: Visit): Answer {
    const order = orders.find(id)
    return {
      status: order ? 200 : 404,
      body: JSON.stringify({ status: order?.status ?? null }),
      headers: { 'content-type': 'application/json' },
    }
  }

  /** What a real shop does once per paid order: send the mail, pack the goods. */
  function celebrate(taken: Taken, number: string): void {
    if (taken === 'paid') console.log(`order ${number} is paid: pack it`)
  }

  function refuse(status: keyof typeof WORDS.en.refusals, language: Language): Answer {
    return { status, body: refusalPage(status, language) }
  }

  function refusalPage(status: number, language: Language): string {
    const words = WORDS[language]
    const known = Object.entries(words.refusals).find(([code]) => code === String(status))
    const [title = '', text = ''] = known?.[1] ?? words.refusals[500]
    return notePage({ language, cart: new Map(), testMode }, title, text, words.again)
  }

  const testMode = settings.apiKey.startsWith('tb_test_')
  function lookOf({ language, cookies }: Visit): Look {
    return { language, cart: readCart(cookies.get('cart') ?? ''), testMode }
  }

  const routes: Route[] = [
    { method: 'GET', path: /^\/$/, handle: showShop },
    { method: 'GET', path: /^\/cart$/, handle: showCart },
    { method: 'POST', path: /^\/cart$/, handle: putIntoCart },
    { method: 'POST', path: /^\/checkout$/, handle: checkOut },
    { method: 'GET', path: /^\/orders\/(\w{16})$/, handle: showOrder },
    { method: 'GET', path: /^\/orders\/(\w{16})\/status$/, handle: tellStatus },
    { method: 'POST', path: /^\/orders\/(\w{16})\/pay$/, handle: payOrder },
    { method: 'POST', path: /^\/webhooks$/, handle: receiveWebhook, forMachines: true },
    {
      method: 'GET',
      path: /^\/health$/,
      handle: () => page('ok', { 'content-type': 'text/plain' }),
    },
    { method: 'GET', path: /^\/style\.css$/, handle: () => file('style.css', 'text/css') },
    { method: 'GET', path: /^\/live\.js$/, handle: () => file('live.js', 'text/javascript') },
  ]
  const formTarget = new URL(settings.apiUrl).origin
  return serve({ routes, formTarget, refusal: refusalPage }).on('close', orders.close)
}

function file(name: string, type: string): Answer {
  const body = readFileSync(new URL(`public/${name}`, import.meta.url), 'utf8')
  return page(body, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' })
}

/** Who knows an order's number may see the order: 70 random bits. */
function newOrderNumber(): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  return `QS${Array.from({ length: 14 }, () => letters[randomInt(letters.length)]).join('')}`
}

function setting(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new Error(`${name} is missing; examples/shop/README.md says what the shop needs.`)
}

if (import.meta.main) {
  const port = Number(setting('PORT'))
  const server = createShop({
    shopUrl: setting('SHOP_URL'),
    apiUrl: setting('TONGBAO_API_URL'),
    apiKey: setting('TONGBAO_API_KEY'),
    webhookSecret: setting('TONGBAO_WEBHOOK_SECRET'),
    folder: process.env.SHOP_DATA || join(tmpdir(), `qingshan-tea-${port}`),
  })
  server.listen(port, '127.0.0.1', () => console.log(`Qingshan Tea is open on port ${port}`))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close()
      server.closeAllConnections()
    })
  }
}
