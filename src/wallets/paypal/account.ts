// A merchant's PayPal connection: what is entered, how it is read, and what is refused at once.

import type { X509Certificate } from 'node:crypto'
import type { AccountField, Finding } from '../wallet.ts'
import { type CertificateStore, createStore, readCertificates } from './certificates.ts'
import { type FindingCode, finding } from './findings.ts'
import { DIGICERT_ROOTS } from './roots.ts'
import { createSession, type Session } from './session.ts'

export interface PaypalAccount {
  live: boolean
  clientId: string
  clientSecret: string
  /** Part of what PayPal signs: a notification for another webhook does not verify. */
  webhookId: string
  /** Where the API is, without a slash at the end. */
  api: string
  session: Session
  certificates: CertificateStore
}

const LIVE_API = 'https://api-m.paypal.com'
const TEST_API = 'https://api-m.sandbox.paypal.com'
const CREDENTIAL = /^[A-Za-z0-9_-]{20,128}$/

export const accountFields: readonly AccountField[] = [
  { ...field('environment', true, '`live`, or `test` for PayPal’s sandbox.'), fixed: true },
  { ...field('client_id', true, 'Client id of the REST app: Apps & Credentials.'), fixed: true },
  { ...field('client_secret', true, 'Its secret: same place, “Secret key”.'), secret: true },
  field('webhook_id', true, 'Id of the webhook that reports to this account: in the same app.'),
  field(
    'webhook_roots',
    false,
    'Authorities in PEM for PayPal’s webhook certificate, in place of the built-in DigiCert roots.',
  ),
  field('gateway', false, 'Test only: address of a simulated PayPal.'),
]

/** Every fault of the account at once, or the account. */
export function readAccount(
  entered: Record<string, string>,
): { account: PaypalAccount } | { findings: Finding[] } {
  const findings: Finding[] = []
  const report = (code: FindingCode, param?: string) => void findings.push(finding(code, param))
  for (const name of Object.keys(entered)) {
    if (!accountFields.some((known) => known.name === name)) report('unknown_field', `/${name}`)
  }
  const read = (name: string) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')

  const live = read('environment') === 'live'
  if (!live && read('environment') !== 'test') report('environment_unknown')
  const [clientId, clientSecret] = [read('client_id'), read('client_secret')]
  if (!CREDENTIAL.test(clientId)) report('client_id_shape')
  if (!CREDENTIAL.test(clientSecret)) report('client_secret_shape')
  const webhookId = read('webhook_id')
  if (!/^[A-Za-z0-9]{1,50}$/.test(webhookId)) report('webhook_id_shape')
  const api = readGateway(read('gateway'), live)
  if (api === undefined) report('gateway_refused')
  const roots = readRoots(read('webhook_roots'))
  if (roots === undefined) report('webhook_roots_unreadable')
  if (findings.length > 0 || api === undefined || roots === undefined) return { findings }
  return {
    account: {
      live,
      clientId,
      clientSecret,
      webhookId,
      api,
      session: createSession(),
      certificates: createStore({ sources: sourcesOf(api), name: signerName(live), roots }),
    },
  }
}

function readGateway(entered: string, live: boolean): string | undefined {
  if (entered === '') return live ? LIVE_API : TEST_API
  const url = URL.canParse(entered) ? new URL(entered) : undefined
  const plain = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!url || !plain || live || /(?:^|\.)paypal\.com\.?$/.test(url.hostname)) return undefined
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && local)
  return safe ? url.href.replace(/\/+$/, '') : undefined
}

/** Where a certificate may come from: only PayPal's own API hosts of the same environment. */
function sourcesOf(api: string): string[] {
  if (api === LIVE_API) return ['https://api.paypal.com', LIVE_API]
  return api === TEST_API ? ['https://api.sandbox.paypal.com', TEST_API] : [api]
}

/** As PayPal's Java client demands of the certificate (SSLUtil, `validateCertificateChain`). */
function signerName(live: boolean): string {
  return `messageverificationcerts.${live ? '' : 'sandbox.'}paypal.com`
}

function readRoots(entered: string): X509Certificate[] | undefined {
  const roots = readCertificates(entered === '' ? DIGICERT_ROOTS : entered)
  return roots?.every(({ ca }) => ca) ? roots : undefined
}

function field(name: string, required: boolean, description: string): AccountField {
  return { name, secret: false, required, description }
}
