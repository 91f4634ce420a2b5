import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parts, readBer, readOne } from './ber.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const shape = (text: string) =>
  readBer(hex(text))?.map(({ tag, content }) => [tag, Buffer.from(content).toString('hex')])

describe('what is read', () => {
  test('counted lengths, short and long', () => {
    assert.deepEqual(shape('0201 05 0400'), [
      [0x02, '05'],
      [0x04, ''],
    ])
    assert.deepEqual(shape('04 8101 ff'), [[0x04, 'ff']])
  })

  test('lengths left open, one within another', () => {
    assert.deepEqual(shape('3080 a080 020101 0000 0000'), [[0x30, 'a0800201010000']])
    const outer = readOne(hex('3080 a080 020101 0000 0000'))
    const [inner] = parts(outer, 0x30) ?? []
    assert.equal(inner?.definite, false)
    assert.equal(Buffer.from(parts(inner, 0xa0)?.[0]?.raw ?? []).toString('hex'), '020101')
  })
})

describe('what is no BER', () => {
  const cases: Record<string, string> = {
    'a length beyond the end': '0402 00',
    'an end that never comes': '3080 020101',
    'half an end': '3080 020101 00',
    'an end where nothing was open': '0000',
    'an open length of something without parts': '0480 0000',
    'a length of five bytes': '0485 0000000001 00',
    'a tag of several bytes': '1f01 00',
    'a tag alone': '30',
    'depth without end': '3080'.repeat(40),
  }
  for (const [name, text] of Object.entries(cases)) {
    test(name, () => assert.equal(readBer(hex(text)), undefined))
  }

  test('any bytes are read or refused, and what is read is the bytes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const nodes = readBer(bytes)
        if (nodes) assert.deepEqual(Buffer.concat(nodes.map(({ raw }) => raw)), Buffer.from(bytes))
      }),
    )
  })
})
