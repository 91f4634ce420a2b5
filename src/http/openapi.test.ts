import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import Spectral from '@stoplight/spectral-core'
import owasp from '@stoplight/spectral-owasp-ruleset'
import { oas } from '@stoplight/spectral-rulesets'
import { ERROR_CODES, ERRORS } from '../errors.ts'
import { documentOf, errorsOf } from './openapi.ts'
import { documentedOf, operationsOf } from './server.ts'
import { type Answered, order, startTestHub, type TestHub } from './testing.ts'

let hub: TestHub
before(async () => {
  hub = await startTestHub()
})
after(() => hub.close())

test('AP-1 every operation answers as its schema says', async () => {
  const shop = await hub.merchant()
  const done = new Set<string>()
  // `send` fails when an answer differs from the document; here it only has to succeed.
  const ok = async (id: string, answer: Promise<Answered>): Promise<Answered> => {
    const { status, text } = await answer
    assert.ok(status < 300, `${id} ${status} ${text}`)
    done.add(id)
    return answer
  }
  const full = order({
    items: [{ name: 'Tea', quantity: 2, amount: 8850 }],
    customer: { id: 'c', email: 'tea@example.com', phone: '+86 10 1234' },
    wallets: ['paper'],
    expires_in: 600,
    return_url: 'https://shop.example/done',
    locale: 'zh-CN',
    metadata: { a: 'b' },
    late_payment: 'refund',
  })
  const endpoint = await ok(
    'createWebhookEndpoint',
    shop.send('POST', '/v1/webhook_endpoints', {
      url: 'https://shop.tongbao-test.com/hook',
      types: ['payment.succeeded'],
    }),
  )
  const whe = `/v1/webhook_endpoints/${endpoint.body.id}`
  const payment = await ok('createPayment', shop.send('POST', '/v1/payments', full))
  const pay = `/v1/payments/${payment.body.id}`
  await ok(
    'startAttempt',
    shop.send('POST', `${pay}/attempts`, {
      wallet: 'paper',
      surface: 'barcode',
      auth_code: '280000000000000001',
      payer_address: '192.0.2.1',
    }),
  )
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = (asked) => ({
    source: 'query',
    status: 'succeeded',
    walletReference: asked.walletReference,
    walletTransactionId: '2026112222001',
    walletStatus: 'PAID',
    payerDisplay: '159****5620',
    money: asked.money,
    received: asked.money,
  })
  const synced = await ok('syncPayment', shop.send('POST', `${pay}/sync`))
  hub.wallet.onQuery = plain
  assert.equal(synced.body.status, 'succeeded')
  await ok('getPayment', shop.send('GET', pay))
  await ok('listPayments', shop.send('GET', '/v1/payments'))
  const other = await shop.send('POST', '/v1/payments', order())
  await ok('cancelPayment', shop.send('POST', `/v1/payments/${other.body.id}/cancel`))

  await ok('testWebhookEndpoint', shop.send('POST', `${whe}/test`))
  const events = await ok('listEvents', shop.send('GET', '/v1/events?limit=100'))
  const data: unknown[] = Array.isArray(events.body.data) ? events.body.data : []
  assert.ok(data.length >= 6)
  const succeeded = data.find((event) => isRecord(event) && event.type === 'payment.succeeded')
  assert.ok(isRecord(succeeded))
  await ok('getEvent', shop.send('GET', `/v1/events/${succeeded.id}`))
  await ok(
    'redeliverEvent',
    shop.send('POST', `/v1/events/${succeeded.id}/redeliver`, {
      webhook_endpoint: endpoint.body.id,
    }),
  )
  await ok('listDeliveries', shop.send('GET', `${whe}/deliveries`))
  await ok('listDeliveryTries', shop.send('GET', `${whe}/deliveries/${succeeded.id}`))
  await ok(
    'redeliverRange',
    shop.send('POST', `${whe}/redeliver`, {
      from: '2026-01-01T00:00:00Z',
      before: '2027-01-01T00:00:00Z',
    }),
  )
  await ok('getWebhookEndpoint', shop.send('GET', whe))
  await ok('listWebhookEndpoints', shop.send('GET', '/v1/webhook_endpoints'))
  await ok(
    'updateWebhookEndpoint',
    shop.send('PATCH', whe, { description: 'mine', types: ['*'], status: 'disabled' }),
  )
  await ok('rotateWebhookSecret', shop.send('POST', `${whe}/rotate_secret`))
  await ok('deleteWebhookEndpoint', shop.send('DELETE', whe))

  await ok('listWallets', shop.send('GET', '/v1/wallets'))
  const account = await ok(
    'createWalletAccount',
    shop.send('POST', '/v1/wallet_accounts', {
      wallet: 'paper',
      name: 'Second',
      surfaces: ['qr'],
      fields: { shop: 's', key: 'k' },
    }),
  )
  const wac = `/v1/wallet_accounts/${account.body.id}`
  await ok('listWalletAccounts', shop.send('GET', '/v1/wallet_accounts'))
  await ok('getWalletAccount', shop.send('GET', wac))
  await ok('updateWalletAccount', shop.send('PATCH', wac, { status: 'disabled' }))
  await ok('checkWalletAccount', shop.send('POST', `${wac}/check`))
  await ok('getMerchant', shop.send('GET', '/v1/merchant'))
  await ok('updateMerchant', shop.send('PATCH', '/v1/merchant', { language: 'zh-CN' }))

  const key = await ok(
    'createApiKey',
    shop.send('POST', '/v1/api_keys', {
      name: 'k',
      scopes: ['payments:read'],
      expires_at: '2030-01-01T00:00:00Z',
      allowed_addresses: ['192.0.2.0/24'],
    }),
  )
  await ok('listApiKeys', shop.send('GET', '/v1/api_keys'))
  await ok('getApiKey', shop.send('GET', `/v1/api_keys/${key.body.id}`))
  await ok('revokeApiKey', shop.send('POST', `/v1/api_keys/${key.body.id}/revoke`))

  assert.deepEqual(
    operationsOf(hub.services)
      .map(({ id }) => id)
      .filter((id) => !done.has(id)),
    [],
  )
})

test('AP-1 the document is served, its references resolve, its operations are those of the server', async () => {
  const operations = documentedOf(hub.services)
  const answer = await hub.app.inject({ url: '/openapi.json' })
  const document: unknown = answer.json()
  assert.deepEqual(
    document,
    JSON.parse(JSON.stringify(documentOf(operations, 'https://hub.example'))),
  )
  assert.ok(isRecord(document))
  assert.equal(document.openapi, '3.1.0')
  const found: string[] = []
  walk(document, (node) => {
    if (typeof node.$ref === 'string') {
      const target = node.$ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), document)
      assert.ok(target, node.$ref)
    }
    if (typeof node.operationId === 'string') found.push(node.operationId)
  })
  assert.deepEqual(found.toSorted(), operations.map(({ id }) => id).toSorted())
  assert.equal(new Set(found).size, found.length)
})

test('AP-1 every operation has its scope, its errors and an answer', () => {
  for (const operation of operationsOf(hub.services)) {
    const statuses = errorsOf(operation).map((code) => ERRORS[code].status)
    for (const status of [400, 401, 403, 429, 500, 503])
      assert.ok(
        statuses.some((one) => one === status),
        operation.id,
      )
    assert.equal(operation.path.includes('{'), statuses.includes(404), operation.id)
    assert.ok(Object.keys(operation.answers).length > 0)
  }
})

test('AP-1 the document passes the linter with the recommended rules, and has nothing to mend', async () => {
  const findings = await lint({ extends: [[oas, 'recommended']] })
  assert.deepEqual(findings, [])
})

test('AP-1 every route of /checkout/v1 is described, opened by the client secret alone', async () => {
  const document = await served()
  const { paths } = document
  assert.ok(isRecord(paths))
  const payer = Object.keys(paths).filter((path) => path.startsWith('/checkout/'))
  assert.deepEqual(payer.toSorted(), [
    '/checkout/v1/attempts',
    '/checkout/v1/attempts/{attempt}',
    '/checkout/v1/order',
    '/checkout/v1/payment',
    '/checkout/v1/qr/{token}',
    '/checkout/v1/stream',
    '/checkout/v1/sync',
    '/checkout/v1/wallet_sessions',
  ])
  for (const path of payer) {
    for (const operation of Object.values(paths[path] ?? {})) {
      assert.ok(isRecord(operation))
      const expected = path.endsWith('{token}') ? [] : [{ clientSecret: [] }]
      assert.deepEqual(operation.security, expected, path)
      assert.deepEqual(operation.tags, ['Checkout'])
    }
  }
  for (const path of payer) {
    const url = path.replace(/\{\w+\}/, 'x')
    const answer = await hub.app.inject({ url, method: 'TRACE' })
    assert.equal(answer.statusCode, 405, path)
  }
})

async function served(): Promise<Record<string, unknown>> {
  const document: unknown = (await hub.app.inject({ url: '/openapi.json' })).json()
  assert.ok(isRecord(document))
  return document
}

test('AP-1 what comes in passes the OWASP rules: every text, list and number has its limit', async () => {
  const rules = {
    // Payers' pages are of the hub's own origin; for every other there is no CORS (SE-32).
    'owasp:api8:2023-define-cors-origin': 'off',
    // 429 carries Retry-After (AP-25); the header fields of the rule are of no standard.
    'owasp:api4:2023-rate-limit': 'off',
    // A note in any language and a key as a PEM file are limited in length, but have no pattern.
    'owasp:api4:2023-string-restricted': 'off',
  }
  assert.deepEqual(await lint({ extends: [owasp], rules }, withoutAnswers(await served())), [])
})

/** The document with what is sent only: the bodies of answers are ours, nobody can make them large. */
function withoutAnswers(document: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(document))
  const { paths, components } = copy
  assert.ok(isRecord(paths) && isRecord(components) && isRecord(components.schemas))
  // An image can send no header: its address opens it, and nothing else.
  delete paths['/checkout/v1/qr/{token}']
  walk(paths, (node) => {
    if (!isRecord(node.responses)) return
    for (const answer of Object.values(node.responses)) {
      if (isRecord(answer) && isRecord(answer.content)) answer.content = { 'application/json': {} }
    }
  })
  const sent = new Set(JSON.stringify(paths).match(/(?<=#\/components\/schemas\/)\w+/g))
  components.schemas = Object.fromEntries(
    Object.entries(components.schemas).filter(([name]) => sent.has(name)),
  )
  return copy
}

async function lint(rules: object, document?: object): Promise<string[]> {
  const spectral = new Spectral.Spectral()
  spectral.setRuleset(new Spectral.Ruleset(rules))
  const findings = await spectral.run({ ...(document ?? (await served())) })
  return findings.map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`)
}

test('the API reference is served by the hub alone', async () => {
  const page = await hub.app.inject({ url: '/docs' })
  assert.match(String(page.headers['content-security-policy']), /script-src 'self';/)
  const sources = [...page.body.matchAll(/src="([^"]+)"/g)].map(([, source]) => source ?? '')
  assert.deepEqual(sources, ['/docs/scalar.js', '/docs/start.js'])
  for (const url of sources) {
    const script = await hub.app.inject({ url })
    assert.equal(script.statusCode, 200)
    assert.match(String(script.headers['content-type']), /^text\/javascript/)
  }
})

test('AP-22 AP-23 every code has a used status, both languages, and a page', async () => {
  const used = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503]
  for (const code of ERROR_CODES) {
    const kind = ERRORS[code]
    assert.match(code, /^[a-z_]+$/)
    assert.ok(used.includes(kind.status), code)
    for (const texts of [kind.title, kind.remedy]) {
      assert.ok(texts.en.length > 5 && /^[\x20-\x7e…]+$/.test(texts.en), code)
      assert.match(texts['zh-CN'], /\p{Script=Han}/u, code)
    }
    const page = await hub.app.inject({ url: `/problems/${code}` })
    assert.equal(page.statusCode, 200, code)
    assert.ok(page.body.includes(kind.title['zh-CN']), code)
  }
})

test('AP-23 every code is thrown somewhere', async () => {
  const root = new URL('../', import.meta.url)
  const files = await readdir(root, { recursive: true })
  const sources = files.filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'errors.ts',
  )
  const text = (
    await Promise.all(sources.map((file) => readFile(new URL(file, root), 'utf8')))
  ).join('\n')
  assert.deepEqual(
    ERROR_CODES.filter((code) => !text.includes(`'${code}'`)),
    [],
  )
})

for (const language of ['en', 'zh-CN'] as const) {
  test(`AP-23 docs/${language}/errors.md has the table as the code has it`, async () => {
    const file = new URL(`../../docs/${language}/errors.md`, import.meta.url)
    const rows = (await readFile(file, 'utf8'))
      .split('\n')
      .filter((line) => /^\| `\w+` \| \d{3} \|/.test(line))
    const expected = ERROR_CODES.map((code) => {
      const { status, retry, title, remedy } = ERRORS[code]
      return `| \`${code}\` | ${status} | \`${retry}\` | ${title[language]} | ${remedy[language]} |`
    })
    assert.deepEqual(rows, expected)
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function walk(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (!isRecord(value)) return
  visit(value)
  for (const member of Object.values(value)) walk(member, visit)
}
