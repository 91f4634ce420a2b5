// Bytes that arrive in pieces, taken in the order and the lengths that a format asks for.

export interface ByteSource {
  /** How many bytes were taken. */
  position(): number
  /** What has arrived and was not taken yet; empty at the end only. */
  peek(): Promise<Uint8Array>
  /** Takes bytes that were peeked at. */
  skip(count: number): void
  /** Takes exactly so many bytes, or undefined where fewer remain. */
  take(count: number): Promise<Buffer | undefined>
  /** Lets go of where the bytes come from. */
  close(): Promise<void>
}

export function byteSource(bytes: AsyncIterable<Uint8Array>): ByteSource {
  const pieces = bytes[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  let taken = 0
  let ended = false

  async function peek(): Promise<Uint8Array> {
    while (rest.length === 0 && !ended) {
      const next = await pieces.next()
      if (next.done) ended = true
      else rest = next.value
    }
    return rest
  }

  function skip(count: number): void {
    rest = rest.subarray(count)
    taken += count
  }

  async function take(count: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = []
    let missing = count
    while (missing > 0) {
      const part = (await peek()).subarray(0, missing)
      if (part.length === 0) return undefined
      parts.push(part)
      skip(part.length)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  return {
    position: () => taken,
    peek,
    skip,
    take,
    async close() {
      if (!ended) await pieces.return?.()
    },
  }
}
