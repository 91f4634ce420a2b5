import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeForm, parseForm } from './form.ts'

const parse = (text: string | Uint8Array) => {
  const form = parseForm(typeof text === 'string' ? Buffer.from(text) : text)
  return 'fields' in form ? [...form.fields] : form.refused
}

describe('parseForm', () => {
  test('decodes each value exactly once, plus as space', () => {
    assert.deepEqual(parse('a=1%2B1+2&b=%2526&c=x=y'), [
      ['a', '1+1 2'],
      ['b', '%26'],
      ['c', 'x=y'],
    ])
  })

  test('keeps a byte order mark and names like __proto__ as they are', () => {
    assert.deepEqual(parse('__proto__=1&constructor=2&a=%EF%BB%BFx'), [
      ['__proto__', '1'],
      ['constructor', '2'],
      ['a', '\ufeffx'],
    ])
  })

  const refusals: [string, string | Uint8Array, string][] = [
    ['a name that occurs twice', 'a=1&b=2&a=1', 'duplicate_field'],
    ['a name that occurs twice in two spellings', 'a=1&%61=1', 'duplicate_field'],
    ['an empty body', '', 'malformed'],
    ['a pair without =', 'a=1&b', 'malformed'],
    ['an empty pair', 'a=1&&b=2', 'malformed'],
    ['a trailing &', 'a=1&', 'malformed'],
    ['an empty name', '=1', 'malformed'],
    ['a bare percent sign', 'a=50%', 'malformed'],
    ['a percent sign before other letters', 'a=%zz', 'malformed'],
    ['a signed hex number', 'a=%+1', 'malformed'],
    ['a space', 'a=1 2', 'malformed'],
    ['a line end behind the last pair', 'a=1\n', 'malformed'],
    ['GBK bytes', 'subject=%B2%E2%CA%D4', 'encoding'],
    ['raw bytes that are not UTF-8', Uint8Array.from([0x61, 0x3d, 0xff]), 'encoding'],
    ['an overlong encoding', 'a=%C0%AF', 'encoding'],
    ['half of a surrogate pair', 'a=%ED%A0%80', 'encoding'],
  ]
  for (const [what, body, reason] of refusals) {
    test(`refuses ${what}`, () => assert.equal(parse(body), reason))
  }

  test('reads back what encodeForm wrote, and agrees with URLSearchParams', () => {
    const wellFormed = fc.string({ unit: 'grapheme' })
    const pairs = fc.uniqueArray(fc.tuple(wellFormed.filter(Boolean), wellFormed), {
      selector: ([name]) => name,
      minLength: 1,
    })
    fc.assert(
      fc.property(pairs, (fields) => {
        const text = encodeForm(fields)
        assert.deepEqual(parse(text), fields)
        assert.deepEqual([...new URLSearchParams(text)], fields)
      }),
    )
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => void parseForm(body)))
  })
})
