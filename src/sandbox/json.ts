// JSON of unknown shape, read without trusting it.

export type JsonObject = Record<string, unknown>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object written in `source`, or undefined for anything else. */
export function parseObject(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function stringMember(object: JsonObject, name: string): string | undefined {
  const value = object[name]
  return typeof value === 'string' ? value : undefined
}

export function numberMember(object: JsonObject, name: string): number | undefined {
  const value = object[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A flat object of texts, as message parameters are kept in the books. */
export function parseTexts(source: string): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(parseObject(source) ?? {})) {
    if (typeof value === 'string') texts[name] = value
  }
  return texts
}
