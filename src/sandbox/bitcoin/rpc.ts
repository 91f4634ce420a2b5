// A node's RPC over HTTP: Basic auth, JSON-RPC 1.0 and 2.0, batches, its status codes (measured).
import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isObject, type JsonObject } from '../json.ts'
import { breakDown, cutOff, HTML, wait } from './breakdown.ts'
import { sha256 } from './bytes.ts'
import { RpcError } from './rpc-asked.ts'
import { type Value, writeJson } from './rpc-json.ts'
import {
  METHODS,
  NO_SUCH_WALLET,
  NO_WALLET,
  UNKNOWN_METHOD,
  WALLET_METHODS,
} from './rpc-methods.ts'
import type { World } from './world.ts'

const DEFAULT_SILENCE_SECONDS = 40
const WARMING_UP = new RpcError(-28, 'Loading block index…')
const PARSE_ERROR = new RpcError(-32700, 'Parse error')

/** Serves `/bitcoin/rpc`. In a scope of its own: the body is read as text, whatever its type. */
export function addRpc(app: FastifyInstance, world: World): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  const serve = (request: FastifyRequest, reply: FastifyReply) =>
    answer(world, request, reply, pathOf(request))
  app.post('/bitcoin/rpc', serve)
  app.post('/bitcoin/rpc/', serve)
  app.post('/bitcoin/rpc/wallet/:name', serve)
  app.get('/bitcoin/rpc', (_request, reply) =>
    reply.code(405).type('text/html').send('JSONRPC server handles only POST requests'),
  )
}

function pathOf({ url }: FastifyRequest): 'node' | 'wallet' {
  return url.startsWith('/bitcoin/rpc/wallet/') ? 'wallet' : 'node'
}

async function answer(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  path: 'node' | 'wallet',
): Promise<FastifyReply> {
  const asked = readBody(request.body)
  const operation = operationOf(asked)
  const struck = (kind: string) => world.struck(kind, operation)
  const silence = struck('core_hangs')
  if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
  if (struck('core_down')) return breakDown(reply)
  if (!isKnown(world, request.headers.authorization) || struck('core_unauthorized')) {
    return reply
      .code(401)
      .header('www-authenticate', 'Basic realm="jsonrpc"')
      .header('content-type', 'text/html; charset=ISO-8859-1')
      .send('')
  }
  if (struck('core_busy')) {
    return reply.code(503).type('text/plain').send('Work queue depth exceeded')
  }
  if (struck('core_garbage')) return reply.type('text/html').send(HTML)
  const { status, text } = struck('core_warming_up')
    ? one(asked, WARMING_UP)
    : perform(world, asked, path)
  if (struck('core_lost_after')) return breakDown(reply)
  if (struck('core_cut')) return cutOff(reply, text ?? '')
  if (text === undefined) return reply.code(204).removeHeader('content-type').send()
  // Fastify would add a character set to it.
  return reply.code(status).header('content-type', 'application/json').send(Buffer.from(text))
}

type Asked = { list: unknown[] } | { single: unknown } | 'unreadable'

function readBody(body: unknown): Asked {
  try {
    const value: unknown = JSON.parse(typeof body === 'string' ? body : '')
    return Array.isArray(value) ? { list: value } : { single: value }
  } catch (error) {
    if (error instanceof SyntaxError) return 'unreadable'
    throw error
  }
}

/** The method that is asked for, of several the first. */
function operationOf(asked: Asked): string {
  if (asked === 'unreadable') return ''
  const first = 'list' in asked ? asked.list[0] : asked.single
  return isObject(first) && typeof first.method === 'string' ? first.method : ''
}

function isKnown({ rpc }: World, header: string | undefined): boolean {
  const wanted = `Basic ${Buffer.from(`${rpc.user}:${rpc.password}`).toString('base64')}`
  return timingSafeEqual(sha256(Buffer.from(header ?? '')), sha256(Buffer.from(wanted)))
}

interface Written {
  status: number
  /** Undefined: nothing to answer, every call was a notification. */
  text: string | undefined
}

function perform(world: World, asked: Asked, path: 'node' | 'wallet'): Written {
  if (asked === 'unreadable') return one(asked, PARSE_ERROR)
  if ('single' in asked) return one(asked, outcome(world, asked.single, path))
  const parts = asked.list.flatMap((each) => {
    const { text } = one({ single: each }, outcome(world, each, path))
    return text === undefined ? [] : [text.trim()]
  })
  return { status: 200, text: parts.length === 0 ? undefined : `[${parts.join(',')}]\n` }
}

/** The answer to one call; by the older protocol an error is a status too. */
function one(asked: Asked, result: Value | RpcError): Written {
  const call = asked !== 'unreadable' && 'single' in asked ? asked.single : undefined
  const { jsonrpc, id } = isObject(call) ? call : {}
  const isNew = jsonrpc === '2.0'
  if (isNew && id === undefined) return { status: 204, text: undefined }
  const name = typeof id === 'string' || typeof id === 'number' ? id : null
  const failed = result instanceof RpcError
  const error = failed ? { code: result.code, message: result.message } : null
  if (isNew) {
    const body = failed ? { jsonrpc: '2.0', error, id: name } : { jsonrpc: '2.0', result, id: name }
    return { status: 200, text: `${writeJson(body)}\n` }
  }
  const status = failed ? statusOf(result) : 200
  const body = { result: failed ? null : result, error, id: name }
  return { status, text: `${writeJson(body)}\n` }
}

function statusOf({ code }: RpcError): number {
  if (code === -32601) return 404
  return code === -32600 ? 400 : 500
}

function outcome(world: World, asked: unknown, path: 'node' | 'wallet'): Value | RpcError {
  if (!isObject(asked)) return new RpcError(-32600, 'Invalid Request object')
  const { method: name, params } = asked
  if (typeof name !== 'string') return new RpcError(-32600, 'Method must be a string')
  if (WALLET_METHODS.includes(name)) return path === 'wallet' ? NO_SUCH_WALLET : NO_WALLET
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!method) return UNKNOWN_METHOD
  try {
    return method.run({
      chain: world.seenBy('core', name),
      node: world.node,
      params: readParams(method.names, params),
      struck: (kind) => world.struck(kind, name) !== undefined,
    })
  } catch (error) {
    if (error instanceof RpcError) return error
    throw error
  }
}

function readParams(names: readonly string[], given: unknown): readonly unknown[] {
  if (given === undefined || given === null) return []
  if (Array.isArray(given)) return given
  if (!isObject(given)) throw new RpcError(-32600, 'Params must be an array or object')
  const members: JsonObject = given
  const unknown = Object.keys(members).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new RpcError(-8, `Unknown named parameter ${unknown}`)
  return names.map((name) => members[name])
}
