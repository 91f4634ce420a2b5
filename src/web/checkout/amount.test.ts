// Proves that amounts and countdowns are shown exactly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAmount, formatCountdown, formatTime } from './amount.ts'

test('an amount has the fraction digits of the hub and the ISO code beside its symbol (CK-52)', () => {
  assert.equal(formatAmount(8850, 'CNY', 'zh-CN'), '¥88.50\u00a0CNY')
  assert.equal(formatAmount(8850, 'TWD', 'en'), '$88.50\u00a0TWD')
  assert.equal(formatAmount(500, 'JPY', 'ja'), '￥500\u00a0JPY')
  assert.match(formatAmount(1234, 'KWD', 'en'), /1\.234/)
  assert.match(formatAmount(150, 'HUF', 'en'), /1\.50/)
  assert.match(formatAmount(100_000_000, 'BTC', 'en'), /1\.00000000/)
})

test('the largest amount keeps every digit', () => {
  assert.equal(formatAmount(9_007_199_254_740_991, 'CNY', 'en'), '¥90,071,992,547,409.91\u00a0CNY')
})

test('an unknown currency is refused, never guessed', () => {
  assert.throws(() => formatAmount(1, 'XXQ', 'en'), RangeError)
})

test('a time is shown with its zone (CK-43)', () => {
  assert.match(formatTime('2026-11-22T08:30:05.000Z', 'en', 'Asia/Shanghai'), /16:30:05 GMT\+8/)
  assert.match(formatTime('2026-11-22T08:30:05.000Z', 'zh-CN', 'UTC'), /08:30:05/)
})

test('a countdown rounds up and stops at zero', () => {
  assert.equal(formatCountdown(245_000), '4:05')
  assert.equal(formatCountdown(500), '0:01')
  assert.equal(formatCountdown(-5), '0:00')
  assert.equal(formatCountdown(3_845_000), '1:04:05')
})
