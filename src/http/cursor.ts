// Places in a list. A cursor is authenticated and bound to the merchant, the mode and the filter, so
// that it opens nothing else (PRODUCT AP-27).

import { createHmac, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../errors.ts'

const MAC_BYTES = 16

/** What a list shows: its name, whose it is, and the filter. */
export interface ListScope {
  list: string
  merchantId: string
  livemode: boolean
  filter: Readonly<Record<string, unknown>>
}

export interface Cursors {
  write(scope: ListScope, id: string): string
  /** The id inside. Throws `cursor_invalid` for anything that `write` did not make for this scope. */
  read(scope: ListScope, cursor: string, param: string): string
}

export function createCursors(key: Uint8Array): Cursors {
  const mac = (scope: ListScope, id: string) => {
    const filter = Object.entries(scope.filter)
      .filter(([, value]) => value !== undefined)
      .sort()
    const text = JSON.stringify([scope.list, scope.merchantId, scope.livemode, filter, id])
    return createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES)
  }
  return {
    write: (scope, id) => Buffer.concat([mac(scope, id), Buffer.from(id)]).toString('base64url'),
    read(scope, cursor, param) {
      const bytes = Buffer.from(cursor, 'base64url')
      const id = bytes.subarray(MAC_BYTES).toString()
      const genuine =
        bytes.length > MAC_BYTES && timingSafeEqual(mac(scope, id), bytes.subarray(0, MAC_BYTES))
      if (!genuine || bytes.toString('base64url') !== cursor)
        throw new ApiError('cursor_invalid', { param })
      return id
    },
  }
}

export interface PageQuery {
  limit?: number
  after?: string
  before?: string
}

/** Rows of one page, newest first, with one more than `limit` when the direction goes on. */
export type ReadPage<Item> = (page: {
  limit: number
  after?: string | undefined
  before?: string | undefined
}) => Promise<Item[]>

export const DEFAULT_LIMIT = 20

/** Reads one page and presents it as the API's list (PRODUCT AP-26). */
export async function listPage<Item>(
  cursors: Cursors,
  scope: ListScope,
  query: PageQuery,
  list: { read: ReadPage<Item>; idOf(item: Item): string; present(item: Item): object },
) {
  if (query.after !== undefined && query.before !== undefined) {
    throw new ApiError('cursor_invalid', {
      param: '/before',
      detail: {
        en: 'Only one of after and before can be given.',
        'zh-CN': 'after 与 before 只能使用其一。',
      },
    })
  }
  const limit = query.limit ?? DEFAULT_LIMIT
  const after = query.after === undefined ? undefined : cursors.read(scope, query.after, '/after')
  const before =
    query.before === undefined ? undefined : cursors.read(scope, query.before, '/before')
  const rows = await list.read({ limit, after, before })
  const more = rows.length > limit
  const page = rows.slice(0, limit)
  // Rows before a cursor come oldest first, so that the nearest are on the page.
  if (before !== undefined) page.reverse()
  const [first, last] = [page.at(0), page.at(-1)]
  const hasOlder = before === undefined ? more : true
  const hasNewer = before === undefined ? after !== undefined : more
  return {
    object: 'list' as const,
    data: page.map((item) => list.present(item)),
    has_more: more,
    next_cursor: last && hasOlder ? cursors.write(scope, list.idOf(last)) : null,
    prev_cursor: first && hasNewer ? cursors.write(scope, list.idOf(first)) : null,
  }
}
