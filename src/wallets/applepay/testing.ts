// For tests only: accounts that trust the vectors' test root, orders, and ports with the time of day,
// because OpenSSL signs now.

import { MERCHANT_ID, ROOT_PEM, vectorKeys } from '../../../test/oracles/applepay-certificates.ts'
import { type Script, type Step, scriptAt } from '../testing.ts'
import type { AttemptOrder } from '../wallet.ts'

export function script(...steps: Step[]): Script {
  return scriptAt(Date.now(), ...steps)
}

/** The fields of a test account that trusts the vectors' root; Adyen charges. */
export function fieldsOf(more: Record<string, string> = {}): Record<string, string> {
  return {
    merchant_id: MERCHANT_ID,
    environment: 'test',
    country: 'DE',
    mode: 'acquirer_decrypts',
    domains: 'pay.example.com, shop.example.com',
    gateway: 'https://apple.sandbox.example.com',
    root_certificate: ROOT_PEM,
    acquirer: 'adyen',
    acquirer_merchant_account: 'ShopECOM',
    acquirer_environment: 'test',
    acquirer_api_key: 'AQExample',
    acquirer_hmac_keys: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    acquirer_base_url: 'https://adyen.sandbox.example.com/v72',
    ...more,
  }
}

export function directFields(more: Record<string, string> = {}): Record<string, string> {
  const { m1, m1_old } = vectorKeys.merchant_keys
  return fieldsOf({
    mode: 'direct',
    pci_scope_accepted: 'true',
    processing_certificate: m1.certificate_pem + m1_old.certificate_pem,
    processing_key: m1_old.private_key_pem + m1.private_key_pem,
    ...more,
  })
}

export function orderOf(more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    paymentId: 'pay_1',
    walletReference: 'TB20270101000001',
    surface: 'desktop',
    money: { amount: 1_099n, currency: 'USD' },
    title: 'Coffee beans 1kg',
    expiresAt: Date.now() + 15 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/applepay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1',
    quitUrl: 'https://shop.example.com/cart',
    ...more,
  }
}
