// A strong ETag of an answer: the same bytes, the same tag.

import { createHash } from 'node:crypto'

export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}
