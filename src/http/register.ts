// Gives each operation its route: who asks, how often, in which version, under which key.

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { ApiError } from '../errors.ts'
import { hasScope } from '../merchants/scopes.ts'
import { countedAddress } from './client-address.ts'
import { fingerprintOf, readKey } from './idempotency.ts'
import type { Incoming, Operation, Reply } from './operation.ts'
import { languageOf, toProblem } from './problem.ts'
import { readQuery } from './query.ts'
import type { Services } from './services.ts'
import { chooseVersion } from './version.ts'

const METHODS: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
]

export function registerOperations(
  app: FastifyInstance,
  operations: readonly Operation[],
  services: Services,
): void {
  for (const operation of operations) registerOperation(app, operation, services)
  for (const [path, methods] of methodsByPath(operations)) refuseOtherMethods(app, path, methods)
}

function registerOperation(app: FastifyInstance, operation: Operation, services: Services): void {
  const { authenticator, idempotency, rateLimit } = services
  app.route({
    method: operation.method,
    url: toRoute(operation.path),
    async onRequest(request, reply) {
      const key = await authenticator
        .authenticate(request.headers.authorization, request.ip)
        .catch((error: unknown) => {
          if (error instanceof ApiError) rateLimit.take('stranger', countedAddress(request.ip))
          throw error
        })
      request.apiKey = key
      rateLimit.take(operation.method === 'GET' ? 'read' : 'write', key.apiKeyId)
      reply.header(
        'tongbao-version',
        chooseVersion(request.headers['tongbao-version'], key.version),
      )
      if (!hasScope(key.scopes, operation.scope)) throw scopeMissing(operation.scope)
    },
    async handler(request, reply) {
      return send(
        request,
        reply,
        await operation.run(incoming(request, operation, services), idempotency),
      )
    },
  })
}

function incoming(request: FastifyRequest, operation: Operation, services: Services): Incoming {
  const { apiKey: key, params, body } = request
  if (!key) throw new Error('an operation ran without a key')
  const { merchantId, livemode } = key
  const [path = ''] = request.url.split('?')
  const use = operation.method === 'POST' && {
    scope: {
      merchantId,
      livemode,
      method: 'POST',
      path,
      key: readKey(request.headers['idempotency-key']),
    },
    fingerprint: fingerprintOf(body),
  }
  return {
    key,
    params: readParams(params),
    query: readQuery(request.query, operation.query),
    body,
    ifMatch: request.headers['if-match'],
    use: use || undefined,
    problem(error) {
      const language = languageOf(request.headers['accept-language'])
      const { status, body: problem } = toProblem(error, services.links.base, request.id, language)
      return { status, text: JSON.stringify(problem) }
    },
  }
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, text, replayed, etag }: Reply,
) {
  if (replayed) reply.header('idempotent-replayed', 'true')
  if (etag !== undefined) {
    reply.header('etag', etag)
    const known = request.headers['if-none-match']
      ?.split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''))
    if (request.method !== 'PATCH' && known?.some((tag) => tag === etag || tag === '*'))
      return reply.code(304).send()
  }
  const type =
    status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8'
  return reply.code(status).type(type).send(text)
}

/** `/v1/payments/{payment}` as Fastify writes it. */
export function toRoute(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function methodsByPath(operations: readonly Operation[]): Map<string, string[]> {
  const paths = new Map<string, string[]>()
  for (const { path, method } of operations) {
    paths.set(path, [...(paths.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])])
  }
  return paths
}

/** Every other method of a path is refused with the list of those it takes. */
export function refuseOtherMethods(
  app: FastifyInstance,
  path: string,
  methods: readonly string[],
): void {
  app.route({
    method: METHODS.filter((method) => !methods.includes(method)),
    url: toRoute(path),
    async onRequest() {
      throw new ApiError('method_not_allowed', { headers: { allow: methods.join(', ') } })
    },
    async handler() {
      throw new Error('the hook before has refused this request')
    },
  })
}

/** The path's parameters, as they came. */
export function readParams(params: unknown): Record<string, string> {
  const read: Record<string, string> = {}
  if (typeof params !== 'object' || params === null) return read
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string') read[name] = value
  }
  return read
}

function scopeMissing(scope: string): ApiError {
  return new ApiError('scope_missing', {
    detail: { en: `The scope ${scope} is needed.`, 'zh-CN': `需要权限 ${scope}。` },
  })
}
