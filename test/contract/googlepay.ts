// Google Pay for the contract suite: each acquirer of the sandbox a case, decrypting itself or not.

import { googlepay } from '../../src/wallets/googlepay/wallet.ts'
import { type AcquirerName, cannotOf, type Mode, openCards } from './cards.ts'
import type { WalletCase } from './case.ts'

export function googlepayCase(
  acquirer: AcquirerName,
  mode: Mode = 'acquirer_decrypts',
): WalletCase {
  return {
    name: `googlepay, ${acquirer}${mode === 'direct' ? ', direct' : ''}`,
    wallet: googlepay,
    cannot: {
      ...cannotOf(acquirer),
      ...(mode === 'direct' && {
        'the bank asks back, and its answer decides':
          'a card that a bank asks about is only on file, which the hub does not decrypt',
      }),
    },
    open: () =>
      openCards({
        wallet: googlepay,
        acquirer,
        mode,
        async token(control, { sheet, card }) {
          const request = sheet.paymentDataRequest
          return tokenOf(await control('googlepay/tokens', { request, card }))
        },
      }),
  }
}

function tokenOf({ paymentMethodData: method }: Record<string, unknown>): string {
  const has = typeof method === 'object' && method !== null && 'tokenizationData' in method
  const data = has ? method.tokenizationData : undefined
  if (typeof data !== 'object' || data === null || !('token' in data)) throw new Error('no token')
  return String(data.token)
}
