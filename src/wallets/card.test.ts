import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acquirers } from '../acquirers/index.ts'
import { orderOf, script } from './applepay/testing.ts'
import { acquirerFields, acquirersPart, cardCapabilities, readAcquiring } from './card.ts'

const adyen = {
  acquirer: 'adyen',
  acquirer_merchant_account: 'ShopECOM',
  acquirer_environment: 'test',
  acquirer_api_key: 'AQExample',
  acquirer_hmac_keys: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
}

function accountOf(fields: Record<string, string>) {
  const read = readAcquiring(acquirers, fields)
  assert.ok('acquiring' in read)
  return read
}

describe('fields of the acquirers', () => {
  test('each stands once behind its prefix, secret where it is for any of them', () => {
    const fields = acquirerFields(acquirers)
    const names = fields.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const { accountFields } of acquirers.values()) {
      for (const { name, secret } of accountFields) {
        const field = fields.find((other) => other.name === `acquirer_${name}`)
        assert.ok(field && (!secret || field.secret), name)
        assert.equal(field.required, false)
      }
    }
  })

  test('findings of an acquirer name the field as this account does', () => {
    const read = readAcquiring(acquirers, { ...adyen, acquirer_api_key: '' })
    assert.ok('findings' in read)
    assert.deepEqual(
      read.findings.map(({ param }) => param),
      ['/acquirer_api_key'],
    )
  })

  test('an acquirer of that name has to be known', () => {
    for (const acquirer of ['', 'Adyen', '__proto__']) {
      const read = readAcquiring(acquirers, { ...adyen, acquirer })
      assert.ok('findings' in read && read.findings[0]?.code === 'acquirer_unknown')
    }
  })
})

test('limits reach from the least to the most that any acquirer takes', () => {
  const { limits, currencies } = cardCapabilities(acquirers, (currency) => currency === 'USD')
  assert.deepEqual(currencies, ['USD'])
  const all = [...acquirers.values()].flatMap(({ capabilities }) => capabilities.limits.USD ?? [])
  assert.ok(
    all.every(({ min, max }) => (limits.USD?.min ?? max) <= min && max <= (limits.USD?.max ?? 0n)),
  )
})

describe('what follows a charge', () => {
  const part = acquirersPart(acquirers)
  const account = accountOf(adyen)

  test("is asked, ended and verified at the account's own acquirer", async () => {
    const { ports } = script()
    const order = orderOf()
    const theirs = await account.acquiring.acquirer.query(ports, account.acquiring.account, order)
    assert.deepEqual(await part.query(ports, account, order), theirs)
    assert.equal(part.verifyReturn(account, 'redirectResult=abc'), true)
    assert.equal(part.verifyReturn(account, 'x=1'), false)
  })

  test('a notification that nobody signed is refused', () => {
    const raw = { contentType: 'application/json', headers: {}, body: Buffer.from('{}') }
    assert.equal(part.readNotification(account, raw, 0).verdict, 'refused')
  })

  test('every acquirer takes the one acknowledgement as its own', () => {
    const taken = part.acknowledge(true)
    for (const acquirer of acquirers.values()) {
      const own = acquirer.acknowledge(true)
      assert.ok(own.status >= 200 && own.status < 300 && taken.status === 200)
      if (own.body !== '' && acquirer.name === 'adyen') assert.equal(taken.body, own.body)
    }
    assert.ok(part.acknowledge(false).status >= 500)
  })

  test('is asked about as early as any acquirer wants, and waited for as long as any needs', () => {
    const all = [...acquirers.values()]
    const delays = all.flatMap((acquirer) => acquirer.nextQueryDelay(60_000, 60_000) ?? [])
    assert.equal(part.nextQueryDelay('desktop', 60_000, 60_000), Math.min(...delays))
    for (const { absentGraceMs, cancelAfterMs } of all) {
      assert.ok(part.absentGraceMs >= absentGraceMs)
      assert.ok((part.reverseAfterMs('desktop') ?? 0) >= cancelAfterMs)
    }
  })
})
