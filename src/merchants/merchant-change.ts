// A change of a merchant's settings. Pure: what is named changes, what is null goes back to nothing.

import { ApiError } from '../errors.ts'
import type { Milliseconds } from '../ports.ts'
import type { Merchant, MerchantSettings, Support } from './merchant.ts'
import { checkOrigins } from './origins.ts'

export interface MerchantChange extends Partial<Omit<MerchantSettings, 'support'>> {
  /** Contacts that are not named stay as they are; null removes one. */
  support?: { [Name in keyof Support]?: string | null }
}

/** The merchant after the change, one version on. Throws `field_invalid`. */
export function changed(before: Merchant, wanted: MerchantChange, at: Milliseconds): Merchant {
  const { support, ...rest } = wanted
  const after = {
    ...before,
    ...rest,
    support: mergeSupport(before.support, support ?? {}),
    version: before.version + 1,
    updatedAt: at,
  }
  if (!isTimeZone(after.timeZone)) throw notATimeZone()
  checkOrigins(after.returnOrigins, '/return_origins', before.livemode)
  checkOrigins(after.embedOrigins, '/embed_origins', before.livemode)
  return after
}

function mergeSupport(before: Support, wanted: NonNullable<MerchantChange['support']>): Support {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries({ ...before, ...wanted })) {
    if (typeof value === 'string') kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

function isTimeZone(name: string): boolean {
  // Offsets like +08:00 are taken by Intl too, but do not know of summer time.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function notATimeZone(): ApiError {
  return new ApiError('field_invalid', {
    param: '/time_zone',
    detail: {
      en: 'The zone is not known. Use a name of the IANA database, like Asia/Shanghai.',
      'zh-CN': '未知的时区。请使用 IANA 时区名称，如 Asia/Shanghai。',
    },
  })
}
