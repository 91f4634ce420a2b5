// A walk through BER (ITU-T X.690 section 8), in which Apple writes the envelope of its signatures:
// lengths may be indefinite. Each node keeps its own bytes, because parts of them are signed.

export interface BerNode {
  tag: number
  /** The whole encoding: tag, length and content. */
  raw: Uint8Array
  content: Uint8Array
  /** False where the end was marked instead of counted; no part of DER is. */
  definite: boolean
}

const MAX_DEPTH = 16

/** The nodes that fill `bytes` exactly, or undefined when they do not. */
export function readBer(bytes: Uint8Array): BerNode[] | undefined {
  const nodes: BerNode[] = []
  for (let at = 0; at < bytes.length; ) {
    const read = readNode(bytes, at, 0)
    if (read === undefined) return undefined
    nodes.push(read.node)
    at = read.end
  }
  return nodes
}

/** The one node that `bytes` hold, or undefined. */
export function readOne(bytes: Uint8Array): BerNode | undefined {
  const nodes = readBer(bytes)
  return nodes?.length === 1 ? nodes[0] : undefined
}

/** The children of a constructed node with this tag, or undefined for any other node. */
export function parts(node: BerNode | undefined, tag: number): BerNode[] | undefined {
  return node?.tag === tag ? readBer(node.content) : undefined
}

function readNode(
  bytes: Uint8Array,
  at: number,
  depth: number,
): { node: BerNode; end: number } | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  // Tag 0 is the mark of an end and stands in no other place; long tags occur nowhere here.
  if (!tag || first === undefined || (tag & 0x1f) === 0x1f || depth > MAX_DEPTH) return undefined
  if (first === 0x80) return readIndefinite(bytes, at, depth)
  const length = readLength(bytes, at + 1)
  if (length === undefined || length.start + length.value > bytes.length) return undefined
  const end = length.start + length.value
  const node = {
    tag,
    raw: bytes.subarray(at, end),
    content: bytes.subarray(length.start, end),
    definite: true,
  }
  return { node, end }
}

function readIndefinite(bytes: Uint8Array, at: number, depth: number) {
  const tag = bytes[at] ?? 0
  const start = at + 2
  if ((tag & 0x20) === 0) return undefined
  let end = start
  while (bytes[end] !== 0 || bytes[end + 1] !== 0) {
    const child = readNode(bytes, end, depth + 1)
    if (child === undefined) return undefined
    end = child.end
  }
  const node = {
    tag,
    raw: bytes.subarray(at, end + 2),
    content: bytes.subarray(start, end),
    definite: false,
  }
  return { node, end: end + 2 }
}

function readLength(bytes: Uint8Array, at: number): { value: number; start: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return { value: first, start: at + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4 || at + 1 + count > bytes.length) return undefined
  let value = 0
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) value = value * 256 + byte
  return { value, start: at + 1 + count }
}
