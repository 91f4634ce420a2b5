// The live check of an account: one question about a trade that cannot exist, and the certificates.

import type { Milliseconds, Ports } from '../../ports.ts'
import type { Finding } from '../wallet.ts'
import type { AlipayAccount } from './account.ts'
import { chainsToRoot } from './certificates.ts'
import { type FindingCode, finding } from './findings.ts'
import { type Answer, callGateway } from './gateway.ts'
import { isCode } from './problems.ts'

const SOON_MS = 30 * 86_400_000

export async function check(ports: Ports, account: AlipayAccount): Promise<Finding[]> {
  const reference = `TBCHECK${Buffer.from(ports.random.bytes(12)).toString('hex')}`
  const answer = await callGateway(ports, account, {
    method: 'alipay.trade.query',
    content: { out_trade_no: reference },
    kind: 'question',
    reference,
  })
  return [readCheck(answer), ...checkCertificates(account, ports.clock.now())]
}

function readCheck(answer: Answer): Finding {
  switch (answer.outcome) {
    case 'silent':
      return finding(
        answer.problem.category === 'provider_down' ? 'unreachable' : 'answer_not_verified',
        detailOf(answer.problem.walletMessage),
      )
    case 'refused': {
      const { problem, signed } = answer
      if (signed && isCode(problem, 'TRADE_NOT_EXIST')) return finding('connected')
      const [code] = CAUSES.find(([, words]) => isCode(problem, ...words)) ?? ['refused' as const]
      return finding(code, detailOf(problem.walletCode))
    }
    case 'ok':
    case 'processing':
      // Nobody pays for a number that was drawn a moment ago.
      return finding('answer_not_verified')
  }
}

const CAUSES: readonly (readonly [FindingCode, readonly string[]])[] = [
  ['signature_refused', ['invalid-signature', 'missing-signature-key', 'missing-signature-config']],
  ['application_unknown', ['invalid-app-id', 'not-online-app']],
  [
    'certificates_refused',
    [
      'missing-app-cert-sn',
      'missing-alipay-root-cert-sn',
      'invalid-alipay-root-cert-sn',
      'app-cert-not-exist',
      'app-cert-expired',
    ],
  ],
  [
    'permission_missing',
    [
      'insufficient-isv-permissions',
      'insufficient-user-permissions',
      'ip-forbidden',
      'ACCESS_FORBIDDEN',
    ],
  ],
]

function checkCertificates(account: AlipayAccount, now: Milliseconds): Finding[] {
  const { certificates } = account
  if (certificates === undefined) return []
  const findings = [
    ...checkDates(certificates.applications, '/app_cert', now),
    ...checkDates(account.platformKeys, '/alipay_cert', now),
  ]
  const { platformCertificate, trust } = certificates
  // An expired certificate has no chain either; saying it once is enough.
  if (findings.length === 0 && !chainsToRoot(platformCertificate, trust, now)) {
    findings.push(finding('certificate_chain_unproven'))
  }
  return findings
}

interface Dated {
  validFrom?: Milliseconds
  validTo?: Milliseconds
}

/** One certificate that is valid is enough: the others wait for their turn or have had it. */
function checkDates(dated: readonly Dated[], param: string, now: Milliseconds): Finding[] {
  const lasts = dated
    .filter(({ validFrom = now, validTo = now }) => validFrom <= now && now <= validTo)
    .map(({ validTo = Number.POSITIVE_INFINITY }) => validTo)
  if (lasts.length === 0) return [finding('certificate_expired', { param })]
  return Math.max(...lasts) - now < SOON_MS ? [finding('certificate_expires_soon', { param })] : []
}

function detailOf(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail }
}
