// Makes bills for tests: GBK text, and zip archives whole or broken in one place. Shares no code with
// the readers.

import { crc32, deflateRawSync } from 'node:zlib'
import type { ReadStatement, StatementLine, StatementTotals } from '../statement.ts'
import { StatementError } from '../statement.ts'

export const ASKED = { sellerId: '2088000000000001', date: '2026-03-08' }
export const DETAILS = '20880000000000010156_20260308_业务明细.csv'
export const SUMMARY = '20880000000000010156_20260308_业务明细(汇总).csv'
export const FUNDS = '20880000000000010156_20260308_账务明细.csv'
export const FUNDS_SUMMARY = '20880000000000010156_20260308_账务明细(汇总).csv'

const TABLE = gbkTable()

/** The platform only decodes GBK; its table turned around encodes it. */
function gbkTable(): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder('gbk')
  const table = new Map<string, readonly number[]>()
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const text = decoder.decode(new Uint8Array([lead, trail]))
      if (text.length === 1 && text !== '\ufffd') table.set(text, [lead, trail])
    }
  }
  return table
}

export function gbk(text: string): Buffer {
  const bytes = [...text].flatMap((one) => {
    const pair = one < '\u0080' ? [one.charCodeAt(0)] : TABLE.get(one)
    if (pair === undefined) throw new Error(`not in GBK: ${one}`)
    return pair
  })
  return Buffer.from(bytes)
}

export interface EntryPlan {
  name: string
  data: Uint8Array
  /** Sums behind the data, as Java writes them. */
  descriptor?: 'signed' | 'bare'
  stored?: boolean
  /** Changes the record before it is written. */
  local?: (record: Buffer) => void
  central?: (record: Buffer) => void
  rawName?: Buffer
  flags?: number
}

export interface ArchivePlan {
  entries: readonly EntryPlan[]
  comment?: string
  end?: (record: Buffer) => void
  /** Leaves this entry out of the directory. */
  hidden?: number
}

export function zipOf({ entries, comment = '', end, hidden }: ArchivePlan): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [index, entry] of entries.entries()) {
    const name = entry.rawName ?? gbk(entry.name)
    const packed = entry.stored ? Buffer.from(entry.data) : deflateRawSync(entry.data)
    const flags = (entry.flags ?? 0) | (entry.descriptor ? 8 : 0)
    const sums = Buffer.alloc(12)
    sums.writeUInt32LE(crc32(entry.data), 0)
    sums.writeUInt32LE(packed.length, 4)
    sums.writeUInt32LE(entry.data.length, 8)

    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(20, 4)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(entry.stored ? 0 : 8, 8)
    if (!entry.descriptor) sums.copy(local, 14)
    local.writeUInt16LE(name.length, 26)
    entry.local?.(local)
    const mark = Buffer.from(entry.descriptor === 'signed' ? [0x50, 0x4b, 0x07, 0x08] : [])
    const written = [local, name, packed, ...(entry.descriptor ? [mark, sums] : [])]

    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(20, 6)
    central.writeUInt16LE(flags, 8)
    central.writeUInt16LE(entry.stored ? 0 : 8, 10)
    sums.copy(central, 16)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(offset, 42)
    entry.central?.(central)
    if (index !== hidden) directory.push(central, name)

    parts.push(...written)
    offset += Buffer.concat(written).length
  }
  const tail = Buffer.alloc(22)
  const count = entries.length - (hidden === undefined ? 0 : 1)
  tail.writeUInt32LE(0x06054b50, 0)
  tail.writeUInt16LE(count, 8)
  tail.writeUInt16LE(count, 10)
  tail.writeUInt32LE(Buffer.concat(directory).length, 12)
  tail.writeUInt32LE(offset, 16)
  tail.writeUInt16LE(comment.length, 20)
  end?.(tail)
  return Buffer.concat([...parts, ...directory, tail, Buffer.from(comment)])
}

export async function* inPieces(bytes: Uint8Array, size = bytes.length || 1) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All lines and the totals, or why the file is refused: its reason and line. */
export async function readAll(
  read: ReadStatement,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ lines: StatementLine[]; totals: StatementTotals } | string> {
  const source = read(bytes)
  const lines: StatementLine[] = []
  try {
    let next = await source.next()
    for (; !next.done; next = await source.next()) lines.push(next.value)
    return { lines, totals: next.value }
  } catch (error) {
    if (error instanceof StatementError) return `${error.reason} ${error.line}`
    throw error
  }
}
