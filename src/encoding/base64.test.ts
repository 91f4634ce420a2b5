import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64 } from './base64.ts'

test('reads back what it wrote', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), Buffer.from(bytes))
    }),
  )
})

for (const text of ['QQ', 'QQ=', 'QR==', 'QUI', 'QU I=', 'QUI=\n', 'QUJD-_==', '=', 'QUI==', '*']) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.equal(decodeBase64(text), undefined))
}
