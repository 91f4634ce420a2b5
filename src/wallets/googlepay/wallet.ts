// Google Pay on the web: the sheet's request and token are ours, the charge is the acquirer's.

import { acquirers as known } from '../../acquirers/index.ts'
import { exponentOf, isCurrency } from '../../money.ts'
import { type Acquirers, acquirersPart, cardCapabilities } from '../card.ts'
import type { Wallet } from '../wallet.ts'
import { accountFieldsOf, type GooglePayAccount, readAccount } from './account.ts'
import { check } from './check.ts'
import { create, identifyToken } from './create.ts'
import { refreshRootKeys } from './root-key-store.ts'
import { sheet, sheetScript } from './sheet.ts'

export function createGooglePay(acquirers: Acquirers): Wallet<GooglePayAccount> {
  return {
    name: 'googlepay',
    displayName: { en: 'Google Pay', 'zh-CN': 'Google Pay' },
    // `totalPrice` is written with no or two decimals: a third one cannot be shown.
    capabilities: cardCapabilities(
      acquirers,
      (currency) => isCurrency(currency) && exponentOf(currency) <= 2,
    ),

    accountFields: accountFieldsOf(acquirers),
    readAccount: (fields) => readAccount(acquirers, fields),
    takesRealMoney: ({ live }) => live,
    check,

    sheet,
    sheetScript,
    identifyToken,
    async refreshKeys(ports, { direct }) {
      if (direct) await refreshRootKeys(ports, direct.roots)
    },
    create,
    ...acquirersPart<GooglePayAccount>(acquirers),
  }
}

export const googlepay = createGooglePay(known)
