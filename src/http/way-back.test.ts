// Proves where a payer lands who comes back from a wallet: with the language they had, and who gave
// up in the wallet sees the wallets at once, while the hub asks.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AttemptOrder } from '../wallets/wallet.ts'
import { order, startTestHub, type TestHub, type TestMerchant } from './testing.ts'

let hub: TestHub
let shop: TestMerchant
before(async () => {
  hub = await startTestHub()
  shop = await hub.merchant()
})
after(() => hub.close())

let taps = 0

async function begin(language?: string, change: object = {}) {
  const { body } = await shop.send('POST', '/v1/payments', order(change))
  taps++
  const started = await hub.app.inject({
    method: 'POST',
    url: '/checkout/v1/attempts',
    headers: {
      authorization: `Bearer ${body.client_secret}`,
      'idempotency-key': `tap-${taps}`,
      ...(language && { 'accept-language': language }),
    },
    payload: { wallet: 'paper', surface: 'mobile' },
  })
  assert.equal(started.statusCode, 201, started.body)
  return { id: String(body.id), wanted: lastOrder() }
}

function lastOrder(): AttemptOrder {
  const { order: wanted } = hub.wallet.calls.at(-1) ?? {}
  assert.ok(wanted)
  return wanted
}

const pathOf = (url: string) => new URL(url).pathname
const status = async (id: string) => (await shop.send('GET', `/v1/payments/${id}`)).body.status

test('the language of the page on which a payer began is that of the page after the wallet', async () => {
  const { wanted } = await begin('zh-TW')
  assert.doesNotMatch(wanted.returnUrl + wanted.quitUrl, /\?/)
  const back = await hub.app.inject({
    url: `${pathOf(wanted.returnUrl)}?out_trade_no=1&sign=x`,
    headers: { 'accept-language': 'en' },
  })
  assert.equal(back.statusCode, 303)
  const page = await hub.app.inject({
    url: String(back.headers.location),
    headers: { 'accept-language': 'en' },
  })
  assert.match(page.body, /<html lang="zh-TW">/)
  const quit = await hub.app.inject({
    url: pathOf(wanted.quitUrl),
    headers: { 'accept-language': 'en' },
  })
  assert.match(quit.body, /<html lang="zh-TW">/)
  const chosen = await hub.app.inject({ url: `${pathOf(wanted.quitUrl)}?lang=ja` })
  assert.match(chosen.body, /<html lang="ja">/)
})

test('the order is the same every time it is told to the wallet, language included', async () => {
  const { id, wanted } = await begin('ja')
  await shop.send('POST', `/v1/payments/${id}/sync`)
  assert.equal(lastOrder().returnUrl, wanted.returnUrl)
  assert.equal(lastOrder().quitUrl, wanted.quitUrl)
})

test('without a known language, or with an altered one, the way back still leads to the page', async () => {
  const { wanted } = await begin('fr')
  assert.match(pathOf(wanted.returnUrl), /^\/return\/\w+$/)
  for (const tail of ['/xx', '/..%2f', '/%00', `/${'a'.repeat(400)}`]) {
    const back = await hub.app.inject({ url: `${pathOf(wanted.returnUrl)}${tail}` })
    assert.equal(back.statusCode, 303, tail)
    assert.match(String(back.headers.location), /^\/pay\/\w+\?lang=[\w-]+$/)
  }
})

test('CK-6 the form without scripts keeps the language on its way through the wallet', async () => {
  const made = await shop.send('POST', '/v1/payments', order())
  const url = pathOf(String(made.body.url))
  const page = await hub.app.inject({ url: `${url}?lang=ja` })
  const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const sent = await hub.app.inject({
    method: 'POST',
    url: action,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'en' },
    payload: 'wallet=paper&surface=desktop&idempotency_key=form-lang',
  })
  assert.equal(sent.headers.location, `${url}?lang=ja`)
  assert.match(lastOrder().returnUrl, /\/ja$/)
})

test('CK-39 who gave up in the wallet sees the wallets at once; the wallet is asked meanwhile', async () => {
  const { id, wanted } = await begin('en')
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = async ({ walletReference }) => {
    asked.resolve()
    await answer.promise
    return {
      source: 'query',
      status: 'succeeded',
      walletReference,
      walletTransactionId: `W${walletReference}`,
      money: { amount: 8850n, currency: 'CNY' },
    }
  }
  // The page is there although the wallet has not answered.
  const page = await hub.app.inject({ url: `${pathOf(wanted.quitUrl)}?trade_status=TRADE_CLOSED` })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<div class="wallets">/)
  assert.match(page.body, /"choosing":true/)
  assert.doesNotMatch(page.body, /sign-bad|No money was taken|http-equiv="refresh"/)
  await asked.promise
  assert.equal(await status(id), 'requires_action')
  // What the wallet says counts, not that the payer says to have given up.
  answer.resolve()
  const changed = Promise.withResolvers<void>()
  const stop = hub.services.live.watch(id, changed.resolve)
  await changed.promise
  stop()
  hub.wallet.onQuery = plain
  assert.equal(await status(id), 'succeeded')
  const after = await hub.app.inject({ url: pathOf(wanted.quitUrl) })
  assert.match(after.body, /Payment complete/)
})

test('CK-38 unknown stays unknown: giving up opens no wallet list while the outcome is open', async () => {
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = () => ({
    source: 'response',
    status: 'unknown',
    problem: { category: 'unknown_outcome' },
  })
  const { wanted } = await begin('en')
  hub.wallet.onCreate = plain
  const page = await hub.app.inject({ url: pathOf(wanted.quitUrl) })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /Checking your payment/)
  assert.doesNotMatch(page.body, /<div class="wallets">|<form/)
})

test('a quit token that was altered, or the token of something else, opens nothing', async () => {
  const { wanted } = await begin('en')
  const path = pathOf(wanted.quitUrl)
  const [, , token = ''] = path.split('/')
  const altered = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0')
  for (const url of [`/quit/${altered}`, '/quit/x', '/quit/', `/quit/${'A'.repeat(32)}`]) {
    assert.equal((await hub.app.inject({ url })).statusCode, 404, url)
  }
})
