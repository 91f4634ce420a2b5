// The wallets' pages against the wallets: a field or surface that no page names cannot be found.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { acquirers } from '../../src/acquirers/index.ts'
import { registry } from '../../src/wallets/index.ts'

const PREFIX = 'acquirer_'

for (const language of ['en', 'zh-CN'] as const) {
  const page = (name: string) =>
    readFileSync(new URL(`../../docs/${language}/wallets/${name}.md`, import.meta.url), 'utf8')
  const unnamed = (text: string, words: readonly string[]) =>
    words.filter((word) => !text.includes(`\`${word}\``))

  for (const [name, { accountFields, capabilities }] of registry) {
    test(`docs/${language}/wallets/${name}.md names every field and surface`, () => {
      const own = accountFields.map((field) => field.name).filter((f) => !f.startsWith(PREFIX))
      assert.deepEqual(unnamed(page(name), [...own, ...capabilities.surfaces]), [])
    })
    test(`docs/${language}/index.md leads to ${name}`, () => {
      const index = readFileSync(
        new URL(`../../docs/${language}/index.md`, import.meta.url),
        'utf8',
      )
      assert.ok(index.includes(`(wallets/${name}.md)`))
    })
  }

  for (const [name, { accountFields }] of acquirers) {
    test(`docs/${language}/wallets/acquirers.md names every field of ${name}`, () => {
      const fields = accountFields.map((field) => field.name)
      assert.deepEqual(unnamed(page('acquirers'), [name, ...fields]), [])
    })
  }
}
