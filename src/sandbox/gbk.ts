// Writes GBK, which the platform can only read: the decoder's table turned around.

const BYTES = buildTable()

/** Text in GBK; a character it does not have becomes an HTML character reference. */
export function encodeGbk(source: string): Buffer {
  const bytes: number[] = []
  for (const character of source) {
    const code = character.codePointAt(0) ?? 0
    const known = code < 0x80 ? [code] : BYTES.get(character)
    bytes.push(...(known ?? Buffer.from(`&#${code};`)))
  }
  return Buffer.from(bytes)
}

function buildTable(): Map<string, readonly number[]> {
  const table = new Map<string, readonly number[]>()
  const decoder = new TextDecoder('gbk')
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail === 0x7f) continue
      const character = decoder.decode(Uint8Array.of(lead, trail))
      if ([...character].length === 1 && character !== '\ufffd') table.set(character, [lead, trail])
    }
  }
  return table
}
