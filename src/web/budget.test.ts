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

test('all scripts of the payment page together, every language counted: at most 30 KB gzip', async () => {
  const { checkoutScript, translations } = await readAssets(folder)
  const sizes = await Promise.all([checkoutScript, ...Object.values(translations)].map(packed))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total <= 30 * KB, `${total} bytes`)
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
