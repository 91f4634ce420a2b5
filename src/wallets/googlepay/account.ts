// A merchant's Google Pay connection: what is entered, how it is read, and what is refused at once.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readPem, writePem } from '../../encoding/pem.ts'
import {
  type Acquirers,
  acquirerFields,
  type CardAccount,
  isAcquirerField,
  readAcquiring,
  readSheetSettings,
  SHEET_FIELDS,
  type SheetSettings,
} from '../card.ts'
import type { AccountField, Finding } from '../wallet.ts'
import { type FindingCode, finding } from './findings.ts'
import { createRootKeyStore, type RootKeyStore } from './root-key-store.ts'

export type AuthMethod = 'PAN_ONLY' | 'CRYPTOGRAM_3DS'

export interface GooglePayAccount extends CardAccount {
  live: boolean
  /** Google's number of the merchant; only live accounts have to have one. */
  merchantId: string | undefined
  networks: readonly string[]
  authMethods: readonly AuthMethod[]
  sheet: SheetSettings
  /** Where the hub decrypts; else the acquirer does. */
  direct: DirectMode | undefined
}

export interface DirectMode {
  /** The first is the one that new tokens are encrypted to; older ones open older tokens. */
  privateKeys: readonly [KeyObject, ...KeyObject[]]
  /** Whom Google signs tokens for. */
  recipientId: string
  roots: RootKeyStore
}

const NETWORKS = [
  'AMEX',
  'DISCOVER',
  'ELECTRON',
  'ELO',
  'ELO_DEBIT',
  'INTERAC',
  'JCB',
  'MAESTRO',
].concat('MASTERCARD', 'VISA')
const DEFAULT_NETWORKS = 'VISA, MASTERCARD, AMEX'
const KEYS_URL = 'https://payments.developers.google.com/paymentmethodtoken'
/** In its test environment Google signs for every merchant under this number. */
const TEST_RECIPIENT = 'merchant:12345678901234567890'
const MAX_KEYS = 4

const fields: readonly AccountField[] = [
  fixed('environment', '`live` (PRODUCTION) or `test` (TEST).'),
  field('merchant_id', false, 'Google merchant id; live accounts need it.'),
  field('mode', true, '`acquirer_decrypts` (the token passes through encrypted) or `direct`.'),
  field(
    'pci_scope_accepted',
    false,
    'Mode `direct`: `true` accepts full PCI DSS scope, since card data pass through this server.',
  ),
  field(
    'networks',
    false,
    `Card networks that the acquirer takes; default \`${DEFAULT_NETWORKS}\`.`,
  ),
  field(
    'auth_methods',
    false,
    '`PAN_ONLY, CRYPTOGRAM_3DS` (default) or one of them; mode `direct` takes `CRYPTOGRAM_3DS` only.',
  ),
  {
    ...field(
      'private_keys',
      false,
      'Mode `direct`: P-256 keys in PEM, the newest first; older ones stay while tokens for them come.',
    ),
    secret: true,
  },
  field('root_keys_url', false, "Test only: address of a simulated Google's root keys."),
]

export function accountFieldsOf(acquirers: Acquirers): readonly AccountField[] {
  return [...fields, ...SHEET_FIELDS, ...acquirerFields(acquirers)]
}

/** Every fault of the account at once, or the account. */
export function readAccount(
  acquirers: Acquirers,
  entered: Record<string, string>,
): { account: GooglePayAccount } | { findings: Finding[] } {
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

  const live = read('environment') === 'live'
  if (!live && read('environment') !== 'test') report('environment_unknown')
  const merchantId = read('merchant_id') || undefined
  const shaped = merchantId === undefined ? !live : /^[A-Za-z0-9]{1,64}$/.test(merchantId)
  if (!shaped) report('merchant_id_shape')
  const isDirect = read('mode') === 'direct'
  if (!isDirect && read('mode') !== 'acquirer_decrypts') report('mode_unknown')
  if (isDirect && read('pci_scope_accepted') !== 'true') report('pci_scope_not_accepted')

  const networks = readList(read('networks') || DEFAULT_NETWORKS)
  if (!networks.every((network) => NETWORKS.includes(network))) report('networks_unknown')
  const authMethods = readAuthMethods(read('auth_methods'), isDirect, report)
  const sheet = readSheetSettings(read, live, (name) =>
    report(name === 'country' ? 'country_shape' : 'sheet_script_refused'),
  )
  const url = readRootKeysUrl(read('root_keys_url'), live, report)
  const privateKeys = readKeys(read('private_keys'), isDirect, report)

  const acquiring = readAcquiring(acquirers, entered)
  if ('findings' in acquiring) findings.push(...acquiring.findings)
  else {
    const { acquirer, account } = acquiring.acquiring
    if (acquirer.takesRealMoney(account) !== live) report('environment_mismatch')
    if (isDirect && !acquirer.capabilities.networkTokens) report('acquirer_not_direct')
  }
  if (findings.length > 0 || 'findings' in acquiring) return { findings }
  const recipientId = live ? `merchant:${merchantId}` : TEST_RECIPIENT
  const direct = privateKeys && { privateKeys, recipientId, roots: createRootKeyStore(url) }
  return { account: { ...acquiring, live, merchantId, networks, authMethods, sheet, direct } }
}

type Report = (code: FindingCode, param?: string) => void

function readAuthMethods(entered: string, direct: boolean, report: Report): AuthMethod[] {
  const fallback = direct ? 'CRYPTOGRAM_3DS' : 'PAN_ONLY, CRYPTOGRAM_3DS'
  const names = readList(entered || fallback)
  const methods = names.filter(isAuthMethod)
  if (methods.length !== names.length || methods.length === 0) report('auth_methods_unknown')
  if (direct && methods.includes('PAN_ONLY')) report('pan_only_direct')
  return methods
}

function isAuthMethod(name: string): name is AuthMethod {
  return name === 'PAN_ONLY' || name === 'CRYPTOGRAM_3DS'
}

function readKeys(
  entered: string,
  direct: boolean,
  report: Report,
): DirectMode['privateKeys'] | undefined {
  if (!direct) {
    if (entered !== '') report('private_key_not_direct')
    return undefined
  }
  if (entered === '') {
    report('private_key_missing')
    return undefined
  }
  const [first, ...more] = privateKeysOf(entered) ?? []
  if (first === undefined) {
    report('private_key_unreadable')
    return undefined
  }
  if (more.length >= MAX_KEYS) report('private_key_too_many')
  return [first, ...more]
}

/** Parameters of a curve, which OpenSSL writes before a key, are passed over. */
function privateKeysOf(text: string): KeyObject[] | undefined {
  const blocks = (readPem(text) ?? []).filter(({ label }) => label !== 'EC PARAMETERS')
  try {
    const keys = blocks.map(({ label, der }) => createPrivateKey(writePem(label, der)))
    const sound = keys.every((key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
    return sound ? keys : undefined
  } catch {
    return undefined
  }
}

function readRootKeysUrl(entered: string, live: boolean, report: Report): string {
  if (entered === '') return `${KEYS_URL}/${live ? '' : 'test/'}keys.json`
  const url = URL.canParse(entered) ? new URL(entered) : undefined
  const plain = url?.username === '' && url.password === '' && url.hash === ''
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '')
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && local)
  if (!plain || !safe || live) report('root_keys_url_refused')
  return url?.href ?? ''
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
