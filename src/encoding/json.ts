// JSON as it stands in the text: raw members for signatures, and no member twice at any depth.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}

const SPACE = /[ \t\n\r]*/y
// Any character but a quote, a backslash and the controls below the space.
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const SPACE_CODE = 0x20
const MAX_DEPTH = 64
const NONE = -1

/**
 * The members of one JSON object, each with the exact text of its value (quotes and braces
 * included). Undefined when the text is anything else, goes on after the object, or names a member
 * twice at any depth: two readers could then see two different messages.
 */
export function scanObject(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>()
  const start = skip(text, 0)
  const end = text[start] === '{' ? scanMembers(text, start, 0, members) : NONE
  return end !== NONE && skip(text, end) === text.length ? members : undefined
}

/** One JSON value without a member named twice, or undefined. */
export function parseJson(text: string): JsonValue | undefined {
  const end = scanValue(text, skip(text, 0), 0)
  if (end === NONE || skip(text, end) !== text.length) return undefined
  return JSON.parse(text)
}

/** One JSON object without a member named twice, or undefined. */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parseJson(text)
  return isObject(value) ? value : undefined
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function scanValue(text: string, at: number, depth: number): number {
  if (depth > MAX_DEPTH) return NONE
  if (text[at] === '{') return scanMembers(text, at, depth, new Map())
  if (text[at] === '[') return scanItems(text, at, depth)
  return text[at] === '"' ? match(STRING, text, at) : match(SCALAR, text, at)
}

function scanMembers(
  text: string,
  open: number,
  depth: number,
  members: Map<string, string>,
): number {
  let at = skip(text, open + 1)
  if (text[at] === '}') return at + 1
  while (true) {
    const nameEnd = text[at] === '"' ? match(STRING, text, at) : NONE
    if (nameEnd === NONE) return NONE
    const name = nameIn(text.slice(at + 1, nameEnd - 1))
    if (members.has(name)) return NONE
    const colon = skip(text, nameEnd)
    if (text[colon] !== ':') return NONE
    const start = skip(text, colon + 1)
    const end = scanValue(text, start, depth + 1)
    if (end === NONE) return NONE
    members.set(name, text.slice(start, end))
    at = skip(text, end)
    if (text[at] === '}') return at + 1
    if (text[at] !== ',') return NONE
    at = skip(text, at + 1)
  }
}

function scanItems(text: string, open: number, depth: number): number {
  let at = skip(text, open + 1)
  if (text[at] === ']') return at + 1
  while (true) {
    const end = scanValue(text, at, depth + 1)
    if (end === NONE) return NONE
    at = skip(text, end)
    if (text[at] === ']') return at + 1
    if (text[at] !== ',') return NONE
    at = skip(text, at + 1)
  }
}

/** Most names escape nothing; two that differ only in their escapes are one name. */
function nameIn(raw: string): string {
  return raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw
}

function skip(text: string, at: number): number {
  // Wallets and acquirers write no white space.
  return text.charCodeAt(at) > SPACE_CODE ? at : match(SPACE, text, at)
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : NONE
}
