// JSON-RPC 2.0 as Bitcoin Core speaks it over HTTP (sheet 3.3; measured).

import { encodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import { ask, SourceError, textOf } from './source.ts'

export interface RpcServer {
  url: string
  user: string
  password: string
}

export type RpcResult =
  | { result: JsonValue | undefined }
  | { error: { code: number; message: string } }

export interface RpcCall {
  method: string
  params: JsonValue[]
}

const TIMEOUT_MS = 30_000
/** A block in hex has up to 8 MB. */
const BLOCK_LIMITS = { timeoutMs: 60_000, maxBytes: 12 * 1024 * 1024 }
/** More calls than this in one request would hold the node's threads for too long (sheet 8). */
const MAX_BATCH = 100

/** The result of one call. Throws {@link SourceError}, also for the node's own errors. */
export async function call(
  ports: Ports,
  server: RpcServer,
  method: string,
  params: JsonValue[] = [],
): Promise<JsonValue | undefined> {
  const answer = await tryCall(ports, server, method, params)
  if ('result' in answer) return answer.result
  throw new SourceError(faultOf(answer.error), `${method}: ${answer.error.message}`)
}

/** The result of one call, or the node's error. Throws {@link SourceError} without an answer. */
export async function tryCall(
  ports: Ports,
  server: RpcServer,
  method: string,
  params: JsonValue[] = [],
): Promise<RpcResult> {
  const limits = method === 'getblock' ? BLOCK_LIMITS : { timeoutMs: TIMEOUT_MS }
  const answer = await post(ports, server, { jsonrpc: '2.0', id: 1, method, params }, limits)
  return readResult(answer, 1)
}

/** The results of many calls in their order. Throws {@link SourceError} without an answer. */
export async function callMany(
  ports: Ports,
  server: RpcServer,
  calls: readonly RpcCall[],
): Promise<RpcResult[]> {
  const results: RpcResult[] = []
  for (let start = 0; start < calls.length; start += MAX_BATCH) {
    const part = calls.slice(start, start + MAX_BATCH)
    const body = part.map((each, id) => ({ jsonrpc: '2.0', id, ...each }))
    const answer = await post(ports, server, body, { timeoutMs: TIMEOUT_MS })
    if (!Array.isArray(answer) || answer.length !== part.length) {
      throw new SourceError('malformed', 'the node did not answer every call')
    }
    // The answers of a batch may come in any order (JSON-RPC 2.0, section 6).
    for (const id of part.keys()) {
      results.push(
        readResult(
          answer.find((each) => isObject(each) && each.id === id),
          id,
        ),
      )
    }
  }
  return results
}

interface Limits {
  timeoutMs: number
  maxBytes?: number
}

async function post(
  ports: Ports,
  { url, user, password }: RpcServer,
  body: JsonValue,
  limits: Limits,
): Promise<JsonValue> {
  const answer = await ask(ports, {
    method: 'POST',
    url,
    headers: {
      authorization: `Basic ${encodeBase64(Buffer.from(`${user}:${password}`))}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    maxBytes: 4 * 1024 * 1024,
    ...limits,
  })
  if (answer.status === 401 || answer.status === 403) {
    throw new SourceError('unauthorized', `the node answers ${answer.status}`)
  }
  if (answer.status === 503 || answer.status === 429) {
    throw new SourceError('busy', `the node answers ${answer.status}`)
  }
  const value = parseJson(textOf(answer))
  if (value === undefined) throw new SourceError('malformed', 'the answer is not JSON')
  return value
}

function readResult(answer: JsonValue | undefined, id: number): RpcResult {
  if (!isObject(answer) || answer.id !== id) {
    throw new SourceError('malformed', 'the answer is not to this call')
  }
  const error = readError(answer.error)
  if (error) return { error }
  if (!('result' in answer)) throw new SourceError('malformed', 'an answer without a result')
  return { result: answer.result }
}

function readError(value: JsonObject['error']): { code: number; message: string } | undefined {
  if (!isObject(value)) return undefined
  const { code, message } = value
  return {
    code: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? message.slice(0, 200) : '',
  }
}

/** The node's error numbers that say more than "no" (sheet 8). */
function faultOf({ code, message }: { code: number; message: string }) {
  if (code === -28) return 'not_ready'
  if (code === -32601) return 'too_old'
  if (code === -1 && /pruned/i.test(message)) return 'pruned'
  return 'malformed'
}
