// One key per wish of the payer: a repeat of the same wish after silence carries the same key.

/** 128 random bits in hexadecimal; works on plain-http addresses too, where randomUUID does not. */
export function newIdempotencyKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
