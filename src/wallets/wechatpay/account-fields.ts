// The fields of a WeChat Pay account. Data only.

import type { AccountField } from '../wallet.ts'

export const accountFields: readonly AccountField[] = [
  {
    ...field('mchid', true, 'Merchant number, 8 to 10 digits (merchant portal). Money lands here.'),
    fixed: true,
  },
  field(
    'appid',
    true,
    'Application that is bound to the merchant number; used for qr, mobile, barcode and in_app.',
  ),
  field('mini_appid', false, 'Of a mini program; the same as `appid` where that is one.'),
  field('app_appid', false, 'Of a mobile app; surface `app` needs it.'),
  secret('private_key', true, 'Merchant API key, content of apiclient_key.pem.'),
  field('merchant_cert', true, 'Merchant API certificate, content of apiclient_cert.pem.'),
  secret('api_v3_key', true, 'APIv3 key: exactly 32 characters, set in the merchant portal.'),
  secret('previous_api_v3_key', false, 'The APIv3 key before the last change, for a day or two.'),
  field('public_key_id', false, 'Number of the WeChat Pay public key, `PUB_KEY_ID_…`.'),
  field('public_key', false, 'WeChat Pay public key, content of pub_key.pem.'),
  field(
    'platform_certs',
    false,
    'Platform certificates, one PEM behind the other; without them the hub fetches them.',
  ),
  field(
    'code_pay',
    false,
    'How codes that payers show are taken: `v3` (default) or `v2`, which needs `api_v2_key`.',
  ),
  secret('api_v2_key', false, 'APIv2 key, 32 characters.'),
  field('store_id', false, 'Your own number of the shop where codes are scanned; default `main`.'),
  field('h5_domain', false, 'Domain registered for H5 payment; the hub has to be on it.'),
  field(
    'gateway',
    false,
    '`production` (default), one of the documented hosts, or in a test the address of another.',
  ),
  field(
    'environment',
    false,
    '`live` (default) or `test`; WeChat Pay itself has no test environment.',
  ),
]

function field(name: string, required: boolean, description: string): AccountField {
  return { name, secret: false, required, description }
}

function secret(name: string, required: boolean, description: string): AccountField {
  return { name, secret: true, required, description }
}
