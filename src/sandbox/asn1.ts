// ASN.1 as certificates and signed messages need it: DER is written, BER is read.

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

export function element(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

/** An element of indefinite length, as BER allows and genuine Apple Pay tokens have it. */
export function endless(tag: number, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.from([0, 0])])
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const digits = size.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export function sequence(...parts: Uint8Array[]): Buffer {
  return element(TAG.sequence, ...parts)
}

/** DER wants the members of a set in the order of their bytes (X.690 section 11.6). */
export function set(...parts: Uint8Array[]): Buffer {
  return element(TAG.set, ...parts.map((part) => Buffer.from(part)).sort(Buffer.compare))
}

export function integer(value: bigint): Buffer {
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  // A leading one bit would make it negative.
  const sign = (bytes[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0)
  return element(TAG.integer, sign, bytes)
}

export function bits(content: Uint8Array, unused = 0): Buffer {
  return element(TAG.bits, Buffer.from([unused]), content)
}

export function octets(content: Uint8Array): Buffer {
  return element(TAG.octets, content)
}

export function utf8(text: string): Buffer {
  return element(TAG.utf8, Buffer.from(text))
}

/** An object identifier from its dotted numbers. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const groups = [number & 0x7f]
    for (let left = number >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return element(TAG.oid, Buffer.from(bytes))
}

/** RFC 5280 section 4.1.2.5: two-digit years until 2049, four digits from 2050 on. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return date.getUTCFullYear() < 2050
    ? element(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : element(TAG.generalizedTime, Buffer.from(`${digits}Z`))
}

export interface Ber {
  tag: number
  /** Without tag and length; for an indefinite length without its end. */
  content: Buffer
  /** All of it as it stands in the source. */
  raw: Buffer
}

/** The elements that follow each other in `bytes`. Throws RangeError for anything else. */
export function readAll(bytes: Buffer): Ber[] {
  const found: Ber[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = readAt(bytes, at)
    found.push(next)
    at += next.raw.length
  }
  return found
}

/** The elements inside an element. */
export function inside(node: Ber | undefined): Ber[] {
  if (!node) throw new RangeError('an element is missing')
  return readAll(node.content)
}

function readAt(bytes: Buffer, start: number): Ber {
  const tag = byteAt(bytes, start)
  const first = byteAt(bytes, start + 1)
  if (first === 0x80) return readEndless(bytes, start, tag)
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 4) throw new RangeError('a length of more than four bytes')
  const size =
    count === 0 ? first : bytes.subarray(start + 2, start + 2 + count).readUIntBE(0, count)
  const from = start + 2 + count
  if (from + size > bytes.length) throw new RangeError('an element is cut off')
  return {
    tag,
    content: bytes.subarray(from, from + size),
    raw: bytes.subarray(start, from + size),
  }
}

function readEndless(bytes: Buffer, start: number, tag: number): Ber {
  let at = start + 2
  while (byteAt(bytes, at) !== 0 || byteAt(bytes, at + 1) !== 0) at += readAt(bytes, at).raw.length
  return { tag, content: bytes.subarray(start + 2, at), raw: bytes.subarray(start, at + 2) }
}

function byteAt(bytes: Buffer, at: number): number {
  const value = bytes[at]
  if (value === undefined) throw new RangeError('an element is cut off')
  return value
}
