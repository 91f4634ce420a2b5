// Answers recorded from a real node, byte for byte, and answers that no node gives.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import { call, callMany, tryCall } from './rpc.ts'
import { SourceError, type SourceFault } from './source.ts'
import { createTapeChain, loadVectors } from './testing.ts'
import { createWorld } from './testing-servers.ts'

interface Sample {
  id: string
  request: { jsonrpc?: string; id?: number; method: string; params: string[] } | unknown[] | string
  response: { httpStatus: number; bodyText: string }
}
const { samples } = loadVectors<{ samples: Sample[] }>('rpc_samples')
const SERVER = { url: 'http://127.0.0.1:18443/', user: 'hub', password: 'secret' }

function portsWith(send: () => Promise<OutgoingAnswer>): Ports {
  const world = createWorld(createTapeChain({ hash: '00'.repeat(32), height: 1 }))
  return { ...world.ports, network: { send } }
}

const answering = (status: number, text: string) =>
  portsWith(async () => ({ status, headers: {}, body: Buffer.from(text) }))

const fails = (fault: SourceFault) => (error: unknown) =>
  error instanceof SourceError && error.fault === fault

for (const { id, request, response } of samples) {
  if (typeof request === 'string' || Array.isArray(request) || request.id === undefined) continue
  test(`recorded answer ${id}`, async () => {
    const ports = answering(response.httpStatus, response.bodyText)
    const asked = tryCall(ports, SERVER, request.method, request.params)
    if (response.httpStatus === 401) return assert.rejects(asked, fails('unauthorized'))
    const expected = JSON.parse(response.bodyText)
    const answer = await asked
    if (expected.error) assert.deepEqual(answer, { error: expected.error })
    else assert.deepEqual(answer, { result: expected.result })
  })
}

test('the answers of a batch are matched by their ids, in whatever order they come', async () => {
  const text = '[{"jsonrpc":"2.0","result":"b","id":1},{"jsonrpc":"2.0","result":"a","id":0}]'
  const call = { method: 'getblockhash', params: [1] }
  const answers = await callMany(answering(200, text), SERVER, [call, call])
  assert.deepEqual(answers, [{ result: 'a' }, { result: 'b' }])
  await assert.rejects(callMany(answering(200, text), SERVER, [call]), fails('malformed'))
  const doubled = '[{"result":"b","id":1},{"result":"a","id":1}]'
  await assert.rejects(callMany(answering(200, doubled), SERVER, [call, call]), fails('malformed'))
})

test('every way of not answering has its word', async () => {
  const cases: [Ports, SourceFault][] = [
    [answering(401, ''), 'unauthorized'],
    [answering(403, ''), 'unauthorized'],
    [answering(503, 'Work queue depth exceeded'), 'busy'],
    [answering(200, '<html>'), 'malformed'],
    [answering(200, '{"result":1,"id":2}'), 'malformed'],
    [answering(200, '{"id":1}'), 'malformed'],
    [answering(200, '{"result":1,"result":2,"id":1}'), 'malformed'],
    [answering(500, '{"error":{"code":-28,"message":"Loading"},"id":1}'), 'not_ready'],
    [answering(404, '{"error":{"code":-32601,"message":"Method not found"},"id":1}'), 'too_old'],
    [
      answering(200, '{"error":{"code":-1,"message":"Block not available (pruned data)"},"id":1}'),
      'pruned',
    ],
    [portsWith(() => Promise.reject(new NetworkError('reset', true, 'reset'))), 'unreachable'],
    [portsWith(() => Promise.reject(new NetworkError('overloaded', false, 'full'))), 'busy'],
  ]
  for (const [ports, fault] of cases) {
    await assert.rejects(call(ports, SERVER, 'getbestblockhash'), fails(fault), fault)
  }
})
