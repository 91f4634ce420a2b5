// The merchant's own settings, in the mode of the key.

import type { Merchant } from '../../merchants/merchant.ts'
import { changes, type Operation, reads } from '../operation.ts'
import { time } from '../present.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/merchant.ts'
import type { Services } from '../services.ts'

const one = { tag: 'Merchant', path: '/v1/merchant', query: Empty } as const

export function merchantOperations(services: Services): Operation[] {
  return [read(services), change(services)]
}

function read({ merchants }: Services): Operation {
  return reads({
    ...one,
    id: 'getMerchant',
    summary: "Read the merchant's settings",
    description: 'The merchant of the key, with the settings of its mode.',
    scope: 'merchant:read',
    body: Empty,
    answers: { 200: schemas.Merchant },
    etag: true,
    async handle({ owner }) {
      return { status: 200, body: present(await merchants.read(owner)) }
    },
  })
}

function change({ merchants, payments: { ports } }: Services): Operation {
  return changes('PATCH', {
    ...one,
    id: 'updateMerchant',
    summary: "Change the merchant's settings",
    description:
      'What is not named stays as it is; a list replaces the whole list. The change counts in the mode of the key only, for every hub within five seconds.',
    scope: 'merchant:write',
    body: schemas.MerchantChange,
    answers: { 200: schemas.Merchant },
    errors: ['precondition_failed'],
    etag: true,
    async handle({ owner, key, body, check }) {
      const { time_zone, late_payment, return_origins, embed_origins, ...rest } = body
      const wanted = {
        ...rest,
        ...(time_zone !== undefined && { timeZone: time_zone }),
        ...(late_payment !== undefined && { latePayment: late_payment }),
        ...(return_origins !== undefined && { returnOrigins: return_origins }),
        ...(embed_origins !== undefined && { embedOrigins: embed_origins }),
      }
      const after = await merchants.change(owner, wanted, (before) => check(present(before)))
      // SE-39: who changed which settings; what they were set to may hold a person's contacts.
      ports.log.info(
        { ...owner, apiKeyId: key.apiKeyId, fields: Object.keys(body) },
        "the merchant's settings were changed",
      )
      return { status: 200, body: present(after) }
    },
  })
}

function present(merchant: Merchant) {
  const { phone, email, wechat, hours, url } = merchant.support
  return {
    id: merchant.merchantId,
    object: 'merchant',
    livemode: merchant.livemode,
    created: time(merchant.createdAt),
    updated: time(merchant.updatedAt),
    name: merchant.name,
    support: {
      phone: phone ?? null,
      email: email ?? null,
      wechat: wechat ?? null,
      hours: hours ?? null,
      url: url ?? null,
    },
    language: merchant.language,
    time_zone: merchant.timeZone,
    late_payment: merchant.latePayment,
    return_origins: merchant.returnOrigins,
    embed_origins: merchant.embedOrigins,
  }
}
