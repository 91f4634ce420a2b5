import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../errors.ts'
import { parseStrictJson } from './strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

const refused: [name: string, text: string | Buffer, param?: string][] = [
  ['a member twice', '{"a":1,"a":1}', '/a'],
  ['a member twice by escapes', '{"a":1,"\\u0061":2}', '/a'],
  ['a member twice deep inside', '{"x":[{"b":1,"b":2}]}', '/x/0/b'],
  ['__proto__', '{"__proto__":{"a":1}}', '/__proto__'],
  ['__proto__ by escapes', '{"x":{"\\u005f_proto__":1}}', '/x/__proto__'],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
  ['a fraction', '{"amount":88.0}', '/amount'],
  ['an exponent', '{"amount":1e3}', '/amount'],
  ['NaN', '{"amount":NaN}'],
  ['a leading zero', '{"amount":010}'],
  ['a plus sign', '{"amount":+1}'],
  ['a lone surrogate', '{"a":"\\ud800"}', '/a'],
  ['a NUL', '{"a":"\\u0000"}', '/a'],
  ['a NUL in a name', '{"a\\u0000":1}'],
  ['a control character', '{"a":"\n"}'],
  ['text after the value', '{} {}'],
  ['a trailing comma', '{"a":1,}'],
  ['a comment', '{/**/}'],
  ['single quotes', "{'a':1}"],
  ['nothing', ''],
  ['an unfinished text', '{"a":"'],
  ['a byte order mark', '\ufeff{}'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['GBK', Buffer.from([0x22, 0xb2, 0xe8, 0x22])],
]

for (const [name, text, param] of refused) {
  test(`SE-24 refuses ${name}`, () => {
    assert.throws(
      () => parseStrictJson(Buffer.from(text)),
      (error) => {
        assert.ok(error instanceof ApiError)
        assert.equal(error.code, 'body_invalid')
        if (param !== undefined) assert.equal(error.details.param, param)
        return true
      },
    )
  })
}

test('reads what JSON.parse reads, for every value of plain integers', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(
        fc
          .string({ unit: 'grapheme' })
          .filter((name) => name !== '__proto__' && !name.includes('\0')),
        tie('any'),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  })).any
  fc.assert(
    fc.property(value, fc.boolean(), (given, pretty) => {
      assert.deepEqual(parse(JSON.stringify(given, null, pretty ? 2 : 0)), given)
    }),
  )
})

test('32 levels are read', () => {
  assert.ok(Array.isArray(parse(`${'['.repeat(32)}${']'.repeat(32)}`)))
})
