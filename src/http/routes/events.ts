// Events: what happened, read back and sent again.

import { getEvent, listEvents, presentEvent, redeliverEvent } from '../../webhooks/events.ts'
import { listPage } from '../cursor.ts'
import { creates, type Operation, reads } from '../operation.ts'
import { readTime } from '../query-time.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/webhook.ts'
import type { Services } from '../services.ts'

const TAG = 'Events'

export function eventOperations(services: Services): Operation[] {
  return [list(services), read(services), redeliver(services)]
}

function list({ pool, cursors }: Services): Operation {
  return reads({
    id: 'listEvents',
    tag: TAG,
    path: '/v1/events',
    summary: 'List events',
    description: 'Kept for at least 90 days.',
    scope: 'webhooks:read',
    query: schemas.EventQuery,
    body: Empty,
    answers: { 200: schemas.EventList },
    errors: ['cursor_invalid'],
    async handle({ owner, query }) {
      const filter = {
        type: query.type,
        subjectId: query.subject,
        createdFrom: readTime(query['created[gte]'], '/created[gte]'),
        createdBefore: readTime(query['created[lt]'], '/created[lt]'),
      }
      const body = await listPage(cursors, { list: 'events', ...owner, filter }, query, {
        read: (page) => listEvents(pool, { ...owner, ...filter }, page),
        idOf: (event) => event.eventId,
        present: presentEvent,
      })
      return { status: 200, body }
    },
  })
}

const one = { tag: TAG, params: { event: 'evt' }, query: Empty } as const

function read({ pool }: Services): Operation {
  return reads({
    ...one,
    id: 'getEvent',
    path: '/v1/events/{event}',
    summary: 'Read an event',
    scope: 'webhooks:read',
    body: Empty,
    answers: { 200: schemas.Event },
    errors: ['not_found'],
    etag: true,
    async handle({ owner, id }) {
      const event = await getEvent(pool, { ...owner, eventId: id('event') })
      return { status: 200, body: presentEvent(event) }
    },
  })
}

function redeliver({ endpoints }: Services): Operation {
  return creates({
    ...one,
    id: 'redeliverEvent',
    path: '/v1/events/{event}/redeliver',
    summary: 'Send an event again',
    description:
      'To one endpoint, or to every enabled one that chose its type. The id stays the same.',
    scope: 'webhooks:write',
    body: schemas.Redeliver,
    answers: { 200: schemas.Redelivered },
    errors: ['not_found', 'endpoint_disabled'],
    async handle({ owner, id, body }, db) {
      const event = id('event')
      const context = { ...endpoints, pool: db }
      const count = await redeliverEvent(
        context,
        { ...owner, eventId: event },
        body.webhook_endpoint,
      )
      return { status: 200, body: { object: 'redelivery', event, endpoints: count } }
    },
  })
}
