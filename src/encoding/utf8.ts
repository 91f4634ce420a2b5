// UTF-8 without mercy: bytes that are not UTF-8 are refused, never replaced.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text, or undefined when the bytes are not UTF-8. A byte order mark stays part of it. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
