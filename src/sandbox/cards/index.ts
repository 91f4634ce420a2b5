// Card wallets on the sandbox's server: three acquirers, Apple's side and Google's side.
import type { FastifyInstance } from 'fastify'
import { addAdyen } from '../adyen/index.ts'
import { addControl as addAppleControl } from '../applepay/control.ts'
import { acquirersSession, addSheet, openApplePay } from '../applepay/index.ts'
import { readSetting, writeSetting } from '../books.ts'
import { addCheckoutcom } from '../checkoutcom/index.ts'
import { addGooglePay, openGooglePay } from '../googlepay/index.ts'
import type { Platform } from '../platform.ts'
import { addStripe } from '../stripe/index.ts'
import { openAccounts } from './accounts.ts'
import { addAsset, cardViews } from './browser.ts'
import { addWalletPage } from './pages.ts'
import { TEST_CARDS } from './test-cards.ts'
import { openCardWorld } from './world.ts'

export interface Cards {
  /** Opens Apple's gateway. 0 takes the port of the last start, or a free one. */
  listen(tlsPort: number): Promise<void>
  /** Origin of Apple's gateway; known once it listens. */
  gateway(): string
  close(): Promise<void>
}

export async function addCards(app: FastifyInstance, platform: Platform): Promise<Cards> {
  const applePay = openApplePay(platform)
  const googlePay = openGooglePay(platform)
  const world = openCardWorld(app, platform, {
    openApple: applePay.openToken,
    openGoogle: googlePay.openToken,
  })
  const adyen = addAdyen(app, world, (account, order) => acquirersSession(applePay, account, order))
  const stripe = addStripe(app, world)
  const checkoutcom = addCheckoutcom(app, world)
  const accounts = openAccounts(platform, world.merchants, {
    adyen: adyen.createMerchant,
    stripe: stripe.createMerchant,
    checkoutcom: checkoutcom.createMerchant,
  })

  await addAsset(app, '/cards/dialog.js', new URL('./dialog.js', import.meta.url))
  app.get('/control/cards', () => ({
    cards: cardViews({}).map((view, index) => ({ ...view, outcome: TEST_CARDS[index]?.outcome })),
  }))
  await addSheet(app, applePay)
  addAppleControl(app, applePay, accounts)
  await addGooglePay(app, googlePay, {
    accounts,
    peers: {
      knows(gateway, merchant) {
        if (gateway === 'adyen') return world.merchants.byId('adyen', merchant) !== undefined
        if (gateway === 'stripe') {
          return !!world.merchants.bySetting('stripe', 'publishable_key', merchant)
        }
        return (
          gateway === 'checkoutltd' &&
          !!world.merchants.bySetting('checkoutcom', 'public_key', merchant)
        )
      },
      tokenizeAtStripe(publishableKey, card) {
        const merchant = world.merchants.bySetting('stripe', 'publishable_key', publishableKey)
        return merchant && stripe.tokenize(merchant, card)
      },
    },
  })

  const script = (path: string) => `${platform.address()}${path}`
  addWalletPage(app, '/applepay', 'Apple Pay', (language) => [
    [language === 'zh' ? '脚本' : 'Script', script('/applepay/sheet.js')],
    [language === 'zh' ? '网关' : 'Gateway', applePay.gateway.address()],
  ])
  addWalletPage(app, '/googlepay', 'Google Pay', (language) => [
    [language === 'zh' ? '脚本' : 'Script', script('/googlepay/pay.js')],
    [language === 'zh' ? '根密钥' : 'Root keys', script('/googlepay/keys.json')],
  ])

  return {
    gateway: applePay.gateway.address,
    async listen(tlsPort) {
      const kept = Number(readSetting(platform.books, 'applepay.port') ?? 0)
      try {
        await applePay.gateway.listen(tlsPort || kept)
      } catch (error) {
        if (tlsPort !== 0 || kept === 0) throw error
        // Hub accounts name the old one; they have to be entered anew.
        platform.log.warn(
          { port: kept },
          'the port of the Apple Pay gateway is taken, using another',
        )
        await applePay.gateway.listen(0)
      }
      writeSetting(platform.books, 'applepay.port', new URL(applePay.gateway.address()).port)
    },
    async close() {
      await Promise.all([
        applePay.gateway.close(),
        adyen.close(),
        stripe.close(),
        checkoutcom.close(),
      ])
    },
  }
}
