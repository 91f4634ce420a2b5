// The OpenAPI 3.1 document, made from the operations that the server runs.

import type { TSchema } from 'typebox'
import { ERROR_CODES, ERRORS, type ErrorCode } from '../errors.ts'
import type { Documented } from './operation.ts'
import { CURRENT_VERSION } from './version.ts'

type Json = string | number | boolean | null | undefined | Json[] | { [name: string]: Json }
type JsonObject = { [name: string]: Json }

/** Refused at any operation, beyond what each one names itself. */
const EVERYWHERE: readonly ErrorCode[] = [
  'request_malformed',
  'rate_limited',
  'internal',
  'not_ready',
]
const WITH_SCHEMA: readonly ErrorCode[] = ['unknown_field', 'field_invalid']
/** By what opens the operation. */
const ACCESS: Record<Documented['opens'], readonly ErrorCode[]> = {
  key: [
    ...WITH_SCHEMA,
    'version_unknown',
    'key_missing',
    'key_invalid',
    'key_expired',
    'key_revoked',
    'scope_missing',
    'address_not_allowed',
  ],
  client_secret: [...WITH_SCHEMA, 'client_secret_missing', 'not_found', 'origin_not_allowed'],
  path: ['not_found', 'origin_not_allowed'],
}
const SECURITY: Record<Documented['opens'], Json[]> = {
  key: [{ apiKey: [] }],
  client_secret: [{ clientSecret: [] }],
  path: [],
}
const WITH_BODY: readonly ErrorCode[] = [
  'body_invalid',
  'field_missing',
  'body_too_large',
  'media_type_unsupported',
]
const WITH_KEY: readonly ErrorCode[] = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_in_progress',
]

/** Every code that an operation can answer with. */
export function errorsOf(operation: Documented): ErrorCode[] {
  const { method, opens, keyed } = operation
  const codes = [
    ...EVERYWHERE,
    ...ACCESS[opens],
    ...(method === 'GET' ? [] : WITH_BODY),
    ...(keyed ? WITH_KEY : []),
    ...(operation.errors ?? []),
  ]
  return ERROR_CODES.filter((code) => codes.includes(code))
}

export function documentOf(operations: readonly Documented[], base: string): JsonObject {
  const components: JsonObject = { Problem: PROBLEM }
  const paths: { [path: string]: JsonObject } = {}
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: operationJson(operation, components),
    }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Tongbao 通宝',
      version: CURRENT_VERSION,
      summary: 'One API for the wallets that your customers trust.',
      description:
        'Amounts are integers in minor units, times are RFC 3339 in UTC, errors are RFC 9457 problems. Every POST of a merchant needs an `Idempotency-Key`.',
      contact: { name: 'The operator of this hub', url: base },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // The audience of this address is everybody who has a key or a client secret.
    servers: [{ url: base, 'x-internal': false }],
    security: [{ apiKey: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({
      name,
      ...(TAGS[name] !== undefined && { description: TAGS[name] }),
    })),
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A secret key: `tb_test_sk_…` or `tb_live_sk_…`. Never in a browser.',
        },
        clientSecret: {
          type: 'http',
          scheme: 'bearer',
          description: "One payment's `client_secret`: it opens this payment and nothing else.",
        },
      },
      schemas: components,
      headers: {
        RequestId: {
          description: "The request's number, also in the hub's log.",
          schema: { type: 'string', ...idForm('req') },
        },
        RetryAfter: {
          description: 'Seconds to wait.',
          schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 3600 },
        },
      },
    },
  }
}

const TAGS: Record<string, string> = {
  Checkout: "The payer's side: what the payment page asks, with one payment's client secret only.",
}

function operationJson(operation: Documented, components: JsonObject): JsonObject {
  const { method } = operation
  const hasBody = method === 'POST' || method === 'PATCH'
  const description = operation.description ?? `${operation.summary}.`
  const needed = operation.scope === undefined ? '' : ` Needs the scope \`${operation.scope}\`.`
  const bodyNeeded = hasBody && 'required' in operation.body
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: description + needed,
    security: SECURITY[operation.opens],
    parameters: parametersOf(operation, components),
    ...(hasBody && {
      requestBody: {
        required: bodyNeeded,
        content: { 'application/json': { schema: toJson(operation.body, components) } },
      },
    }),
    responses: { ...answersOf(operation, components), ...problemsOf(operation) },
  }
}

function parametersOf(operation: Documented, components: JsonObject): Json[] {
  const path = Object.entries(operation.params ?? {}).map(([name, prefix]) => ({
    name,
    in: 'path',
    required: true,
    schema:
      prefix === 'token'
        ? { type: 'string', pattern: '^[0-9a-z]{1,200}$', maxLength: 200 }
        : { type: 'string', ...idForm(prefix) },
  }))
  const query = propertiesOf(operation.query).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: toJson(schema, components),
  }))
  const header = (name: string, required: boolean, description: string, schema: JsonObject) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string', ...schema },
  })
  return [
    ...path,
    ...query,
    ...(operation.opens === 'key'
      ? [
          header('Tongbao-Version', false, 'Default: the version that the key was made under.', {
            pattern: '^\\d{4}-\\d{2}-\\d{2}$',
            maxLength: 10,
          }),
        ]
      : []),
    ...(operation.keyed
      ? [
          header(
            'Idempotency-Key',
            true,
            'A repeat with the same key and body has no second effect.',
            { minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
          ),
        ]
      : []),
    ...(operation.errors?.includes('precondition_failed')
      ? [
          header('If-Match', false, 'Only if the object still has this ETag.', {
            pattern: '^[\\x20-\\x7e]+$',
            maxLength: 1000,
          }),
        ]
      : []),
  ]
}

function idForm(prefix: string): JsonObject {
  return { pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`, maxLength: prefix.length + 27 }
}

function answersOf(operation: Documented, components: JsonObject): JsonObject {
  const answers: JsonObject = {}
  for (const [status, schema] of Object.entries(operation.answers)) {
    answers[status] = {
      description: DESCRIPTIONS[status] ?? 'Done.',
      headers: { 'Request-Id': { $ref: '#/components/headers/RequestId' } },
      content: { [operation.media ?? 'application/json']: { schema: toJson(schema, components) } },
    }
  }
  if (operation.etag && operation.method === 'GET') answers['304'] = { description: 'Not changed.' }
  return answers
}

const DESCRIPTIONS: Record<string, string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Begun; not finished yet.',
}

function problemsOf(operation: Documented): JsonObject {
  const problems: JsonObject = {}
  const codes = errorsOf(operation)
  for (const status of new Set(codes.map((code) => ERRORS[code].status))) {
    const here = codes.filter((code) => ERRORS[code].status === status)
    const retryAfter = status === 409 || status === 429 || status === 503
    problems[String(status)] = {
      description: here.map((code) => `\`${code}\`: ${ERRORS[code].title.en}.`).join('\n\n'),
      headers: {
        'Request-Id': { $ref: '#/components/headers/RequestId' },
        ...(retryAfter && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
      },
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              { type: 'object', properties: { code: { enum: here } } },
            ],
          },
        },
      },
    }
  }
  return problems
}

const PROBLEM: JsonObject = {
  type: 'object',
  title: 'Problem',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'category', 'retry'],
  properties: {
    type: { type: 'string', description: 'Address of a page about this code.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong and what to do.' },
    instance: { type: 'string', description: "The request's number." },
    code: { type: 'string', enum: [...ERROR_CODES] },
    category: {
      type: 'string',
      enum: ['request', 'authentication', 'permission', 'state', 'limit', 'server'],
    },
    retry: { type: 'string', enum: ['never', 'same_request', 'new_request', 'later'] },
    param: { type: 'string', description: 'JSON pointer (RFC 6901) to the field.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['code', 'message'],
        properties: {
          code: { type: 'string' },
          param: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
  },
}

function propertiesOf(schema: TSchema): [string, unknown][] {
  if (
    !('properties' in schema) ||
    typeof schema.properties !== 'object' ||
    schema.properties === null
  )
    return []
  return Object.entries(schema.properties)
}

/** A schema as JSON; every schema inside that has a title becomes a component. */
function toJson(schema: unknown, components: JsonObject): Json {
  if (Array.isArray(schema)) return schema.map((item) => toJson(item, components))
  if (typeof schema !== 'object' || schema === null) return isPlain(schema) ? schema : undefined
  const json: JsonObject = {}
  for (const [name, value] of Object.entries(schema)) json[name] = toJson(value, components)
  if (json.type === 'integer') json.format = 'int64'
  const { title } = json
  // A member that is called "title" is a schema, not a name.
  if (typeof title !== 'string') return json
  components[title] = json
  return { $ref: `#/components/schemas/${title}` }
}

function isPlain(value: unknown): value is string | number | boolean | null | undefined {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)
}
