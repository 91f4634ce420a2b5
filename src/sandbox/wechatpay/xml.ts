// The flat XML of APIv2. No document type, no entity but the five of XML itself, one level deep.

export type Fields = Record<string, string>

const LIMIT = 65_536
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
}
const MEMBER = /\s*<([A-Za-z_][\w.-]*)(?:\s*\/>|>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1>)/y

/** The members of `<xml>`, or undefined for anything else. */
export function readXml(source: string): Fields | undefined {
  if (source.length > LIMIT || /<!(?!\[CDATA\[)/.test(source)) return undefined
  const body = /^\s*(?:<\?xml[^>]*\?>\s*)?<xml>([\s\S]*)<\/xml>\s*$/.exec(source)?.[1]
  if (body === undefined) return undefined
  const fields: Fields = Object.create(null)
  MEMBER.lastIndex = 0
  let end = 0
  for (let match = MEMBER.exec(body); match; match = MEMBER.exec(body)) {
    const [, name = '', raw, escaped] = match
    const value = raw ?? unescapeText(escaped ?? '')
    if (value === undefined || name in fields) return undefined
    fields[name] = value
    end = MEMBER.lastIndex
  }
  return body.slice(end).trim() === '' ? fields : undefined
}

function unescapeText(source: string): string | undefined {
  let known = true
  const plain = source.replace(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity]
    if (character === undefined) known = false
    return character ?? ''
  })
  return known ? plain : undefined
}

/** `undefined` values are left out; the others stand in a CDATA section where they can. */
export function writeXml(fields: Record<string, string | undefined>): string {
  const members = Object.entries(fields).map(([name, value]) =>
    value === undefined ? '' : `<${name}>${writeValue(value)}</${name}>\n`,
  )
  return `<xml>\n${members.join('')}</xml>`
}

function writeValue(value: string): string {
  if (!value.includes(']]>')) return `<![CDATA[${value}]]>`
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
