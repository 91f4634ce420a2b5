import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decryptContent, encryptContent, readContentKey } from './encryption.ts'
import {
  notificationTexts,
  openResponse,
  requestText,
  signText,
  verifyResponse,
  verifyText,
} from './signature.ts'
import { privateKey, publicKey } from './testing.ts'

test('a request is signed over everything but sign and blank values, sorted by name', () => {
  const text = requestText([
    ['b', '2'],
    ['sign_type', 'RSA2'],
    ['sign', 'x'],
    ['blank', ' \t'],
    ['empty', ''],
    ['a', '0'],
    ['B', '+ &='],
  ])
  assert.equal(text, 'B=+ &=&a=0&b=2&sign_type=RSA2')
})

test('a notification may leave out blanks and the certificate’s number, but nothing else', () => {
  const texts = notificationTexts([
    ['b', ''],
    ['alipay_cert_sn', 's'],
    ['sign_type', 'RSA2'],
    ['sign', 'x'],
    ['a', '1'],
  ])
  assert.deepEqual([...texts], ['a=1', 'a=1&b=', 'a=1&alipay_cert_sn=s', 'a=1&alipay_cert_sn=s&b='])
  const old = notificationTexts(
    [
      ['a', '1'],
      ['sign_type', 'RSA2'],
    ],
    'V2',
  )
  assert.deepEqual([...old], ['a=1&sign_type=RSA2'])
})

test('a signature is strict base64 of the key’s own length', () => {
  const signature = signText('text', privateKey('alipay'))
  const keys = [publicKey('attacker'), publicKey('alipay')]
  assert.equal(verifyText('text', signature, keys), true)
  const unpadded = signature.replace(/=+$/, '')
  for (const wrong of ['', `${signature}\n`, ` ${signature}`, signature.slice(0, -4), unpadded]) {
    assert.equal(verifyText('text', wrong, keys), false)
  }
  assert.equal(verifyText('text', signature, []), false)
  assert.equal(verifyText('Text', signature, keys), false)
})

test('escaped slashes are read unescaped only when that is what was signed', () => {
  const keys = [publicKey('alipay')]
  const source = '{"u":"https:\\/\\/x","back":"\\\\"}'
  const unescaped = source.replaceAll('\\/', '/')
  assert.equal(verifyResponse(source, signText(source, privateKey('alipay')), keys), source)
  assert.equal(verifyResponse(source, signText(unescaped, privateKey('alipay')), keys), unescaped)
  assert.equal(verifyResponse(source, signText('{}', privateKey('alipay')), keys), undefined)
})

test('the node of a response is found by its name, not by its place', () => {
  const body =
    '{"sign":"S","alipay_cert_sn":"N","alipay_trade_query_response":{"sign":"no","x":"}"}}'
  assert.deepEqual(openResponse(body, 'alipay.trade.query'), {
    kind: 'node',
    error: false,
    source: '{"sign":"no","x":"}"}',
    signature: 'S',
    certSn: 'N',
  })
  assert.equal(openResponse(body, 'alipay.trade.pay').kind, 'foreign')
  assert.equal(openResponse('{"sign":"S"}', 'alipay.trade.query').kind, 'malformed')
})

test('content survives encryption, and damage is noticed or changes the text', () => {
  const key = readContentKey(Buffer.alloc(16, 7).toString('base64'))
  assert.ok(key)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const ciphertext = encryptContent(text, key)
      assert.equal(decryptContent(ciphertext, key), text)
      assert.notEqual(decryptContent(ciphertext, Buffer.alloc(16, 8)), text)
    }),
  )
  for (const wrong of ['', 'QUJD', 'x', encryptContent('a', key).slice(4)]) {
    assert.equal(decryptContent(wrong, key), undefined)
  }
  for (const text of ['', 'x', Buffer.alloc(15).toString('base64')])
    assert.equal(readContentKey(text), undefined)
})
