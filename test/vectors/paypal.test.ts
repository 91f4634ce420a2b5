// PayPal's notifications against vectors made with OpenSSL: what is taken, and why not.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readAccount } from '../../src/wallets/paypal/account.ts'
import { fetchWanted } from '../../src/wallets/paypal/certificates.ts'
import { readNotification } from '../../src/wallets/paypal/notification.ts'
import { scriptAt } from '../../src/wallets/testing.ts'

interface Expected {
  verdict: string
  reason?: string
  status?: string
  walletReference?: string
  walletTransactionId?: string
  currency?: string
  amount?: string
}

interface Vectors {
  webhook_id: string
  now: number
  root: string
  chains: Record<string, string>
  notifications: {
    name: string
    chain: string
    content_type: string
    headers: Record<string, string>
    body: string
    expect: Expected
  }[]
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('./paypal/notifications.json', import.meta.url), 'utf8'),
)

function freshAccount() {
  const read = readAccount({
    environment: 'test',
    client_id: 'A'.repeat(80),
    client_secret: 'E'.repeat(80),
    webhook_id: vectors.webhook_id,
    webhook_roots: vectors.root,
  })
  assert.ok('account' in read, JSON.stringify(read))
  return read.account
}

for (const { name, chain, content_type, headers, body, expect } of vectors.notifications) {
  test(`${expect.reason ?? expect.status ?? expect.verdict}: ${name}`, async () => {
    const account = freshAccount()
    const raw = { contentType: content_type, headers, body: Buffer.from(body, 'base64') }
    const pem = Buffer.from(vectors.chains[chain] ?? '')
    const { ports, sent } = scriptAt(vectors.now, { status: 200, headers: {}, body: pem })
    const first = readNotification(account, raw, vectors.now)
    if (first.verdict === 'refused' && first.reason === 'unknown_key') {
      await fetchWanted(ports, account.certificates)
      assert.equal(sent[0]?.url, headers['paypal-cert-url'])
    }
    const read = readNotification(account, raw, vectors.now)
    assert.equal(read.verdict, expect.verdict, JSON.stringify(read.verdict !== 'verified' && read))
    if (read.verdict === 'refused') assert.equal(read.reason, expect.reason)
    if (read.verdict !== 'verified') return
    const { status, walletReference, walletTransactionId, money } = read.observation
    assert.ok(read.askFirst)
    assert.equal(status, expect.status)
    assert.equal(walletReference, expect.walletReference)
    assert.equal(walletTransactionId, expect.walletTransactionId)
    assert.equal(money?.currency, expect.currency)
    assert.equal(money?.amount.toString(), expect.amount)
  })
}

test('there are as many refusals as verdicts that are believed', () => {
  const refused = vectors.notifications.filter(({ expect }) => expect.verdict === 'refused')
  assert.ok(refused.length * 2 >= vectors.notifications.length)
})
