// Proves that the shop's page takes four messages and nothing else (CK-3).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFrameMessage } from './messages.ts'

test('the four messages are read', () => {
  for (const message of [
    { tongbao: 1, type: 'ready' },
    { tongbao: 1, type: 'close' },
    { tongbao: 1, type: 'resize', height: 480 },
    { tongbao: 1, type: 'state', status: 'succeeded' },
  ]) {
    assert.deepEqual(readFrameMessage(message), message)
  }
})

test('anything else is refused: other shapes, other words, extra fields', () => {
  for (const message of [
    null,
    'ready',
    7,
    [],
    {},
    { type: 'ready' },
    { tongbao: 2, type: 'ready' },
    { tongbao: 1, type: 'navigate', url: 'https://evil.example' },
    { tongbao: 1, type: 'ready', secret: 'x' },
    { tongbao: 1, type: 'resize', height: '480' },
    { tongbao: 1, type: 'resize', height: -1 },
    { tongbao: 1, type: 'resize', height: Number.NaN },
    { tongbao: 1, type: 'resize', height: 1e9 },
    { tongbao: 1, type: 'state', status: 'paid' },
    { tongbao: 1, type: 'state', status: 'succeeded', amount: 1 },
  ]) {
    assert.equal(readFrameMessage(message), null, JSON.stringify(message))
  }
})
