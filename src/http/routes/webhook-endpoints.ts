// Webhook endpoints: where a merchant is told, and what was sent there.

import { listDeliveries, listTries } from '../../webhooks/deliveries.ts'
import { sendTestEvent } from '../../webhooks/endpoint-events.ts'
import {
  allowedUrl,
  deleteEndpoint,
  type Endpoint,
  getEndpoint,
  insertEndpoint,
  listEndpoints,
  patchEndpoint,
  presentEndpoint,
  rotateSecret,
} from '../../webhooks/endpoints.ts'
import { type EventFilter, isEventType } from '../../webhooks/event-types.ts'
import { redeliverRange } from '../../webhooks/events.ts'
import { listPage } from '../cursor.ts'
import { type Call, changes, creates, type Operation, reads } from '../operation.ts'
import { time } from '../present.ts'
import { readTime } from '../query-time.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/webhook.ts'
import type { Services } from '../services.ts'

const TAG = 'Webhooks'

export function webhookEndpointOperations(services: Services): Operation[] {
  return [
    create(services),
    list(services),
    read(services),
    change(services),
    remove(services),
    rotate(services),
    test(services),
    deliveries(services),
    tries(services),
    redeliver(services),
  ]
}

function create({ endpoints }: Services): Operation {
  return creates({
    id: 'createWebhookEndpoint',
    tag: TAG,
    path: '/v1/webhook_endpoints',
    summary: 'Add a webhook endpoint',
    description: 'The answer shows the secret once. Without `types` every event is sent.',
    scope: 'webhooks:write',
    query: Empty,
    body: schemas.NewWebhookEndpoint,
    answers: { 201: schemas.EndpointWithSecret },
    errors: ['url_not_allowed'],
    async before({ body }) {
      await allowedUrl(endpoints.guard, body.url)
    },
    async handle({ owner, body }, db) {
      const { endpoint, secret } = await insertEndpoint(
        { ...endpoints, pool: db },
        {
          ...owner,
          url: body.url,
          description: body.description ?? '',
          types: filterOf(body.types ?? ['*']),
        },
      )
      return { status: 201, body: { ...presentEndpoint(endpoint), secret: secret.reveal() } }
    },
  })
}

function list({ pool, cursors }: Services): Operation {
  return reads({
    id: 'listWebhookEndpoints',
    tag: TAG,
    path: '/v1/webhook_endpoints',
    summary: 'List webhook endpoints',
    scope: 'webhooks:read',
    query: schemas.PageOnly,
    body: Empty,
    answers: { 200: schemas.WebhookEndpointList },
    errors: ['cursor_invalid'],
    async handle({ owner, query }) {
      const body = await listPage(
        cursors,
        { list: 'webhook_endpoints', ...owner, filter: {} },
        query,
        {
          read: (page) => listEndpoints({ pool }, owner, page),
          idOf: (endpoint) => endpoint.endpointId,
          present: presentEndpoint,
        },
      )
      return { status: 200, body }
    },
  })
}

function filterOf(types: readonly string[]): EventFilter {
  return types.includes('*') ? ['*'] : types.filter(isEventType)
}

const one = { tag: TAG, params: { webhook_endpoint: 'whe' }, query: Empty } as const

function keyOf({ owner, id }: Pick<Call<unknown, unknown>, 'owner' | 'id'>) {
  return { ...owner, endpointId: id('webhook_endpoint') }
}

function read({ pool }: Services): Operation {
  return reads({
    ...one,
    id: 'getWebhookEndpoint',
    path: '/v1/webhook_endpoints/{webhook_endpoint}',
    summary: 'Read a webhook endpoint',
    scope: 'webhooks:read',
    body: Empty,
    answers: { 200: schemas.WebhookEndpoint },
    errors: ['not_found'],
    etag: true,
    handle: async (call) => ({
      status: 200,
      body: presentEndpoint(await getEndpoint({ pool }, keyOf(call))),
    }),
  })
}

/** The endpoint as `If-Match` wants it; a change then only acts on this very version. */
async function unchanged(
  ctx: Parameters<typeof getEndpoint>[0],
  call: Call<unknown, unknown>,
): Promise<Endpoint> {
  const endpoint = await getEndpoint(ctx, keyOf(call))
  call.check(presentEndpoint(endpoint))
  return endpoint
}

function change({ pool, endpoints }: Services): Operation {
  return changes('PATCH', {
    ...one,
    id: 'updateWebhookEndpoint',
    path: '/v1/webhook_endpoints/{webhook_endpoint}',
    summary: 'Change a webhook endpoint',
    scope: 'webhooks:write',
    body: schemas.WebhookEndpointChange,
    answers: { 200: schemas.WebhookEndpoint },
    errors: ['not_found', 'url_not_allowed', 'precondition_failed'],
    etag: true,
    async handle(call) {
      const { version } = await unchanged({ pool }, call)
      const { types, ...others } = call.body
      const wanted = { ...others, ...(types && { types: filterOf(types) }) }
      const endpoint = await patchEndpoint(endpoints, keyOf(call), wanted, version)
      return { status: 200, body: presentEndpoint(endpoint) }
    },
  })
}

function remove({ pool }: Services): Operation {
  return changes('DELETE', {
    ...one,
    id: 'deleteWebhookEndpoint',
    path: '/v1/webhook_endpoints/{webhook_endpoint}',
    summary: 'Remove a webhook endpoint',
    scope: 'webhooks:write',
    body: Empty,
    answers: { 200: schemas.Deleted },
    errors: ['not_found', 'precondition_failed'],
    async handle(call) {
      const { version, endpointId } = await unchanged({ pool }, call)
      await deleteEndpoint({ pool }, keyOf(call), version)
      return { status: 200, body: { id: endpointId, object: 'webhook_endpoint', deleted: true } }
    },
  })
}

function rotate({ endpoints }: Services): Operation {
  return creates({
    ...one,
    id: 'rotateWebhookSecret',
    path: '/v1/webhook_endpoints/{webhook_endpoint}/rotate_secret',
    summary: 'Give a webhook endpoint a new secret',
    description: 'For 24 hours both secrets sign.',
    scope: 'webhooks:write',
    body: Empty,
    answers: { 200: schemas.EndpointWithSecret },
    errors: ['not_found', 'precondition_failed'],
    async handle(call, db) {
      const { version } = await unchanged({ pool: db }, call)
      const { endpoint, secret } = await rotateSecret(
        { ...endpoints, pool: db },
        keyOf(call),
        version,
      )
      return { status: 200, body: { ...presentEndpoint(endpoint), secret: secret.reveal() } }
    },
  })
}

function test({ endpoints }: Services): Operation {
  return creates({
    ...one,
    id: 'testWebhookEndpoint',
    path: '/v1/webhook_endpoints/{webhook_endpoint}/test',
    summary: 'Send a test event to a webhook endpoint',
    scope: 'webhooks:write',
    body: Empty,
    answers: { 200: schemas.TestSent },
    errors: ['not_found', 'endpoint_disabled'],
    async handle(call, db) {
      const event = await sendTestEvent({ ...endpoints, pool: db }, keyOf(call))
      return { status: 200, body: { object: 'webhook_test', event } }
    },
  })
}

function deliveries({ pool, cursors }: Services): Operation {
  return reads({
    ...one,
    id: 'listDeliveries',
    path: '/v1/webhook_endpoints/{webhook_endpoint}/deliveries',
    summary: 'List what was sent to a webhook endpoint',
    scope: 'webhooks:read',
    query: schemas.DeliveryQuery,
    body: Empty,
    answers: { 200: schemas.DeliveryList },
    errors: ['not_found', 'cursor_invalid'],
    async handle(call) {
      const { owner, query } = call
      const filter = { endpoint: call.id('webhook_endpoint'), status: query.status }
      const body = await listPage(cursors, { list: 'deliveries', ...owner, filter }, query, {
        read: (page) => listDeliveries(pool, keyOf(call), { ...page, status: query.status }),
        idOf: (delivery) => delivery.eventId,
        present: (delivery) => ({
          object: 'delivery',
          event: delivery.eventId,
          type: delivery.type,
          subject: delivery.subjectId,
          sequence: delivery.sequence,
          status: delivery.status,
          tries: delivery.tries,
          next_try_at: time(delivery.nextTryAt),
          created: time(delivery.createdAt),
        }),
      })
      return { status: 200, body }
    },
  })
}

function tries({ pool }: Services): Operation {
  return reads({
    ...one,
    id: 'listDeliveryTries',
    params: { webhook_endpoint: 'whe', event: 'evt' },
    path: '/v1/webhook_endpoints/{webhook_endpoint}/deliveries/{event}',
    summary: 'List every try of one delivery',
    description: 'The first one first; all of them on one page.',
    scope: 'webhooks:read',
    body: Empty,
    answers: { 200: schemas.Tries },
    errors: ['not_found'],
    async handle(call) {
      const all = await listTries(pool, { ...keyOf(call), eventId: call.id('event') })
      const data = all.map((one) => ({
        object: 'delivery_try',
        try: one.try,
        at: time(one.at),
        duration_ms: one.durationMs,
        status: one.status,
        answer: one.answer,
      }))
      return {
        status: 200,
        body: { object: 'list', data, has_more: false, next_cursor: null, prev_cursor: null },
      }
    },
  })
}

function redeliver({ endpoints }: Services): Operation {
  return creates({
    ...one,
    id: 'redeliverRange',
    path: '/v1/webhook_endpoints/{webhook_endpoint}/redeliver',
    summary: 'Send the events of a time again to a webhook endpoint',
    description: 'A thousand events at a time: repeat with `after` until `next` is null.',
    scope: 'webhooks:write',
    body: schemas.RedeliverRange,
    answers: { 200: schemas.RangeRedelivered },
    errors: ['not_found', 'endpoint_disabled'],
    async handle(call, db) {
      const { events, next } = await redeliverRange({ ...endpoints, pool: db }, keyOf(call), {
        from: readTime(call.body.from, '/from'),
        before: readTime(call.body.before, '/before'),
        after: call.body.after,
      })
      return { status: 200, body: { object: 'redelivery_range', events, next } }
    },
  })
}
