// A merchant's Apple Pay connection: what is entered, how it is read, and what is refused at once.

import type { X509Certificate } from 'node:crypto'
import {
  type Acquirers,
  acquirerFields,
  type CardAccount,
  isAcquirerField,
  readAcquiring,
  readGateway,
  readSheetSettings,
  SHEET_FIELDS,
  type SheetSettings,
} from '../card.ts'
import type { AccountField, Finding } from '../wallet.ts'
import {
  type MerchantIdentity,
  type Processing,
  type Report,
  readCertificates,
  readIdentity,
  readProcessing,
} from './account-certificates.ts'
import { APPLE_ROOT_CA_G3 } from './apple-root.ts'
import { isDomainFile } from './domain-file.ts'
import { finding } from './findings.ts'

export interface ApplePayAccount extends CardAccount {
  merchantId: string
  live: boolean
  /** True where the hub decrypts; else the acquirer does. */
  direct: boolean
  /** Address of a gateway that is not Apple's; test accounts only. */
  gateway: string | undefined
  /** The one root under which tokens are believed. */
  root: X509Certificate
  /** Host names in lower case, registered with Apple. */
  domains: readonly string[]
  domainAssociation: string | undefined
  networks: readonly string[]
  sheet: SheetSettings
  /** Absent where the acquirer opens the sessions. */
  identity: MerchantIdentity | undefined
  processing: readonly Processing[]
}

// ApplePayPaymentRequest.supportedNetworks.
const NETWORKS = `amex bancomat bancontact cartesBancaires chinaUnionPay dankort discover eftpos
  electron elo girocard interac jcb mada maestro masterCard mir privateLabel visa vPay`.split(/\s+/)
const DEFAULT_NETWORKS = 'visa, masterCard, amex'

const fields: readonly AccountField[] = [
  fixed('merchant_id', 'Merchant ID, e.g. `merchant.com.example.shop`.'),
  fixed('environment', '`live` or `test`.'),
  field('mode', true, '`acquirer_decrypts` (the token passes through encrypted) or `direct`.'),
  field(
    'pci_scope_accepted',
    false,
    'Mode `direct`: `true` accepts full PCI DSS scope, since card data pass through this server.',
  ),
  field('domains', true, 'Host names of pages that show Apple Pay, with commas between them.'),
  field('domain_association', false, 'Content of the file that proves the domains, unchanged.'),
  field(
    'networks',
    false,
    `Card networks that the acquirer takes; default \`${DEFAULT_NETWORKS}\`.`,
  ),
  field(
    'merchant_identity_certificate',
    false,
    'Merchant identity certificate in PEM. Not needed where the acquirer opens the sessions.',
  ),
  secret('merchant_identity_key', 'Its RSA key in PEM, without a password.'),
  field(
    'processing_certificate',
    false,
    'Payment processing certificates in PEM; old and new may both stand here. Needed in mode `direct`.',
  ),
  secret('processing_key', 'Mode `direct`: the keys to them in PEM, without a password.'),
  field(
    'gateway',
    false,
    'Test only: address of a simulated Apple Pay, without a slash at its end.',
  ),
  field(
    'root_certificate',
    false,
    'Test only: the root under which its tokens are signed, in PEM.',
  ),
]

export function accountFieldsOf(acquirers: Acquirers): readonly AccountField[] {
  return [...fields, ...SHEET_FIELDS, ...acquirerFields(acquirers)]
}

/** Every fault of the account at once, or the account. Certificates' dates are checked by `check`. */
export function readAccount(
  acquirers: Acquirers,
  entered: Record<string, string>,
): { account: ApplePayAccount } | { findings: Finding[] } {
  const findings: Finding[] = []
  const report: Report = (code, param) => {
    findings.push(finding(code, param === undefined ? {} : { param }))
  }
  for (const name of Object.keys(entered)) {
    const known =
      isAcquirerField(name) || [...fields, ...SHEET_FIELDS].some((own) => own.name === name)
    if (!known) report('unknown_field', `/${name}`)
  }
  const read = (name: string) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')

  const merchantId = read('merchant_id')
  if (!/^merchant\.[A-Za-z0-9.-]{1,200}$/.test(merchantId)) report('merchant_id_shape')
  const live = read('environment') === 'live'
  if (!live && read('environment') !== 'test') report('environment_unknown')
  const direct = read('mode') === 'direct'
  if (!direct && read('mode') !== 'acquirer_decrypts') report('mode_unknown')
  if (direct && read('pci_scope_accepted') !== 'true') report('pci_scope_not_accepted')

  const domains = readList(read('domains')).map((domain) => domain.toLowerCase())
  if (domains.length === 0 || !domains.every(isHostName)) report('domains_shape')
  const domainAssociation = read('domain_association') || undefined
  if (domainAssociation !== undefined && !isDomainFile(domainAssociation)) {
    report('domain_association_shape')
  }
  const networks = readList(read('networks') || DEFAULT_NETWORKS)
  if (!networks.every((network) => NETWORKS.includes(network))) report('networks_unknown')
  if (direct && networks.includes('chinaUnionPay')) report('networks_not_direct')

  const sheet = readSheetSettings(read, live, (name) =>
    report(name === 'country' ? 'country_shape' : 'sheet_script_refused'),
  )
  const gateway = readGatewayOf(read('gateway'), live, report)
  const root = readRoot(read('root_certificate'), gateway, report)
  const processing = readProcessingOf(read, { direct, merchantId }, report)

  const acquiring = readAcquiring(acquirers, entered)
  if ('findings' in acquiring) findings.push(...acquiring.findings)
  else {
    const { acquirer, account } = acquiring.acquiring
    if (acquirer.takesRealMoney(account) !== live) report('environment_mismatch')
    if (direct && !acquirer.capabilities.networkTokens) report('acquirer_not_direct')
  }
  const identity = readIdentityOf(read, merchantId, report)
  if ('acquiring' in acquiring && identity === 'none') {
    if (!acquiring.acquiring.acquirer.appleSession) report('identity_missing')
  }

  if (findings.length > 0 || 'findings' in acquiring) return { findings }
  return {
    account: {
      ...acquiring,
      merchantId,
      live,
      direct,
      gateway,
      root,
      domains,
      domainAssociation,
      networks,
      sheet,
      identity: identity === 'none' ? undefined : identity,
      processing,
    },
  }
}

type Read = (name: string) => string

function readIdentityOf(
  read: Read,
  merchantId: string,
  report: Report,
): MerchantIdentity | 'none' | undefined {
  const entered = {
    certificate: read('merchant_identity_certificate'),
    key: read('merchant_identity_key'),
  }
  if (entered.certificate === '' && entered.key === '') return 'none'
  if (entered.certificate === '' || entered.key === '') {
    report('identity_missing')
    return undefined
  }
  return readIdentity(entered, merchantId, report)
}

function readProcessingOf(
  read: Read,
  { direct, merchantId }: { direct: boolean; merchantId: string },
  report: Report,
): Processing[] {
  const entered = { certificates: read('processing_certificate'), keys: read('processing_key') }
  if (!direct && entered.keys !== '') report('processing_key_not_direct')
  if (direct && (entered.certificates === '' || entered.keys === '')) report('processing_missing')
  const processing = readProcessing(entered, merchantId, report)
  const incomplete = processing.some(({ key }) => key.privateKey === undefined)
  if (direct && incomplete && entered.keys !== '') report('processing_missing')
  return processing
}

function readGatewayOf(entered: string, live: boolean, report: Report): string | undefined {
  if (entered === '') return undefined
  const gateway = readGateway(entered)
  if (gateway === undefined || live) report('gateway_refused')
  return gateway
}

function readRoot(entered: string, gateway: string | undefined, report: Report): X509Certificate {
  if (entered === '') return APPLE_ROOT_CA_G3
  const [root, ...more] = readCertificates(entered) ?? []
  if (root?.ca && more.length === 0 && gateway !== undefined) return root
  report('root_certificate_refused')
  return APPLE_ROOT_CA_G3
}

function isHostName(text: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
  return text.length <= 253 && text.split('.').every((part) => label.test(part))
}

function readList(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '')
}

function field(name: string, required: boolean, description: string): AccountField {
  return { name, secret: false, required, description }
}

function fixed(name: string, description: string): AccountField {
  return { ...field(name, true, description), fixed: true }
}

function secret(name: string, description: string): AccountField {
  return { name, secret: true, required: false, description }
}
