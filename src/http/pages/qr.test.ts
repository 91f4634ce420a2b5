// Proves that a code reads back byte for byte, by a decoder that shares nothing with the encoder.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import jsqr from 'jsqr'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../test/chromium.ts'
import { qrSvg } from './qr.ts'

const TEXTS = [
  'https://qr.alipay.com/bax03431ljhokirwl38f00a7',
  'https://qr.alipay.com/bax?a=1&b=%E8%8C%B6<>"\'',
  `https://gateway.example/${'x'.repeat(300)}`,
]

let browser: Browser | undefined
let page: Page | undefined
before(async () => {
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 300, height: 300 } })
})
after(() => browser?.close())

/** The picture as the browser draws it. */
async function draw(text: string): Promise<Buffer> {
  assert.ok(page)
  const image = Buffer.from(qrSvg(text)).toString('base64')
  await page.setContent(
    `<body style="margin:0;background:#123"><img width="264" src="data:image/svg+xml;base64,${image}">`,
  )
  return page.locator('img').screenshot()
}

// Runs in the browser, which decodes the picture; as a text, because it is not this program's code.
const READ_PIXELS = `async (base64) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + base64
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height)
  const brush = canvas.getContext('2d')
  brush.drawImage(image, 0, 0)
  return [...brush.getImageData(0, 0, image.width, image.height).data].join()
}`

async function pixels(png: Buffer): Promise<{ data: Uint8ClampedArray; width: number }> {
  assert.ok(page)
  const list = await page.evaluate(`(${READ_PIXELS})('${png.toString('base64')}')`)
  const data = Uint8ClampedArray.from(String(list).split(',').map(Number))
  return { data, width: Math.sqrt(data.length / 4) }
}

test('the drawn code holds exactly the text (CK-22)', async () => {
  for (const text of TEXTS) {
    const { data, width } = await pixels(await draw(text))
    const read = typeof jsqr === 'function' ? jsqr : jsqr.default
    assert.equal(read(data, width, width)?.data, text)
  }
})

test('zbarimg, where it is installed, reads the same text', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tongbao-qr-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [index, text] of TEXTS.entries()) {
    const file = join(folder, `${index}.png`)
    await writeFile(file, await draw(text))
    const read = await promisify(execFile)('zbarimg', ['--quiet', '--raw', file]).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      },
    )
    if (read === null)
      return t.diagnostic('zbarimg is not installed; jsqr alone has read the codes')
    assert.equal(read.stdout.trimEnd(), text)
  }
})

test('dark on white with four modules of margin, and no text in the picture', () => {
  const svg = qrSvg('https://example.com/"><script>')
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1])
  assert.match(svg, new RegExp(`fill="#ffffff" d="M0 0h${size}v${size}H0z"`))
  const columns = [...svg.matchAll(/M(\d+) (\d+)h/g)].flatMap(([, x, y]) => [Number(x), Number(y)])
  assert.equal(Math.min(...columns.slice(2)), 4)
  assert.doesNotMatch(svg, /script|example/)
})

test('a text too long for a code is refused', () => {
  assert.throws(() => qrSvg('x'.repeat(5_000)))
})
