// The page's words in English. The other languages have the same keys and placeholders.

export const en = {
  'page.title': '{merchant}: payment',
  'page.testMode': 'Test mode: no real money moves',
  'page.language': 'Language',
  'page.wait': 'Loading…',

  'order.label': 'Order summary',
  'order.amount': 'Amount to pay',
  'order.amountOf': 'Order amount',
  'order.reference': 'Order number',
  'order.items': 'Items',
  'order.quantity': '× {count}',

  'choose.heading': 'How would you like to pay?',
  'choose.headingOne': 'Pay with {wallet}',
  'wallet.pay': 'Pay with {wallet}',
  'wallet.qr': 'Show a QR code for {wallet}',
  'wallet.otherPhone': 'Pay with another phone',
  'wallet.thisBrowser': 'Pay in this browser instead',
  'wallet.other': 'Pay another way',
  'wallet.returns': 'You come back to this page afterwards.',
  'wallet.go': 'Continue',
  'shared.heading': 'One code for every wallet',
  'shared.text': 'Scan it with the wallet app you like; it goes on with its own payment.',
  'shared.name': 'QR code: pay {amount} with the app that scans it',
  'last.text': 'You used {wallet} here last time.',
  'last.forget': 'Do not remember',
  'inside.text': 'There you find more ways to pay.',

  'blocked.heading': 'Open this page in your browser',
  'blocked.text':
    '{wallet} cannot open inside this app. Copy the link and open it in your browser.',
  'unavailable.heading': 'Payment is not possible right now',
  'unavailable.text': 'No wallet can take this order at the moment. Please contact {merchant}.',

  'starting.heading': 'Preparing your payment…',
  'starting.text': 'We are asking {wallet}. This takes a moment.',
  'startFailed.title': 'We could not reach {wallet}',
  'startFailed.text': 'Please try again. Your order is kept.',

  'qr.heading': 'Scan with {wallet}',
  'qr.text': 'Open {wallet} on your phone, scan the code and confirm the amount.',
  'qr.name': 'QR code: pay {amount} with {wallet}',
  'qr.valid': 'Valid for {time}',
  'qr.expired.heading': 'This code is too old',
  'qr.expired.text': 'Your order is kept. Get a new code to go on.',
  'qr.new': 'New code',
  'qr.test.label': 'Test mode',
  'qr.test.open': 'Open the sandbox phone',
  'time.minutes': '{count} minutes left to pay',
  'time.minute': '1 minute left to pay',
  'time.seconds': '{count} seconds left to pay',

  'address.text':
    'Send exactly this amount to this address. Exchanges deduct a fee: what arrives has to be the full amount.',
  'address.amount': 'Amount',
  'address.address': 'Address',
  'address.rate': 'Rate',
  'address.open': 'Open wallet app',
  'address.copyAmount': 'Copy amount',
  'address.copyAddress': 'Copy address',
  'address.partly.heading': 'Part of it has arrived',
  'address.partly.text':
    '{received} has arrived, {due} is missing. Send the rest to the same address in time.',
  'address.seen.heading': 'Payment seen',
  'address.seen.text':
    'The network has {received}. {total} confirmations are needed; each takes ten minutes or more. You may leave this page.',
  'address.confirming.heading': 'Confirmation {count} of {total}',
  'address.expired.heading': 'The time for this rate is over',
  'address.short.text':
    '{received} has arrived, which is too little. {merchant} has been told and will accept it or give it back.',
  'address.new': 'New rate',
  'address.vanished':
    'A transaction that was seen before has been replaced or forgotten by the network. Please check it in your wallet.',
  'address.held.title': 'Your money arrived, but not as asked',
  'address.held.text':
    'It was too little or too late to pay this order. {merchant} has been told and will accept it or give it back.',
  'address.over': 'You sent more than was asked. Please contact {merchant} about the rest.',

  'handoff.heading': 'Finish paying in {wallet}',
  'handoff.text': 'Once {wallet} tells us, this page changes by itself.',
  'handoff.open': 'Open {wallet}',
  'noApp.text':
    '{wallet} can only open this payment inside its own app. Copy the link and open it there.',
  'checking.heading': 'Checking your payment…',
  'checking.text': 'We are asking {wallet} for the result.',
  'return.paid': 'I have paid',
  'return.again': 'Pay again',
  'return.notYet':
    '{wallet} has not confirmed a payment yet. If you did pay, this page changes by itself.',

  'processing.heading': 'Confirming your payment…',
  'processing.text': '{wallet} is working on it. Please do not pay again.',
  'unknown.leave':
    'You can leave this page safely. {merchant} will be told the result, and this link shows it later.',
  'unknown.again.title': 'The first payment is still unconfirmed',
  'unknown.again.text':
    'You may pay again. If both payments go through, the second one is returned to you.',

  'success.heading': 'Payment complete',
  'success.text': 'Thank you. {merchant} has been told.',
  'success.held.heading': 'Payment approved',
  'success.held.text': 'The amount is reserved. {merchant} collects it when your order is ready.',
  'success.amount': 'Amount paid',
  'success.discount': 'Discount',
  'success.merchant': 'Paid to',
  'success.wallet': 'Paid with',
  'success.transaction': 'Transaction number',
  'success.time': 'Time',
  'success.receipt': 'View receipt',
  'success.back': 'Back to {merchant}',

  'expired.heading': 'This order has expired',
  'expired.text': 'It can no longer be paid here. Please start again at {merchant}.',
  'expired.justPaid': 'If you have just paid, the result still appears on this page.',
  'canceled.heading': 'This order was canceled',
  'canceled.text': 'It can no longer be paid. If that surprises you, please contact {merchant}.',
  'failed.heading': 'This order can no longer be paid',
  'failed.text': 'Please contact {merchant} if you still want it.',
  'late.heading': 'Your payment arrived late',
  'late.text':
    'The order had already closed when {wallet} confirmed your payment. {merchant} knows about it and will accept it or give it back.',
  'exhausted.heading': 'Too many tries',
  'exhausted.text': 'This order cannot be tried again here. Please contact {merchant}.',

  'help.heading': 'Get help',
  'help.text': 'Questions about this order? {merchant} is happy to help.',
  'help.reference': 'Payment number',
  'help.phone': 'Phone',
  'help.email': 'E-mail',
  'help.wechat': 'WeChat',
  'help.hours': 'Hours',
  'help.website': 'Website',

  'button.again': 'Try again',
  'button.continue': 'Continue in {wallet}',
  'button.result': 'Show result',
  'button.update': 'Update this page',
  'button.copy': 'Copy',
  'button.copyLink': 'Copy link',
  'button.copied': 'Copied',

  'offline.text': 'You are offline. Nothing is lost; we go on as soon as you are back.',
  'noScript.text': 'This page updates itself every 5 seconds.',
  'notFound.heading': 'Payment not found',
  'notFound.text': 'The link may be old or incomplete. Please open it again from the shop.',

  'problem.payer_action.title': 'Payment not finished',
  'problem.payer_action.text':
    '{wallet} was closed or needs one more step from you. Nothing has been paid yet.',
  'problem.retry_same.title': 'One moment',
  'problem.retry_same.text':
    'The connection was interrupted. We are repeating the same request; you will not be charged twice.',
  'problem.retry_new.title': 'Please start again',
  'problem.retry_new.text':
    'This attempt can no longer be used and no money was taken. Your order is kept.',
  'problem.merchant_config.title': '{wallet} is not available',
  'problem.merchant_config.text':
    'The shop has to correct a setting. No money was taken. Please pay another way.',
  'problem.risk_declined.title': 'Payment not accepted',
  'problem.risk_declined.text':
    'A safety check stopped this payment. No money was taken. Use another wallet or contact {merchant}.',
  'problem.insufficient_funds.title': 'Not enough balance',
  'problem.insufficient_funds.text':
    'Top up or choose another source in {wallet}, or use another wallet. No money was taken.',
  'problem.unknown_outcome.title': 'Checking your payment',
  'problem.unknown_outcome.text':
    '{wallet} has not told us the result yet. Please do not pay again. This page updates itself; you may also leave it.',
  'problem.provider_down.title': '{wallet} is not responding',
  'problem.provider_down.text':
    'No money was taken. Please try again in a few minutes or pay another way.',
  'problem.duplicate.title': 'This order is already being paid',
  'problem.duplicate.text':
    'We are showing the result of the earlier payment. Please do not pay twice.',
  'problem.not_found.title': 'Payment not found',
  'problem.not_found.text':
    'The link may be old or incomplete. Please open it again from {merchant}.',
  'problem.invalid_request.title': 'Something is wrong with this order',
  'problem.invalid_request.text':
    'The shop has to correct it. No money was taken. Please contact {merchant}.',
} as const
