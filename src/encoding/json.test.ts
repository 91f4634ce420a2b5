import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseJson, parseJsonObject, scanObject } from './json.ts'

describe('scanObject', () => {
  test('gives the exact text of each member, spaces inside kept', () => {
    const members = scanObject(' { "a" : {"x": [1, "}"] } ,"sign":"A\\/B" , "n":-1.5e3 } ')
    assert.deepEqual(
      [...(members ?? [])],
      [
        ['a', '{"x": [1, "}"] }'],
        ['sign', '"A\\/B"'],
        ['n', '-1.5e3'],
      ],
    )
  })

  const refusals: [string, string][] = [
    ['a member named twice', '{"a":1,"a":1}'],
    ['a member named twice in two spellings', '{"a":1,"\\u0061":2}'],
    ['a member named twice further down', '{"a":{"b":1,"b":2}}'],
    ['a member named twice inside an array', '{"a":[{"b":1,"b":2}]}'],
    ['text behind the object', '{"a":1}{'],
    ['two objects', '{"a":1}{"a":1}'],
    ['an array', '[{"a":1}]'],
    ['a trailing comma', '{"a":1,}'],
    ['a missing comma', '{"a":1 "b":2}'],
    ['a name without quotes', '{a:1}'],
    ['a truncated object', '{"a":"x'],
    ['a control character in a string', '{"a":"x\ny"}'],
    ['an unknown escape', '{"a":"\\x"}'],
    ['a leading zero', '{"a":01}'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['nesting without end', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
  ]
  for (const [what, text] of refusals) {
    test(`refuses ${what}`, () => assert.equal(scanObject(text), undefined))
  }

  test('takes every object that JSON.stringify writes, member by member', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (object) => {
        const text = JSON.stringify(object, null, 1)
        const members = scanObject(text)
        assert.ok(members)
        const parsed = [...members].map(([name, raw]) => [name, JSON.parse(raw)])
        assert.deepEqual(parsed, Object.entries(JSON.parse(text)))
      }),
    )
  })

  test('accepts nothing that JSON.parse refuses', () => {
    const noise = fc.array(fc.constantFrom('{', '}', '"', 'a', ':', ',', '1', '[', ']', '\\', ' '))
    fc.assert(
      fc.property(noise, (parts) => {
        const text = parts.join('')
        if (scanObject(text) !== undefined) JSON.parse(text)
      }),
    )
  })
})

describe('parseJson', () => {
  test('parses what names nothing twice', () => {
    assert.deepEqual(parseJson('{"a":[1,{"b":null}]}'), { a: [1, { b: null }] })
    assert.equal(parseJson('"text"'), 'text')
    assert.equal(parseJson('{"a":[{"b":1,"b":1}]}'), undefined)
    assert.equal(parseJson('1 2'), undefined)
  })

  test('takes only an object for an object', () => {
    for (const text of ['[]', 'null', '"x"', '1', ''])
      assert.equal(parseJsonObject(text), undefined)
    assert.deepEqual(parseJsonObject('{}'), {})
  })

  test('reads a long string without deep recursion', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(200_000) })
    assert.ok(parseJsonObject(text))
  })
})
