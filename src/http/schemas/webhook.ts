// Events, webhook endpoints and what was sent to them.

import { Type } from 'typebox'
import { EVENT_TYPES } from '../../webhooks/event-types.ts'
import { id, listOf, nullable, pageQuery, strict, Timestamp, TimestampInput } from './common.ts'
import { Payment } from './payment.ts'

const EventTypeName = Type.Enum([...EVENT_TYPES])
const SubjectId = Type.String({
  pattern: '^(pay|whe)_[0-9a-hjkmnp-tv-z]{26}$',
  maxLength: 30,
})

const endpointFields = {
  id: id('whe'),
  object: Type.Literal('webhook_endpoint'),
  created: Timestamp,
  updated: Timestamp,
  livemode: Type.Boolean(),
  url: Type.String(),
  description: Type.String(),
  types: Type.Array(Type.String(), { description: 'Event types, or the single element `*`.' }),
  status: Type.Enum(['enabled', 'disabled']),
  disabled_reason: nullable(Type.Enum(['gone', 'failing'])),
  failing_since: nullable(Timestamp),
  previous_secret_until: nullable(Timestamp),
}

export const WebhookEndpoint = strict(endpointFields, { title: 'WebhookEndpoint' })

export const EndpointWithSecret = strict(
  {
    ...endpointFields,
    secret: Type.String({
      pattern: '^whsec_',
      description: 'Verifies signatures; shown only here.',
    }),
  },
  { title: 'WebhookEndpointWithSecret' },
)

const Url = Type.String({ minLength: 1, maxLength: 2000, pattern: '^[^\\s\\u0000-\\u001f]+$' })
const Description = Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })
const Types = Type.Union(
  [
    Type.Array(EventTypeName, { minItems: 1, maxItems: EVENT_TYPES.length, uniqueItems: true }),
    Type.Array(Type.Literal('*'), { minItems: 1, maxItems: 1 }),
  ],
  { description: 'Event types, or `["*"]` for all, also those that come later.' },
)

export const NewWebhookEndpoint = strict(
  { url: Url, description: Type.Optional(Description), types: Type.Optional(Types) },
  { title: 'NewWebhookEndpoint' },
)

export const WebhookEndpointChange = strict(
  {
    url: Type.Optional(Url),
    description: Type.Optional(Description),
    types: Type.Optional(Types),
    status: Type.Optional(Type.Enum(['enabled', 'disabled'])),
  },
  { title: 'WebhookEndpointChange' },
)

export const WebhookEndpointList = listOf(WebhookEndpoint)
export const PageOnly = strict(pageQuery)

export const Deleted = strict(
  { id: id('whe'), object: Type.Literal('webhook_endpoint'), deleted: Type.Literal(true) },
  { title: 'DeletedWebhookEndpoint' },
)

export const TestSent = strict(
  { object: Type.Literal('webhook_test'), event: id('evt') },
  { title: 'WebhookTest' },
)

export const Delivery = strict(
  {
    object: Type.Literal('delivery'),
    event: id('evt'),
    type: Type.String(),
    subject: SubjectId,
    sequence: Type.Integer({ minimum: 1 }),
    status: Type.Enum(['pending', 'succeeded', 'failed']),
    tries: Type.Integer({ minimum: 0 }),
    next_try_at: nullable(Timestamp),
    created: Timestamp,
  },
  { title: 'Delivery' },
)

export const DeliveryList = listOf(Delivery)

export const DeliveryQuery = strict({
  ...pageQuery,
  status: Type.Optional(Type.Enum(['pending', 'succeeded', 'failed'])),
})

export const Tries = listOf(
  strict(
    {
      object: Type.Literal('delivery_try'),
      try: Type.Integer({ minimum: 1 }),
      at: Timestamp,
      duration_ms: Type.Integer({ minimum: 0 }),
      status: nullable(Type.Integer()),
      answer: Type.String({ description: 'The first KB of the answer, or why there was none.' }),
    },
    { title: 'DeliveryTry' },
  ),
)

export const Event = strict(
  {
    id: id('evt'),
    object: Type.Literal('event'),
    created: Timestamp,
    livemode: Type.Boolean(),
    type: Type.String(),
    subject: SubjectId,
    sequence: Type.Integer({
      minimum: 1,
      description: 'Counts the events of the subject, without gaps.',
    }),
    data: Type.Union([Payment, WebhookEndpoint]),
  },
  { title: 'Event' },
)

export const EventList = listOf(Event)

export const EventQuery = strict({
  ...pageQuery,
  type: Type.Optional(Type.Enum([...EVENT_TYPES, 'webhook_endpoint.test'])),
  subject: Type.Optional(SubjectId),
  'created[gte]': Type.Optional(TimestampInput),
  'created[lt]': Type.Optional(TimestampInput),
})

export const Redeliver = strict(
  { webhook_endpoint: Type.Optional(id('whe')) },
  { title: 'Redeliver' },
)

export const Redelivered = strict(
  {
    object: Type.Literal('redelivery'),
    event: id('evt'),
    endpoints: Type.Integer({ minimum: 0, description: 'How many endpoints get it.' }),
  },
  { title: 'Redelivery' },
)

export const RedeliverRange = strict(
  {
    from: TimestampInput,
    before: TimestampInput,
    after: Type.Optional(id('evt', '`next` of the answer before.')),
  },
  { title: 'RedeliverRange' },
)

export const RangeRedelivered = strict(
  {
    object: Type.Literal('redelivery_range'),
    events: Type.Integer({ minimum: 0 }),
    next: nullable(id('evt', 'Repeat with `after` set to it; null when the range is done.')),
  },
  { title: 'RedeliveryRange' },
)
