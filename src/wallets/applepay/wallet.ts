// Apple Pay on the web: the sheet's session and token are ours, the charge is the acquirer's.

import { acquirers as known } from '../../acquirers/index.ts'
import { type Acquirers, acquirersPart, cardCapabilities } from '../card.ts'
import type { Wallet } from '../wallet.ts'
import { type ApplePayAccount, accountFieldsOf, readAccount } from './account.ts'
import { check } from './check.ts'
import { create, identifyToken } from './create.ts'
import { CURRENCY_NUMBERS } from './currency-numbers.ts'
import { domainFile } from './domain-file.ts'
import { openSession } from './session.ts'
import { sheet, sheetScript } from './sheet.ts'

export function createApplePay(acquirers: Acquirers): Wallet<ApplePayAccount> {
  return {
    name: 'applepay',
    displayName: { en: 'Apple Pay', 'zh-CN': 'Apple Pay' },
    capabilities: cardCapabilities(acquirers, (currency) => CURRENCY_NUMBERS.has(currency)),

    accountFields: accountFieldsOf(acquirers),
    readAccount: (fields) => readAccount(acquirers, fields),
    takesRealMoney: ({ live }) => live,
    check,

    sheet,
    sheetScript,
    openSession,
    domainFile,
    identifyToken,
    create,
    ...acquirersPart<ApplePayAccount>(acquirers),
  }
}

export const applepay = createApplePay(known)
