import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { orderContent, readTrade, subjectOf } from './messages.ts'
import { NOW, orderOf } from './testing.ts'

describe('subjectOf', () => {
  const subject = (title: string) => subjectOf({ title, walletReference: 'TB1' })

  test('writes / = & in full width and controls as a space', () => {
    assert.equal(subject('A/B = C & D\r\nE\u2028F'), 'A／B ＝ C ＆ D E F')
  })

  test('an empty title becomes the reference', () => {
    for (const title of ['', ' ', '\n']) assert.equal(subject(title), 'TB1')
  })

  test('never splits a character, never exceeds 256, never lets a sign through', () => {
    const unit = fc.constantFrom('a', '咖', '🍜', '/', '&', '=', '\ud83c', '\u0000', ' ')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 600 }), (title) => {
        const text = subject(title)
        assert.ok(text.length >= 1 && text.length <= 256)
        assert.ok(text.isWellFormed())
        assert.doesNotMatch(text, /[/=&\p{Cc}]/u)
        encodeURIComponent(text)
      }),
    )
    assert.equal(subject(`${'a'.repeat(255)}🍜`), 'a'.repeat(255))
  })
})

describe('orderContent', () => {
  test('writes every amount with exactly two decimals', () => {
    for (const [amount, text] of [
      [1n, '0.01'],
      [10n, '0.10'],
      [100n, '1.00'],
      [10_000_000_000n, '100000000.00'],
    ] as const) {
      const order = orderOf('qr', { money: { amount, currency: 'CNY' } })
      assert.equal(orderContent(order, '1', NOW).total_amount, text)
    }
  })

  test('limits the time to fifteen days and never rounds it up', () => {
    const at = (expiresAt: number) =>
      orderContent(orderOf('qr', { expiresAt }), '1', NOW).time_expire
    assert.equal(at(NOW + 61_999), '2027-01-01 08:01:01')
    assert.equal(at(NOW + 40 * 86_400_000), '2027-01-16 08:00:00')
  })

  test('takes a payer’s face code and account number', () => {
    const face = orderContent(orderOf('barcode', { authCode: `fp${'a1B'.repeat(11)}` }), '1', NOW)
    assert.equal(face.scene, 'security_code')
    const known = orderOf('in_app', { payer: { userId: '2088102534368455' } })
    assert.equal(orderContent(known, '1', NOW).buyer_id, '2088102534368455')
  })
})

test('text that no database can store is not there; a success without its number is unknown', () => {
  const paid = { trade_status: 'TRADE_SUCCESS', total_amount: '88.88', trade_no: '2026' }
  assert.equal(readTrade(paid, 'query').status, 'succeeded')
  for (const bad of ['20\u000026', '\ud800']) {
    assert.equal(readTrade({ ...paid, trade_no: bad }, 'query').status, 'unknown')
    const { payerDisplay } = readTrade({ ...paid, buyer_logon_id: bad }, 'query')
    assert.equal(payerDisplay, undefined)
  }
})
