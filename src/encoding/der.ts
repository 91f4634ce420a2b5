// A walk through DER (ITU-T X.690): just enough to read what node:crypto does not tell.

export interface DerNode {
  tag: number
  content: Uint8Array
}

export const DER = { integer: 0x02, oid: 0x06, sequence: 0x30, set: 0x31, context0: 0xa0 } as const

/** The nodes that fill `bytes` exactly, or undefined when they do not. */
export function readDer(bytes: Uint8Array): DerNode[] | undefined {
  const nodes: DerNode[] = []
  for (let at = 0; at < bytes.length; ) {
    const header = readHeader(bytes, at)
    if (header === undefined || header.end > bytes.length) return undefined
    nodes.push({ tag: header.tag, content: bytes.subarray(header.start, header.end) })
    at = header.end
  }
  return nodes
}

function readHeader(bytes: Uint8Array, at: number) {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first }
  const count = first & 0x7f
  // 0x80 is BER's indefinite length; more than four length bytes is no certificate.
  if (count === 0 || count > 4 || at + 2 + count > bytes.length) return undefined
  let length = 0
  for (const byte of bytes.subarray(at + 2, at + 2 + count)) length = length * 256 + byte
  const start = at + 2 + count
  return { tag, start, end: start + length }
}

/** The children of a constructed node with this tag, or undefined for any other node. */
export function children(node: DerNode | undefined, tag: number): DerNode[] | undefined {
  return node?.tag === tag ? readDer(node.content) : undefined
}

/** An object identifier in dotted form. */
export function oidText(content: Uint8Array): string {
  const arcs: bigint[] = []
  let arc = 0n
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const [head = 0n, ...rest] = arcs
  const root = head >= 80n ? 2n : head / 40n
  return [root, head - root * 40n, ...rest].join('.')
}

/** A two's complement integer of any size; no bytes are zero. */
export function integerValue(content: Uint8Array): bigint {
  if (content.length === 0) return 0n
  return BigInt.asIntN(content.length * 8, BigInt(`0x${Buffer.from(content).toString('hex')}`))
}

/** A character string of one of the types that occur in names. */
export function stringValue(node: DerNode): string {
  const bytes = Buffer.from(node.content)
  if (node.tag === 0x1e && bytes.length % 2 === 0) return bytes.swap16().toString('utf16le')
  return node.tag === 0x14 ? bytes.toString('latin1') : bytes.toString('utf8')
}
