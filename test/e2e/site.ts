// The whole product with a real browser, for one test file: hub, sandbox and shop as processes, and
// visitors who tell of everything wrong that their browser saw.

import assert from 'node:assert/strict'
import { after as afterAll, before as beforeAll } from 'node:test'
import jsqr from 'jsqr'
import type { Browser, BrowserContext, BrowserContextOptions, Frame, Page } from 'playwright-core'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { ensureBuilt } from '../checkout/build.ts'
import { launchChromium } from '../chromium.ts'
import { type Stack, startStack } from '../stack.ts'

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 900 } }

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1',
}

export interface Visitor {
  context: BrowserContext
  page: Page
  /** Errors in the console, reports of the content security policy, requests to other origins. */
  complaints: string[]
  /** Closes the browser's window and fails when there was a complaint that `expected` does not fit. */
  leave(expected?: RegExp): Promise<void>
}

export interface NewPayment {
  id: string
  url: string
  reference: string
}

export interface Site {
  stack: Stack
  visit(options?: BrowserContextOptions): Promise<Visitor>
  /** A payment of ¥88.50 made over the API. */
  createPayment(fields?: Record<string, unknown>): Promise<NewPayment>
  api(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: object,
  ): Promise<Record<string, unknown>>
  /** Calls the sandbox's control API. */
  control(path: string, body?: object): Promise<Record<string, unknown>>
  /** What a scanner reads from the code on this page, at the size at which it is shown. */
  readCode(page: Page | Frame): Promise<string>
}

/** Call once at the top of a test file. */
export function site(hubEnv: Record<string, string> = {}): Site {
  let database: FreshDatabase | undefined
  let stack: Stack | undefined
  let browser: Browser | undefined
  beforeAll(async () => {
    await ensureBuilt()
    database = await freshDatabase()
    stack = await startStack({ databaseUrl: database.url, shop: true, hubEnv })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    await database?.drop()
  })
  const running = () => {
    if (!stack || !browser) throw new Error('the stack is not running')
    return { stack, browser }
  }
  let count = 0

  async function api(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) {
    const { stack } = running()
    count += 1
    const headers = {
      authorization: `Bearer ${stack.apiKey}`,
      ...(method === 'POST' && { 'idempotency-key': `e2e-${count}` }),
      ...(body && { 'content-type': 'application/json' }),
    }
    return ask(`${stack.hubUrl}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
  }

  return {
    get stack() {
      return running().stack
    },
    async visit(options = DESKTOP) {
      const { stack, browser } = running()
      const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
      context.setDefaultTimeout(10_000)
      const complaints: string[] = []
      const origins = [stack.hubUrl, stack.sandboxUrl, stack.shopUrl]
      context.on('request', (request) => {
        const { protocol, origin } = new URL(request.url())
        if (protocol !== 'data:' && !origins.includes(origin)) complaints.push(request.url())
      })
      context.on('console', (message) => {
        if (message.type() === 'error')
          complaints.push(`${message.page()?.url()}: ${message.text()}`)
      })
      context.on('weberror', (error) => complaints.push(error.error().message))
      const page = await context.newPage()
      return {
        context,
        page,
        complaints,
        async leave(expected) {
          await context.close()
          assert.deepEqual(
            complaints.filter((complaint) => !expected?.test(complaint)),
            [],
          )
        },
      }
    },
    api,
    async createPayment(fields = {}) {
      count += 1
      const made = await api('POST', '/v1/payments', {
        amount: 8850,
        currency: 'CNY',
        reference: `E2E-${count}`,
        title: 'Aged white tea',
        return_url: `${running().stack.shopUrl}/`,
        // What a payer sees who has a choice is a question of its own.
        wallets: ['alipay'],
        ...fields,
      })
      return { id: String(made.id), url: String(made.url), reference: String(made.reference) }
    },
    control: (path, body) =>
      ask(`${running().stack.sandboxUrl}/control/${path}`, {
        method: body ? 'POST' : 'GET',
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      }),
    async readCode(page) {
      await page.locator('.qr-card img').waitFor()
      return scan(page)
    },
  }
}

async function ask(url: string, request: RequestInit): Promise<Record<string, unknown>> {
  const answer = await fetch(url, request)
  const text = await answer.text()
  assert.ok(answer.ok, `${request.method} ${url}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

// The browser turns the picture into pixels. As text, because these files know no DOM.
const PIXELS = `(async () => {
  const image = document.querySelector('.qr-card img')
  await image.decode()
  const { width } = image.getBoundingClientRect()
  const canvas = new OffscreenCanvas(width, width)
  const drawing = canvas.getContext('2d')
  drawing.drawImage(image, 0, 0, width, width)
  return { width: canvas.width, pixels: [...drawing.getImageData(0, 0, canvas.width, canvas.height).data] }
})()`

async function scan(page: Page | Frame): Promise<string> {
  const { width, pixels } = await page.evaluate<{ width: number; pixels: number[] }>(PIXELS)
  const read = typeof jsqr === 'function' ? jsqr : jsqr.default
  const found = read(new Uint8ClampedArray(pixels), width, width)
  assert.ok(found, 'no code was found in the picture')
  return found.data
}
