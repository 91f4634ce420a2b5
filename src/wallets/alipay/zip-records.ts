// The records of a zip archive (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4), as far as a bill has them.

import { StatementError } from '../statement.ts'
import type { ByteSource } from './byte-source.ts'

export const LOCAL = 0x04034b50
export const CENTRAL = 0x02014b50
export const END = 0x06054b50
const DESCRIPTOR = 0x08074b50

export interface LocalHeader {
  /** Where the entry begins in the archive. */
  offset: number
  rawName: Buffer
  name: string
  flags: number
  method: number
  /** Undefined where they follow the data. */
  sums: EntrySums | undefined
}

export interface EntrySums {
  crc: number
  compressed: number
  size: number
}

/** What the directory says of an entry. */
export interface CentralRecord {
  rawName: Buffer
  flags: number
  method: number
  sums: EntrySums
  offset: number
}

export function archiveFault(message: string): StatementError {
  return new StatementError('archive', 1, message)
}

/** Exactly so many bytes; an archive that ends before them was cut off. */
export async function takeAll(source: ByteSource, count: number): Promise<Buffer> {
  const bytes = await source.take(count)
  if (bytes === undefined) throw new StatementError('truncated', 1, 'the archive is cut off')
  return bytes
}

// Bits 1 and 2 tell how hard the packer tried, 3 that sums follow the data, 11 that names are UTF-8.
const KNOWN_FLAGS = 0x080e
const SUMS_FOLLOW = 0x0008
const UTF8_NAMES = 0x0800
// A size that stands elsewhere (Zip64): no bill is that large.
const ELSEWHERE = 0xffffffff

export const STORED = 0
export const DEFLATED = 8

/** What follows the signature of an entry. */
export async function readLocalHeader(source: ByteSource): Promise<LocalHeader> {
  const offset = source.position() - 4
  const fixed = await takeAll(source, 26)
  const flags = fixed.readUInt16LE(2)
  const method = fixed.readUInt16LE(4)
  const rawName = await takeAll(source, fixed.readUInt16LE(22))
  await takeAll(source, fixed.readUInt16LE(24))
  if ((flags & ~KNOWN_FLAGS) !== 0) throw archiveFault('an entry is encrypted or of another kind')
  if (method !== STORED && method !== DEFLATED) throw archiveFault('another kind of compression')
  const follow = (flags & SUMS_FOLLOW) !== 0
  if (follow && method === STORED) throw archiveFault('an entry whose length nobody knows')
  const sums = follow ? undefined : sumsAt(fixed, 10)
  return { offset, rawName, name: nameOf(rawName, flags), flags, method, sums }
}

/** The sums behind the data, with or without their signature. */
export async function readDescriptor(source: ByteSource): Promise<EntrySums> {
  const first = await takeAll(source, 4)
  const marked = first.readUInt32LE(0) === DESCRIPTOR
  const rest = await takeAll(source, marked ? 12 : 8)
  return sumsAt(marked ? rest : Buffer.concat([first, rest]), 0)
}

/** What follows the signature of a record of the directory. */
export async function readCentralRecord(source: ByteSource): Promise<CentralRecord> {
  const fixed = await takeAll(source, 42)
  const rawName = await takeAll(source, fixed.readUInt16LE(24))
  await takeAll(source, fixed.readUInt16LE(26) + fixed.readUInt16LE(28))
  if (fixed.readUInt16LE(30) !== 0) throw archiveFault('an archive of several disks')
  return {
    rawName,
    flags: fixed.readUInt16LE(4),
    method: fixed.readUInt16LE(6),
    sums: sumsAt(fixed, 12),
    offset: fixed.readUInt32LE(38),
  }
}

function sumsAt(bytes: Buffer, at: number): EntrySums {
  const sums = {
    crc: bytes.readUInt32LE(at),
    compressed: bytes.readUInt32LE(at + 4),
    size: bytes.readUInt32LE(at + 8),
  }
  if (sums.compressed === ELSEWHERE || sums.size === ELSEWHERE) throw archiveFault('a Zip64 entry')
  return sums
}

/** Alipay writes names in GBK and says nothing of it; bit 11 would say UTF-8. */
function nameOf(raw: Buffer, flags: number): string {
  const label = (flags & UTF8_NAMES) === 0 ? 'gb18030' : 'utf-8'
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(raw)
  } catch {
    throw archiveFault('an entry with an unreadable name')
  }
}
