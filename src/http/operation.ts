// One operation of the API: what it takes, what it answers, who may call it, and the function that
// does it. The server and the OpenAPI document are made from the same list of these.

import type { Static, TSchema } from 'typebox'
import { ApiError, type ErrorCode } from '../errors.ts'
import { type IdPrefix, isId } from '../ids.ts'
import type { ApiKey } from '../merchants/api-keys.ts'
import type { KeyTransaction } from '../merchants/idempotency-store.ts'
import type { Scope } from '../merchants/scopes.ts'
import { etagOf } from './etag.ts'
import { type Idempotency, inProgress, isKept, type Kept, type KeyUse } from './idempotency.ts'
import { createReader } from './validate.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** What the documentation says about an operation, whoever calls it. */
export interface Documented {
  method: Method
  /** Unique name in camel case; generated clients use it. */
  id: string
  tag: string
  /** As in OpenAPI, e.g. `/v1/payments/{payment}`. */
  path: string
  summary: string
  description?: string
  /** What opens it, beside nothing else: a key's scope, a payment's client secret, or its own path. */
  opens: 'key' | 'client_secret' | 'path'
  /** With `key`: the scope that is needed. */
  scope?: Scope
  /** The kind of id of each parameter in the path, or `token`. */
  params?: Readonly<Record<string, IdPrefix | 'token'>>
  query: TSchema
  body: TSchema
  answers: Readonly<Record<number, TSchema>>
  /** Content type of the answers, where it is not JSON. */
  media?: string
  /** What may be refused beyond the errors that every operation has. */
  errors?: readonly ErrorCode[]
  /** Answers a single object with an ETag. */
  etag?: boolean
  /** Needs an `Idempotency-Key`. */
  keyed?: boolean
}

/** An operation of the merchant's side as it is written down. */
export interface Description<Body extends TSchema, Query extends TSchema>
  extends Omit<Documented, 'method' | 'opens' | 'media' | 'keyed'> {
  scope: Scope
  params?: Readonly<Record<string, IdPrefix>>
  query: Query
  body: Body
}

/** A request as an operation sees it: checked, and with a known caller. */
export interface Call<Body, Query> {
  key: ApiKey
  /** Whose objects the caller may see: one merchant's, in one mode. */
  owner: { merchantId: string; livemode: boolean }
  /** The id that the path has under this name. */
  id(name: string): string
  query: Query
  body: Body
  /** Throws `precondition_failed` when `If-Match` names another state than that of `object`. */
  check(object: object): void
}

/** A request as it arrives. */
export interface Incoming {
  key: ApiKey
  params: Readonly<Record<string, string>>
  query: unknown
  body: unknown
  ifMatch: string | undefined
  /** Only for POST. */
  use: KeyUse | undefined
  /** Turns a refusal into the text of its problem, to be kept under the idempotency key. */
  problem(error: ApiError): { status: number; text: string }
}

export interface Answer {
  status: number
  body: object
}

export interface Reply extends Kept {
  etag?: string
}

export interface Operation extends Documented {
  scope: Scope
  params?: Readonly<Record<string, IdPrefix>>
  run(incoming: Incoming, idempotency: Idempotency): Promise<Reply>
}

type Handle<Body extends TSchema, Query extends TSchema, Extra extends unknown[]> = (
  call: Call<Static<Body>, Static<Query>>,
  ...extra: Extra
) => Promise<Answer>

/** GET: reads and changes nothing. */
export function reads<B extends TSchema, Q extends TSchema>(
  definition: Description<B, Q> & { handle: Handle<B, Q, []> },
): Operation {
  return simple('GET', definition)
}

/** PATCH or DELETE: idempotent by nature, so no key is asked for. */
export function changes<B extends TSchema, Q extends TSchema>(
  method: 'PATCH' | 'DELETE',
  definition: Description<B, Q> & { handle: Handle<B, Q, []> },
): Operation {
  return simple(method, definition)
}

function simple<B extends TSchema, Q extends TSchema>(
  method: Method,
  definition: Description<B, Q> & { handle: Handle<B, Q, []> },
): Operation {
  const { handle, ...description } = definition
  const read = createCallReader(description)
  return {
    ...description,
    opens: 'key',
    method,
    async run(incoming) {
      const { status, body } = await handle(read(incoming))
      return reply(status, body, description.etag)
    },
  }
}

/**
 * POST whose rows are written on the given connection, together with the idempotency key. What has
 * to be asked of others is asked in `before`: nobody is waited for while the connection is held.
 */
export function creates<B extends TSchema, Q extends TSchema>(
  definition: Description<B, Q> & {
    before?: (call: Call<Static<B>, Static<Q>>) => Promise<void>
    handle: Handle<B, Q, [KeyTransaction]>
  },
): Operation {
  const { before, handle, ...description } = definition
  return posts(description, async (call, use, idempotency) => {
    await before?.(call)
    return idempotency.inTransaction(use, async (connection) =>
      toText(await handle(call, connection)),
    )
  })
}

/** POST that asks others (a wallet, an endpoint) and may take seconds; a repeat meanwhile gets 409. */
export function acts<B extends TSchema, Q extends TSchema>(
  definition: Description<B, Q> & { handle: Handle<B, Q, []> },
): Operation {
  const { handle, ...description } = definition
  return posts(description, (call, use, idempotency) =>
    idempotency.claimed(use, async () => toText(await handle(call))),
  )
}

/** POST that writes its idempotency key itself, in the commit of the journal. */
export function commits<B extends TSchema, Q extends TSchema>(
  definition: Description<B, Q> & {
    handle: (
      call: Call<Static<B>, Static<Q>>,
      use: KeyUse,
      idempotency: Idempotency,
    ) => Promise<Kept>
  },
): Operation {
  const { handle, ...description } = definition
  return posts(description, handle)
}

function posts<B extends TSchema, Q extends TSchema>(
  description: Description<B, Q>,
  work: (call: Call<Static<B>, Static<Q>>, use: KeyUse, idempotency: Idempotency) => Promise<Kept>,
): Operation {
  const read = createCallReader(description)
  return {
    ...description,
    opens: 'key',
    method: 'POST',
    keyed: true,
    async run(incoming, idempotency) {
      const { use } = incoming
      if (!use) throw new Error('a POST came without its idempotency key')
      const call = read(incoming)
      const found = await idempotency.look(use)
      if (found.kind === 'answered') return found.kept
      if (found.kind === 'running' && found.note === null) throw inProgress()
      try {
        return await work(call, use, idempotency)
      } catch (error) {
        if (
          !(error instanceof ApiError) ||
          !isKept(error) ||
          error.code === 'idempotency_key_reused'
        )
          throw error
        const { status, text } = incoming.problem(error)
        return await idempotency.keep(use, status, text)
      }
    },
  }
}

function createCallReader<B extends TSchema, Q extends TSchema>(description: Description<B, Q>) {
  const readBody = createReader(description.body)
  const readQuery = createReader(description.query)
  return (incoming: Incoming): Call<Static<B>, Static<Q>> => {
    const { key, ifMatch, params } = incoming
    for (const [name, prefix] of Object.entries(description.params ?? {})) {
      if (!isId(prefix, params[name] ?? '')) throw new ApiError('not_found')
    }
    return {
      key,
      owner: { merchantId: key.merchantId, livemode: key.livemode },
      id(name) {
        const id = params[name]
        if (id === undefined) throw new Error(`the path has no parameter ${name}`)
        return id
      },
      query: readQuery(incoming.query),
      body: readBody(incoming.body ?? {}),
      check(object) {
        if (ifMatch === undefined || ifMatch === '*') return
        const tags = ifMatch.split(',').map((tag) => tag.trim())
        if (!tags.includes(etagOf(JSON.stringify(object))))
          throw new ApiError('precondition_failed')
      },
    }
  }
}

function toText({ status, body }: Answer): { status: number; text: string } {
  return { status, text: JSON.stringify(body) }
}

function reply(status: number, body: object, withTag = false): Reply {
  const text = JSON.stringify(body)
  return { status, text, replayed: false, ...(withTag && { etag: etagOf(text) }) }
}
