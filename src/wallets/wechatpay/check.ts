// The live check of an account: the echo call, the certificates, and fields encrypted both ways.

import type { Milliseconds, Ports } from '../../ports.ts'
import type { Finding } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { type Answer, callApi } from './api.ts'
import { decryptField, encryptField } from './cipher.ts'
import { type FindingCode, finding } from './findings.ts'
import { download } from './key-refresh.ts'
import { certificatesOf, encryptionKey } from './keyset.ts'
import { isCode } from './problems.ts'
import { textOf } from './transaction.ts'

const SOON_MS = 30 * 86_400_000
const ECHO = '/v3/security/echo'

/** WeChat Pay has no test environment; `/v3/security/echo` (sheet 1.2) is its only self-test. */
export async function check(ports: Ports, account: WechatPayAccount): Promise<Finding[]> {
  const now = ports.clock.now()
  const certificates = await checkCertificateList(ports, account)
  const echo = await checkEcho(ports, account, now)
  return [...echo, ...certificates, ...checkDates(account, now)]
}

async function checkEcho(
  ports: Ports,
  account: WechatPayAccount,
  now: Milliseconds,
): Promise<Finding[]> {
  const message = `TBCHECK${Buffer.from(ports.random.bytes(12)).toString('hex')}`
  const sealing = encryptionKey(account.keyset, now)
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: ECHO,
    body: {
      echo_message: message,
      ...(sealing && { encrypted_echo_message: encryptField(message, sealing.key) }),
    },
    ...(sealing && { serial: sealing.id }),
    where: 'question',
  })
  if (answer.outcome !== 'ok') return [readRefusedEcho(answer)]
  if (textOf(answer.fields, 'echo_message') !== message) return [finding('answer_not_verified')]
  const sealed = textOf(answer.fields, 'encrypted_echo_message')
  const opened = sealed === undefined || decryptField(sealed, account.privateKey) === message
  return opened
    ? [finding('connected')]
    : [finding('connected'), finding('field_encryption_unproven')]
}

function readRefusedEcho(answer: Exclude<Answer, { outcome: 'ok' }>): Finding {
  const { problem } = answer
  if (answer.outcome === 'silent') {
    const code = problem.category === 'provider_down' ? 'unreachable' : 'answer_not_verified'
    return finding(code, detailOf(problem.walletMessage))
  }
  const [code] = CAUSES.find(([, words]) => isCode(problem, ...words)) ?? [
    answer.signed ? ('refused' as const) : ('answer_not_verified' as const),
  ]
  return finding(code, detailOf(problem.walletCode))
}

const CAUSES: readonly (readonly [FindingCode, readonly string[]])[] = [
  ['signature_refused', ['SIGN_ERROR']],
  ['merchant_unknown', ['MCH_NOT_EXISTS', 'APPID_MCHID_NOT_MATCH']],
  ['permission_missing', ['NO_AUTH', 'ACCOUNT_ERROR', 'RULE_LIMIT']],
]

/** Without the public key everything rests on the list; with it, there need not be one. */
async function checkCertificateList(ports: Ports, account: WechatPayAccount): Promise<Finding[]> {
  const list = await download(ports, account)
  const needed = account.keyset.publicKey === undefined
  if (list.outcome === 'none' && needed) return [finding('no_platform_certificate')]
  if (list.outcome === 'refused' && list.reason === 'decrypt_failed') {
    return [finding('api_v3_key_wrong')]
  }
  return []
}

function checkDates(account: WechatPayAccount, now: Milliseconds): Finding[] {
  const { merchantSerial, merchantValidity, keyset } = account
  const own = dateFinding([merchantValidity], now, '/merchant_cert', merchantSerial)
  const platform = certificatesOf(keyset)
  const theirs =
    platform.length === 0 || keyset.publicKey !== undefined
      ? []
      : dateFinding(
          platform,
          now,
          '/platform_certs',
          platform.map(({ serial }) => serial).join(' '),
        )
  return [...own, ...theirs]
}

interface Dated {
  validFrom: Milliseconds
  validTo: Milliseconds
}

/** One certificate that is valid is enough: the others wait for their turn or have had it. */
function dateFinding(
  dated: readonly Dated[],
  now: Milliseconds,
  param: string,
  detail: string,
): Finding[] {
  const lasts = dated
    .filter(({ validFrom, validTo }) => validFrom <= now && now <= validTo)
    .map(({ validTo }) => validTo)
  if (lasts.length === 0) return [finding('certificate_expired', { param, detail })]
  const soon = Math.max(...lasts) - now < SOON_MS
  return soon ? [finding('certificate_expires_soon', { param, detail })] : []
}

function detailOf(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail }
}
