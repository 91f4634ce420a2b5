// Keeps what a payer downloads within its budgets (CK-2, CK-8), as built.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ensureBuilt } from '../../test/checkout/build.ts'
import { readAssets } from '../http/pages/assets.ts'

const KB = 1_024
let folder = ''
before(async () => {
  folder = await ensureBuilt()
})

async function packed(path: string): Promise<number> {
  return gzipSync(await readFile(join(folder, path))).length
}

// Nobody downloads more: a payer reads one language, and few meet every wallet's sheet.
test('the largest language with every wallet there is: at most 30 KB gzip', async () => {
  const { translations } = await readAssets(folder)
  const words = Object.values(translations).map((path) => path.replace('/assets/', ''))
  const scripts = (await readdir(join(folder, 'assets'))).filter((name) => name.endsWith('.js'))
  const sizes = await Promise.all(
    scripts.map(async (name) => [name, await packed(join('assets', name))] as const),
  )
  const language = Math.max(...sizes.map(([name, size]) => (words.includes(name) ? size : 0)))
  const rest = sizes.reduce((sum, [name, size]) => (words.includes(name) ? sum : sum + size), 0)
  assert.ok(rest + language <= 30 * KB, `${rest} and ${language} bytes`)
})

test('styles at most 8 KB gzip', async () => {
  const { checkoutStyle, paperStyle } = await readAssets(folder)
  for (const path of [checkoutStyle, paperStyle]) assert.ok((await packed(path)) <= 8 * KB, path)
})

test('tongbao.js stands alone, at most 3 KB gzip, with its integrity hash beside it', async () => {
  assert.ok((await packed('tongbao.js')) <= 3 * KB)
  const code = await readFile(join(folder, 'tongbao.js'))
  assert.doesNotMatch(code.toString(), /\bimport\s*["'{*]|\bfrom\s*["']/)
  const hash = createHash('sha384').update(code).digest('base64')
  assert.equal(await readFile(join(folder, 'tongbao.js.sri'), 'utf8'), `sha384-${hash}\n`)
})

test('every file but the loader carries a hash of its content in its name (CK-11)', async () => {
  for (const name of await readdir(join(folder, 'assets')))
    assert.match(name, /-[\w-]{8}\.(js|css)$/)
})

test('no web font and no third party is loaded', async () => {
  for (const name of await readdir(join(folder, 'assets'))) {
    const text = await readFile(join(folder, 'assets', name), 'utf8')
    assert.doesNotMatch(text, /@font-face|@import|url\(\s*["']?https?:/i, name)
  }
})
