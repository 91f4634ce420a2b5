// Standard base64 (RFC 4648 section 4), read strictly.

const SHAPE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * The bytes, or undefined for anything but one line of padded standard base64. Padding bits that
 * are not zero are refused too, so that each byte string has exactly one spelling.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (!SHAPE.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
