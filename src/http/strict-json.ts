// Reads a request's body: JSON as RFC 8259 has it, and nothing that two readers could understand
// differently (a member twice, `__proto__`, lone surrogates, numbers that are no plain integers).

import { ApiError } from '../errors.ts'

const MAX_DEPTH = 32
const SPACE = /[ \t\n\r]*/y
// Everything from the space on but the quote and the backslash.
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/** The JSON value in `bytes`. Throws `body_invalid`, with a pointer to the place where there is one. */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const reader: Reader = { text, at: 0 }
  readValue(reader, '', 0)
  skipSpace(reader)
  if (reader.at !== text.length) throw malformed(reader)
  return JSON.parse(text)
}

interface Reader {
  readonly text: string
  at: number
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refuse('', 'The body is not valid UTF-8.', '请求体不是有效的 UTF-8。')
  }
}

function readValue(reader: Reader, pointer: string, depth: number): void {
  skipSpace(reader)
  const first = reader.text[reader.at]
  if (first === '{' || first === '[') {
    if (depth === MAX_DEPTH) {
      throw refuse(pointer, 'The body is nested too deeply.', '请求体嵌套过深。')
    }
    if (first === '{') readObject(reader, pointer, depth + 1)
    else readArray(reader, pointer, depth + 1)
  } else if (first === '"') {
    readString(reader, pointer)
  } else if (take(reader, WORD) === undefined) {
    readNumber(reader, pointer)
  }
}

function readObject(reader: Reader, pointer: string, depth: number): void {
  const names = new Set<string>()
  reader.at++
  if (takeMark(reader, '}')) return
  do {
    skipSpace(reader)
    const name = readString(reader, pointer)
    const member = `${pointer}/${escapePointer(name)}`
    if (names.has(name)) throw refuse(member, 'A member stands twice.', '成员重复出现。')
    if (name === '__proto__')
      throw refuse(member, 'This name is not allowed.', '不允许使用此名称。')
    names.add(name)
    if (!takeMark(reader, ':')) throw malformed(reader)
    readValue(reader, member, depth)
  } while (takeMark(reader, ','))
  if (!takeMark(reader, '}')) throw malformed(reader)
}

function readArray(reader: Reader, pointer: string, depth: number): void {
  reader.at++
  if (takeMark(reader, ']')) return
  let index = 0
  do readValue(reader, `${pointer}/${index++}`, depth)
  while (takeMark(reader, ','))
  if (!takeMark(reader, ']')) throw malformed(reader)
}

function readString(reader: Reader, pointer: string): string {
  const raw = take(reader, STRING)
  if (raw === undefined) throw malformed(reader)
  const value: unknown = JSON.parse(raw)
  // PostgreSQL stores neither; and what cannot be stored must not be half understood.
  if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\0')) {
    throw refuse(pointer, 'A text has a character that is not allowed.', '文本含有不允许的字符。')
  }
  return value
}

function readNumber(reader: Reader, pointer: string): void {
  const raw = take(reader, NUMBER)
  if (raw === undefined) throw malformed(reader)
  if (!/^-?\d+$/.test(raw)) {
    throw refuse(
      pointer,
      `The number ${raw.slice(0, 40)} is not a plain integer; amounts are counted in minor units.`,
      `数字 ${raw.slice(0, 40)} 不是普通整数；金额以最小货币单位计。`,
    )
  }
}

function skipSpace(reader: Reader): void {
  take(reader, SPACE)
}

function takeMark(reader: Reader, mark: string): boolean {
  skipSpace(reader)
  if (reader.text[reader.at] !== mark) return false
  reader.at++
  return true
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.text)
  if (!match) return undefined
  reader.at = pattern.lastIndex
  return match[0]
}

/** A name as one step of a JSON pointer (RFC 6901, section 3). */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function malformed(reader: Reader): ApiError {
  return refuse(
    '',
    `The body is not JSON at character ${reader.at + 1}.`,
    `请求体在第 ${reader.at + 1} 个字符处不是 JSON。`,
  )
}

function refuse(param: string, en: string, zh: string): ApiError {
  return new ApiError('body_invalid', {
    ...(param !== '' && { param }),
    detail: { en, 'zh-CN': zh },
  })
}
