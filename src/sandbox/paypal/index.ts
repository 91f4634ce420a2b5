// PayPal on the sandbox's server: its API, the payer's page, its notifications and its control.
import type { FastifyInstance } from 'fastify'
import { readLooseJson } from '../cards/loose-json.ts'
import type { Platform } from '../platform.ts'
import { addApi } from './api.ts'
import { openApps } from './apps.ts'
import { type Authority, openAuthority } from './authority.ts'
import { openCheckout } from './checkout.ts'
import { addControl } from './control.ts'
import { PAYPAL_FAULTS } from './faults.ts'
import { openNotices } from './notices.ts'
import { openOrders } from './orders.ts'
import { addPages } from './pages.ts'
import { addPayerPage } from './payer-page.ts'

export function addPaypal(app: FastifyInstance, platform: Platform): { close(): Promise<void> } {
  platform.faults.declare('paypal', PAYPAL_FAULTS)
  const apps = openApps(platform.books)
  const orders = openOrders(platform.books)
  // Its RSA keys take their time, so they are made when first asked for.
  let opened: Authority | undefined
  const authority = () => {
    opened ??= openAuthority(platform.books, platform.realClock.now())
    return opened
  }
  const notices = openNotices(platform, apps, authority)
  const checkout = openCheckout(platform, apps, orders, notices)
  const parts = { platform, apps, orders, checkout, notices, authority }
  // PayPal's own client captures with a body of type JSON that is empty.
  void app.register(async (scope) => {
    readLooseJson(scope)
    addApi(scope, parts)
  })
  addPayerPage(app, checkout)
  addPages(app, parts)
  addControl(app, parts)
  return { close: notices.close }
}
