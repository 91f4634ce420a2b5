import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPem, readPemOrBare, writePem } from './pem.ts'

const DER = Buffer.from('thirty bytes or so, enough for lines that wrap around at 64')
const BARE = DER.toString('base64')
const PEM = writePem('PUBLIC KEY', DER)

test('reads armored blocks with CRLF, text between them, or all in one line', () => {
  const squeezed = PEM.replaceAll('\n', ' ').trim()
  for (const text of [PEM, PEM.replaceAll('\n', '\r\n'), `Bag Attributes\n${PEM}tail`, squeezed]) {
    assert.deepEqual(readPem(text), [{ label: 'PUBLIC KEY', der: DER }])
  }
  assert.equal(readPem(PEM + PEM)?.length, 2)
})

test('reads bare base64, wrapped or not, separated by blank lines or commas', () => {
  const wrapped = BARE.replace(/(.{20})/g, '$1\n')
  for (const text of [`${BARE}\n\n${BARE}`, `${wrapped},${BARE}`, `${BARE}\r\n \r\n${wrapped}`]) {
    assert.deepEqual(readPemOrBare(text), [
      { label: '', der: DER },
      { label: '', der: DER },
    ])
  }
  assert.equal(readPemOrBare(`${PEM}\n${BARE}`)?.length, 2)
})

test('refuses what is neither', () => {
  assert.equal(readPem('-----BEGIN X-----\n***\n-----END X-----'), undefined)
  assert.equal(readPemOrBare('not a key'), undefined)
  assert.deepEqual(readPem('nothing'), [])
})
