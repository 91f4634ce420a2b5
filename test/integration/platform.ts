// Signs as the sandbox's Alipay does, with its own key out of its books, so that tests can make
// genuine messages which say anything. Written from the sheet (section 4.4), sharing no code.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type Fields = readonly (readonly [string, string])[]

/** The key with which the sandbox signs for an application. */
export function platformKey(stackFolder: string, appId: string): KeyObject {
  const books = new DatabaseSync(join(stackFolder, 'sandbox', 'books.sqlite'), { readOnly: true })
  try {
    const row = books
      .prepare('select alipay_private from alipay_applications where app_id = ?')
      .get(appId)
    const key = Buffer.from(String(row?.alipay_private), 'base64')
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } finally {
    books.close()
  }
}

/** Rule V1: everything but `sign` and `sign_type`, sorted, unescaped. */
export function signed(fields: Fields, key: KeyObject, hash: 'sha256' | 'sha1' = 'sha256'): Fields {
  const covered = fields.filter(([name]) => name !== 'sign' && name !== 'sign_type')
  const text = [...covered]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const signature = sign(hash, Buffer.from(text), key).toString('base64')
  return [...covered, ['sign_type', hash === 'sha1' ? 'RSA' : 'RSA2'], ['sign', signature]]
}

/** The fields of a body as a wallet sends it. */
export function fieldsOf(body: string): Fields {
  return [...new URLSearchParams(body)]
}

export function bodyOf(fields: Fields): string {
  return new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, value]),
  ).toString()
}

/** The same fields with some of them given other values. */
export function having(fields: Fields, values: Record<string, string>): Fields {
  const known = new Set(fields.map(([name]) => name))
  const added = Object.entries(values).filter(([name]) => !known.has(name))
  return [...fields.map(([name, value]) => [name, values[name] ?? value] as const), ...added]
}

export function without(fields: Fields, name: string): Fields {
  return fields.filter(([each]) => each !== name)
}
