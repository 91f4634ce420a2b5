// Query parameters as their schema wants them: integers as numbers, everything else as it came.

import type { TSchema } from 'typebox'
import { ApiError } from '../errors.ts'

/** Throws `field_invalid` for a parameter that stands twice or holds what no text may hold. */
export function readQuery(query: unknown, schema: TSchema): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  if (typeof query !== 'object' || query === null) return read
  for (const [name, value] of Object.entries(query)) {
    if (name === '__proto__') throw new ApiError('unknown_field', { param: '/__proto__' })
    if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) {
      throw new ApiError('field_invalid', { param: `/${name}` })
    }
    read[name] = isInteger(schema, name) && /^\d{1,15}$/.test(value) ? Number(value) : value
  }
  return read
}

function isInteger(schema: TSchema, name: string): boolean {
  if (
    !('properties' in schema) ||
    typeof schema.properties !== 'object' ||
    schema.properties === null
  )
    return false
  const property: unknown = Object.getOwnPropertyDescriptor(schema.properties, name)?.value
  return (
    typeof property === 'object' &&
    property !== null &&
    'type' in property &&
    property.type === 'integer'
  )
}
