// The gateway's answer: one node, the certificate's name, the signature (sheet section 4.3).
import type { KeyObject } from 'node:crypto'
import type { Application } from './applications.ts'
import { encrypt, rsa2 } from './sign.ts'

export interface Envelope {
  node: string
  members: Record<string, unknown>
  /** Absent: unsigned. */
  key?: KeyObject
  certificateSn?: string | undefined
  contentKey?: Buffer | undefined
  /** Signs the text as it was before its slashes were escaped. */
  signedUnescaped?: boolean
}

/** What a broken machine in front of the gateway shows. */
export const HTML_ERROR_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>Tengine</center>\r\n</body>\r\n</html>\r\n'

/** An answer to `method`, signed when the application is known. */
export function openEnvelope(
  method: string,
  members: Record<string, unknown>,
  application: Application | undefined,
  encrypted = false,
): Envelope {
  const node = `${method.replaceAll('.', '_')}_response`
  if (!application) return { node, members }
  return {
    node,
    members,
    key: application.alipayKey,
    certificateSn: application.alipayCertificate?.sn,
    contentKey: encrypted ? application.contentKey : undefined,
  }
}

/** Compact JSON with slashes escaped; the signature covers the node exactly as it is sent. */
export function writeEnvelope(envelope: Envelope): string {
  const plain = JSON.stringify(envelope.members)
  const escaped = plain.replaceAll('/', '\\/')
  const sent = envelope.contentKey ? `"${encrypt(plain, envelope.contentKey)}"` : escaped
  const sn = envelope.certificateSn ? `,"alipay_cert_sn":"${envelope.certificateSn}"` : ''
  if (!envelope.key) return `{"${envelope.node}":${sent}}`
  const signed = envelope.signedUnescaped && !envelope.contentKey ? plain : sent
  return `{"${envelope.node}":${sent}${sn},"sign":"${rsa2(signed, envelope.key)}"}`
}
