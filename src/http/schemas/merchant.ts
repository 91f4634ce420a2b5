// A merchant's own settings: what payers are told and who may show the payment page.

import { type TSchema, Type } from 'typebox'
import { id, line, nullable, strict, Timestamp } from './common.ts'

const NAME = 'Your name as payers read it.'
const Language = Type.Enum(['zh-CN', 'zh-TW', 'en', 'ja'], {
  description: 'For payers whose browser asks for none of these languages.',
})
const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'IANA name of the zone in which pages and receipts print times.',
  examples: ['Asia/Shanghai'],
})
const LatePayment = Type.Enum(['open', 'accept', 'refund'], {
  description:
    'For payments that do not say it themselves. Money that arrives after the payment ended: `open` accepts it unless you canceled, `accept` always, `refund` never.',
})
const origins = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
    maxItems: 50,
    uniqueItems: true,
    description,
    examples: [['https://shop.example']],
  })
const ReturnOrigins = origins(
  'Origins that a `return_url` may have. While there is none, any web address is taken. In live mode https only.',
)
const EmbedOrigins = origins(
  'Origins of the pages in which `<tongbao-checkout>` may show the payment page. While there is none, nobody can frame it. In live mode https only.',
)

const contacts = {
  phone: Type.String({ pattern: '^\\+?[0-9 ()-]{3,30}$', maxLength: 31 }),
  email: Type.String({
    maxLength: 254,
    pattern: '^[^\\s@\\u0000-\\u001f]{1,64}@[^\\s@\\u0000-\\u001f]{1,189}$',
  }),
  wechat: line(64, 'WeChat number.'),
  hours: line(100, 'When you answer, in your own words.'),
  url: Type.String({ maxLength: 500, pattern: '^https?://[^\\s\\u0000-\\u001f]+$' }),
}

const removable = <Schema extends TSchema>(schema: Schema) => Type.Optional(nullable(schema))

export const Merchant = strict(
  {
    id: id('mer'),
    object: Type.Literal('merchant'),
    livemode: Type.Boolean({ description: 'Each mode has settings of its own.' }),
    created: Timestamp,
    updated: Timestamp,
    name: line(100, NAME),
    support: strict(
      {
        phone: nullable(Type.String()),
        email: nullable(Type.String()),
        wechat: nullable(Type.String()),
        hours: nullable(Type.String()),
        url: nullable(Type.String()),
      },
      { description: 'How payers reach you.' },
    ),
    language: nullable(Language),
    time_zone: TimeZone,
    late_payment: LatePayment,
    return_origins: ReturnOrigins,
    embed_origins: EmbedOrigins,
  },
  { title: 'Merchant' },
)

export const MerchantChange = strict(
  {
    name: Type.Optional(line(100, NAME)),
    support: Type.Optional(
      strict(
        {
          phone: removable(contacts.phone),
          email: removable(contacts.email),
          wechat: removable(contacts.wechat),
          hours: removable(contacts.hours),
          url: removable(contacts.url),
        },
        {
          description: 'Contacts that are not named stay as they are; null removes one.',
        },
      ),
    ),
    language: removable(Language),
    time_zone: Type.Optional(TimeZone),
    late_payment: Type.Optional(LatePayment),
    return_origins: Type.Optional(ReturnOrigins),
    embed_origins: Type.Optional(EmbedOrigins),
  },
  { title: 'MerchantChange' },
)
