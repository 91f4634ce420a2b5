// Certificates that OpenSSL issues, and the vectors' published test chain.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { withFiles } from './openssl.ts'

export interface Pair {
  certificate_pem: string
  private_key_pem: string
}

export interface MerchantKey extends Pair {
  merchant_identifier: string
  version: 'EC_v1' | 'RSA_v1'
}

export interface Keys {
  trust_roots: Record<'test_root' | 'untrusted_root', { certificate_pem: string }>
  intermediate: Pair
  leaf_ecc: Pair
  leaf_rsa: Pair
  root_private_key_pem: string
  merchant_keys: Record<'m1' | 'm1_old' | 'm2' | 'm1_rsa', MerchantKey>
}

const keysFile = new URL('../vectors/applepay/keys.json', import.meta.url)
export const vectorKeys: Keys = JSON.parse(readFileSync(keysFile, 'utf8'))

export const MERCHANT_ID = vectorKeys.merchant_keys.m1.merchant_identifier
export const ROOT_PEM = vectorKeys.trust_roots.test_root.certificate_pem

interface CertificateWish {
  issuer: Pair
  name: string
  /** Lines of an OpenSSL extension section. */
  extensions: readonly string[]
  /** `YYYYMMDDHHMMSSZ`. */
  from?: string
  to?: string
}

/** A certificate with a new P-256 key, issued by `issuer`. */
export function issue({ issuer, name, extensions, from, to }: CertificateWish): Pair {
  const config = [
    ...['[ca]', 'default_ca=x', '[x]', 'database=index', 'new_certs_dir=.', 'rand_serial=yes'],
    ...['default_md=sha256', 'policy=p', 'unique_subject=no', '[p]', 'commonName=supplied'],
    ...['[e]', ...extensions],
  ].join('\n')
  const files = {
    'ca.pem': issuer.certificate_pem,
    'ca.key': issuer.private_key_pem,
    config,
    index: '',
  }
  let key = ''
  const { stdout } = withFiles(files, (run) => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('req', '-new', ...curve, '-subj', `/CN=${name}`, '-keyout', 'key', '-out', 'csr')
    key = run('pkey', '-in', 'key').stdout.toString()
    return run(
      ...[
        'ca',
        '-batch',
        '-config',
        'config',
        '-in',
        'csr',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
      ],
      ...['-extensions', 'e', '-notext', '-preserveDN'],
      ...['-startdate', from ?? '20240101000000Z', '-enddate', to ?? '20340101000000Z'],
    )
  })
  const certificate_pem = stdout.toString()
  assert.match(certificate_pem, /BEGIN CERTIFICATE/)
  return { certificate_pem, private_key_pem: key }
}

/** Whether OpenSSL finds the signature right over `content`, under the vectors' root. */
export function opensslVerifies(signature: Buffer, content: Buffer, atMs: number): boolean {
  const { status } = withFiles({ content, signature, 'root.pem': ROOT_PEM }, (run) =>
    run(
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'signature'],
      ...['-content', 'content', '-CAfile', 'root.pem', '-purpose', 'any', '-out', 'out'],
      ...['-attime', String(Math.floor(atMs / 1000))],
    ),
  )
  return status === 0
}

/** A certificate as Apple would issue it to `merchantId`, self-signed, and its key. */
export function makeIdentity(
  merchantId: string,
  { days = 700, address }: { days?: number; address?: string } = {},
): Pair {
  const hash = createHash('sha256').update(merchantId).digest('hex').toUpperCase()
  const words = [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days)],
    ...['-subj', `/UID=${merchantId}/CN=Apple Pay Merchant Identity:${merchantId}`],
    ...['-addext', `1.2.840.113635.100.6.32=ASN1:UTF8String:${hash}`],
    ...(address ? ['-addext', `subjectAltName=IP:${address}`] : []),
    ...['-keyout', 'key', '-out', 'crt'],
  ]
  return withFiles({}, (run) => {
    assert.equal(run(...words).status, 0)
    return {
      certificate_pem: run('x509', '-in', 'crt').stdout.toString(),
      private_key_pem: run('pkey', '-in', 'key').stdout.toString(),
    }
  })
}
