// All styles of the payment page in order, as one sheet: linked by the server's HTML and used by the
// components, which render into the document, so the first paint and the upgraded page are the same.

import { baseStyles } from './base.styles.ts'
import { addressPanelStyles } from './components/address-panel/address-panel.styles.ts'
import { endedStyles } from './components/ended/ended.styles.ts'
import { helpStyles } from './components/help/help.styles.ts'
import { orderSummaryStyles } from './components/order-summary/order-summary.styles.ts'
import { pageStyles } from './components/page/page.styles.ts'
import { problemPanelStyles } from './components/problem-panel/problem-panel.styles.ts'
import { qrPanelStyles } from './components/qr-panel/qr-panel.styles.ts'
import { successStyles } from './components/success/success.styles.ts'
import { waitingStyles } from './components/waiting/waiting.styles.ts'
import { walletListStyles } from './components/wallet-list/wallet-list.styles.ts'
import { alipayMarkStyles } from './marks/alipay/mark.styles.ts'
import { applepayMarkStyles } from './marks/applepay/mark.styles.ts'
import { bitcoinMarkStyles } from './marks/bitcoin/mark.styles.ts'
import { paypalMarkStyles } from './marks/paypal/mark.styles.ts'
import { wechatpayMarkStyles } from './marks/wechatpay/mark.styles.ts'

// Without scripts the forms show at once; with scripts only if the script has not come after 5 s.
const serverStyles = `
.scripted { display: none; }
@media (scripting: enabled) {
  .scripted { display: contents; }
  .unscripted { animation: reveal 0.01s 5s backwards; }
  @keyframes reveal { from { position: absolute; visibility: hidden; } }
}
`

export const checkoutStyles = [
  baseStyles,
  pageStyles,
  orderSummaryStyles,
  walletListStyles,
  alipayMarkStyles,
  wechatpayMarkStyles,
  applepayMarkStyles,
  bitcoinMarkStyles,
  paypalMarkStyles,
  qrPanelStyles,
  addressPanelStyles,
  waitingStyles,
  problemPanelStyles,
  successStyles,
  endedStyles,
  helpStyles,
  serverStyles,
].join('\n')
