// For tests only: accounts that trust the vectors' root keys, orders, and ports at their time.

import { type Keys, NOW, vectorKeys } from '../../../test/oracles/googlepay-tokens.ts'
import type { OutgoingAnswer } from '../../ports.ts'
import { type Script, type Step, scriptAt } from '../testing.ts'
import type { AttemptOrder } from '../wallet.ts'

export function script(...steps: Step[]): Script {
  return scriptAt(NOW, ...steps)
}

/** keys.json as Google serves it. */
export function rootsAnswer(
  set: keyof Keys['root_key_sets'] = 'default',
  headers: Record<string, string> = { 'cache-control': 'private, max-age=3600' },
): OutgoingAnswer {
  const body = Buffer.from(JSON.stringify(vectorKeys.root_key_sets[set]))
  return { status: 200, headers, body }
}

export const ROOTS_URL = 'https://google.sandbox.example.com/keys.json'

/** The fields of a test account; Adyen charges. */
export function fieldsOf(more: Record<string, string> = {}): Record<string, string> {
  return {
    environment: 'test',
    country: 'DE',
    mode: 'acquirer_decrypts',
    acquirer: 'adyen',
    acquirer_merchant_account: 'ShopECOM',
    acquirer_environment: 'test',
    acquirer_api_key: 'AQExample',
    acquirer_hmac_keys: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    acquirer_base_url: 'https://adyen.sandbox.example.com/v72',
    ...more,
  }
}

/** The same, with Stripe as the acquirer. */
export function stripeFields(): Record<string, string> {
  return {
    environment: 'test',
    country: 'DE',
    mode: 'acquirer_decrypts',
    acquirer: 'stripe',
    acquirer_publishable_key: 'pk_test_example000000000000',
    acquirer_secret_key: 'sk_test_example000000000000',
    acquirer_webhook_secrets: 'whsec_746f6e6762616f2d746573742d7365637265742d31',
  }
}

export function directFields(more: Record<string, string> = {}): Record<string, string> {
  const { m1, m1_old } = vectorKeys.recipient_keys
  return fieldsOf({
    mode: 'direct',
    pci_scope_accepted: 'true',
    private_keys: m1.private_key_pem + m1_old.private_key_pem,
    root_keys_url: ROOTS_URL,
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
    expiresAt: NOW + 15 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/googlepay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1',
    quitUrl: 'https://shop.example.com/cart',
    ...more,
  }
}
