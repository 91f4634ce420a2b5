// Content encryption (sheet 4.6): AES-128-CBC, PKCS#7, an IV of zeros, standard base64. It has no
// integrity of its own, so a ciphertext is decrypted only after its RSA signature is verified.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'

const ALGORITHM = 'aes-128-cbc'
const IV = Buffer.alloc(16)

/** The 16 bytes behind the console's base64 key, or undefined when it is not such a key. */
export function readContentKey(text: string): Buffer | undefined {
  const key = decodeBase64(text.trim())
  return key?.length === 16 ? key : undefined
}

export function encryptContent(plaintext: string, key: Uint8Array): string {
  const cipher = createCipheriv(ALGORITHM, key, IV)
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64')
}

/** The plaintext, or undefined when the ciphertext is damaged or made with another key. */
export function decryptContent(ciphertext: string, key: Uint8Array): string | undefined {
  const bytes = decodeBase64(ciphertext)
  if (bytes === undefined || bytes.length === 0 || bytes.length % 16 !== 0) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, IV)
  try {
    return decodeUtf8(Buffer.concat([decipher.update(bytes), decipher.final()]))
  } catch {
    // Wrong padding: the only way CBC shows a wrong key or damage.
    return undefined
  }
}
