import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { children, DER, integerValue, oidText, readDer, stringValue } from './der.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

test('walks nested nodes', () => {
  const [outer] = readDer(hex('3006020105040141')) ?? []
  assert.deepEqual(
    children(outer, DER.sequence)?.map(({ tag }) => tag),
    [2, 4],
  )
  assert.equal(children(outer, DER.set), undefined)
})

test('refuses indefinite, truncated and huge lengths', () => {
  for (const text of ['3080', '30', '3005020105', '308502000000010000', '1f0101']) {
    assert.equal(readDer(hex(text)), undefined, text)
  }
})

test('reads object identifiers and integers of any size', () => {
  assert.equal(oidText(hex('2a864886f70d01010b')), '1.2.840.113549.1.1.11')
  assert.equal(oidText(hex('88370301')), '2.999.3.1')
  assert.equal(integerValue(hex('00ff')), 255n)
  assert.equal(integerValue(hex('ff')), -1n)
  assert.equal(integerValue(hex('')), 0n)
  assert.equal(integerValue(hex(`7f${'00'.repeat(19)}`)), 0x7fn << 152n)
})

test('reads the string types of names', () => {
  assert.equal(stringValue({ tag: 0x0c, content: Buffer.from('支付宝') }), '支付宝')
  assert.equal(stringValue({ tag: 0x1e, content: hex('652f4ed8') }), '支付')
  assert.equal(stringValue({ tag: 0x1e, content: hex('65') }), 'e')
  assert.equal(stringValue({ tag: 0x14, content: hex('e9') }), 'é')
})

test('never throws, whatever the bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readDer(bytes)))
})
