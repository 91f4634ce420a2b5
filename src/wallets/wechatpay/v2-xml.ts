// APIv2's XML: one flat element with texts in it, and nothing else. No declarations of types or
// entities are read, so there is nothing to expand or to fetch.

const MAX_LENGTH = 64 * 1024
const START = /\s*(?:<\?xml [^<>]*\?>\s*)?<xml>\s*/y
const MEMBER = /<([A-Za-z_][A-Za-z0-9_]*)>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1>\s*/y
const EMPTY = /<([A-Za-z_][A-Za-z0-9_]*)\/>\s*/y
const END = /<\/xml>\s*$/y
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** The members of `<xml>`, or undefined for anything else; a name twice is something else. */
export function readXml(text: string): ReadonlyMap<string, string> | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const members = new Map<string, string>()
  let at = take(START, text, 0)?.end
  while (at !== undefined) {
    const member = take(MEMBER, text, at) ?? take(EMPTY, text, at)
    if (member === undefined) return take(END, text, at) ? members : undefined
    const [, name = '', verbatim, source = ''] = member.groups
    const value = verbatim ?? unescaped(source)
    if (value === undefined || members.has(name)) return undefined
    members.set(name, value)
    at = member.end
  }
  return undefined
}

export function writeXml(members: Readonly<Record<string, string>>): string {
  const written = Object.entries(members).map(
    ([name, value]) => `<${name}>${escaped(value)}</${name}>`,
  )
  return `<xml>${written.join('')}</xml>`
}

function take(pattern: RegExp, text: string, at: number) {
  pattern.lastIndex = at
  const groups = pattern.exec(text)
  return groups === null ? undefined : { groups, end: pattern.lastIndex }
}

function unescaped(text: string): string | undefined {
  const known = text.replace(/&(amp|lt|gt|quot|apos);/g, '')
  if (known.includes('&')) return undefined
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_all, name: string) => ENTITIES[name] ?? '')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
