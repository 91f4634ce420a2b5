// The live check of an account: dates of its certificates, the files of its domains, a session, and
// the acquirer's own check.

import type { X509Certificate } from 'node:crypto'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type Ports } from '../../ports.ts'
import { checkAcquiring } from '../card.ts'
import type { Finding } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { DOMAIN_FILE_PATH } from './domain-file.ts'
import { finding } from './findings.ts'
import { defaultValidationUrl, openSession } from './session.ts'

const SOON_MS = 60 * 86_400_000

export async function check(ports: Ports, account: ApplePayAccount): Promise<Finding[]> {
  const [session, files, acquiring] = await Promise.all([
    checkSession(ports, account),
    checkDomainFiles(ports, account),
    checkAcquiring(ports, account),
  ])
  const dates = checkDates(account, ports.clock.now())
  return [session, ...dates, ...files, ...acquiring]
}

async function checkSession(ports: Ports, account: ApplePayAccount): Promise<Finding> {
  const [domain = ''] = account.domains
  const opened = await openSession(ports, account, {
    validationUrl: defaultValidationUrl(account),
    domain,
    merchantName: 'Connection check',
  })
  if ('session' in opened) return finding('connected')
  const { category, walletCode = '', walletMessage = '' } = opened.problem
  const detail = `${walletCode} ${walletMessage}`.trim()
  return finding(category === 'provider_down' ? 'unreachable' : 'session_refused', { detail })
}

async function checkDomainFiles(ports: Ports, account: ApplePayAccount): Promise<Finding[]> {
  const { domainAssociation, domains } = account
  // A simulated gateway's domains are this machine's, and Apple never looks at them.
  if (domainAssociation === undefined || account.gateway !== undefined) return []
  const missing = await Promise.all(
    domains.map(async (domain) => {
      const served = await fetchText(ports, `https://${domain}${DOMAIN_FILE_PATH}`)
      return served?.trim() === domainAssociation ? [] : [domain]
    }),
  )
  return missing.flat().map((detail) => finding('domain_file_missing', { detail }))
}

async function fetchText(ports: Ports, url: string): Promise<string | undefined> {
  try {
    const answer = await ports.network.send({ method: 'GET', url, headers: {}, maxBytes: 65_536 })
    return answer.status === 200 ? decodeUtf8(answer.body) : undefined
  } catch (error) {
    if (error instanceof NetworkError) return undefined
    throw error
  }
}

/** Of several processing certificates one that is valid is enough: the others wait or have been. */
function checkDates({ identity, processing }: ApplePayAccount, now: Milliseconds): Finding[] {
  const own = identity ? [identity.certificate] : []
  const others = processing.map(({ certificate }) => certificate)
  return [
    ...checkNewest(own, '/merchant_identity_certificate', now),
    ...checkNewest(others, '/processing_certificate', now),
  ]
}

function checkNewest(
  certificates: readonly X509Certificate[],
  param: string,
  now: Milliseconds,
): Finding[] {
  if (certificates.length === 0) return []
  const lasts = certificates
    .filter(({ validFromDate }) => validFromDate.getTime() <= now)
    .map(({ validToDate }) => validToDate.getTime())
  const last = Math.max(...lasts)
  if (last < now) return [finding('certificate_expired', { param })]
  if (last - now >= SOON_MS) return []
  const detail = new Date(last).toISOString().slice(0, 10)
  return [finding('certificate_expires_soon', { param, detail })]
}
