// Apple Pay for the contract suite: each acquirer of the sandbox a case, decrypting itself or not.

import { formatDecimal } from '../../src/money.ts'
import { applepay } from '../../src/wallets/applepay/wallet.ts'
import { type AcquirerName, cannotOf, type Mode, openCards, type TokenRequest } from './cards.ts'
import type { WalletCase } from './case.ts'

export function applepayCase(acquirer: AcquirerName, mode: Mode = 'acquirer_decrypts'): WalletCase {
  return {
    name: `applepay, ${acquirer}${mode === 'direct' ? ', direct' : ''}`,
    wallet: applepay,
    cannot: {
      ...cannotOf(acquirer),
      ...(acquirer === 'checkoutcom' && {
        'the bank asks back, and its answer decides':
          'a token of a device is charged without 3-D Secure at Checkout.com',
      }),
    },
    open: () =>
      openCards({
        wallet: applepay,
        acquirer,
        mode,
        async token(control, { fields, sheet, order, card }: TokenRequest) {
          const { token } = await control('applepay/tokens', {
            merchant_id: fields.merchant_id,
            card,
            amount: formatDecimal(order.money),
            currency: order.money.currency,
            application_data: applicationDataOf(sheet.request),
          })
          return JSON.stringify(token)
        },
      }),
  }
}

function applicationDataOf(request: unknown): unknown {
  const named = typeof request === 'object' && request !== null && 'applicationData' in request
  return named ? request.applicationData : undefined
}
