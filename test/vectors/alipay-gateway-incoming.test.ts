// The sandbox's gateway answers every request of gateway-incoming.json as the vectors expect.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isObject, type JsonObject, parseObject, stringMember } from '../../src/sandbox/json.ts'
import { listOf, setup } from '../../src/sandbox/test-support.ts'

const vectors = listOf(read('gateway-incoming.json'), 'vectors')
const keys = read('keys.json')

assert.equal(vectors.length, 9)

for (const vector of vectors) {
  test(`${vector.id}: ${vector.note}`, async () => {
    const clock = String(vector.clock).replace(' +08:00', '+08:00').replace(' ', 'T')
    await using world = await setup({ clock: { now: () => Date.parse(clock) } })
    await world.control('alipay/applications', {
      mode: vector.application_mode === 'certificate' ? 'certificate' : 'key',
      app_id: at(keys, 'ids').app_id,
      seller_id: at(keys, 'ids').seller_id,
      app_public_key: at(keys, 'app').public,
    })
    const { method, url, content_type, body } = at(vector, 'request')
    const answer = await fetch(world.sandbox.url + String(url), {
      method: String(method),
      headers: { 'content-type': String(content_type) },
      body: String(body),
    })
    assert.equal(answer.status, 200)
    const [node] = Object.values(parseObject(await answer.text()) ?? {}).filter(isObject)
    assert.ok(node)
    compare(node, at(vector, 'expect'))
  })
}

// "A or B" lists what is acceptable; a sub_code may stand behind its code.
function compare(node: JsonObject, expect: JsonObject): void {
  const code = [stringMember(node, 'code'), stringMember(node, 'sub_code')].join(' ').trim()
  if (expect.sub_code === undefined) {
    assert.ok(String(expect.code).split(' or ').includes(code), code)
    return
  }
  assert.equal(node.code, expect.code)
  assert.equal(node.msg, expect.msg)
  assert.ok(String(expect.sub_code).split(' or ').includes(String(node.sub_code)), code)
}

function read(name: string): JsonObject {
  const content = readFileSync(new URL(`./alipay-sandbox/${name}`, import.meta.url), 'utf8')
  return parseObject(content) ?? {}
}

function at(object: JsonObject, name: string): JsonObject {
  const inner = object[name]
  return isObject(inner) ? inner : {}
}
