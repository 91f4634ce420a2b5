// Versions of the API. A key is pinned to the one it was made under (PRODUCT AP-2).

import { ApiError } from '../errors.ts'

/** Oldest first; the last is what new keys get. */
export const VERSIONS: readonly string[] = ['2026-11-01']

export const CURRENT_VERSION = '2026-11-01'

/** The version a request is answered in. Throws `version_unknown` with the supported ones. */
export function chooseVersion(header: string | string[] | undefined, pinned: string): string {
  if (header === undefined) return pinned
  if (typeof header === 'string' && VERSIONS.includes(header)) return header
  const list = VERSIONS.join(', ')
  throw new ApiError('version_unknown', {
    detail: { en: `Supported versions: ${list}.`, 'zh-CN': `受支持的版本：${list}。` },
  })
}
