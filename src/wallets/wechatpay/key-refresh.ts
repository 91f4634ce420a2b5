// Fetches the platform certificates that WeChat Pay changes from time to time (sheet 4.5).

import { NetworkError, type Ports } from '../../ports.ts'
import type { WechatPayAccount } from './account.ts'
import { type CertificateList, readCertificateList } from './certificates.ts'
import { sendRequest } from './request.ts'

const DOWNLOAD_INTERVAL_MS = 60_000

/** At most once a minute per account; callers that come while a download is under way share it. */
export async function refreshKeys(ports: Ports, account: WechatPayAccount): Promise<void> {
  const { keyset } = account
  if (keyset.pending === undefined) {
    const now = ports.clock.now()
    if (now < keyset.nextDownloadAt) return
    keyset.nextDownloadAt = now + DOWNLOAD_INTERVAL_MS
    keyset.pending = download(ports, account)
      .then(() => undefined)
      .finally(() => {
        keyset.pending = undefined
      })
  }
  await keyset.pending
}

/** Asks for the list now and keeps what it brings. */
export async function download(ports: Ports, account: WechatPayAccount): Promise<CertificateList> {
  const received = await sendRequest(ports, account, { method: 'GET', path: '/v3/certificates' })
  if (received instanceof NetworkError) return { outcome: 'refused', reason: 'not_answered' }
  const list = readCertificateList(account, received, ports.clock.now())
  if (list.outcome === 'certificates') account.keyset.learned = list.certificates
  if (list.outcome === 'refused') {
    const { reason } = list
    ports.log.warn({ mchid: account.mchid, reason }, 'no platform certificates were learned')
  }
  return list
}
