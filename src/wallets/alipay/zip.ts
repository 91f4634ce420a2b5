// A zip archive read from its first byte to its last, with no more memory than a piece of it: every
// byte belongs to an entry or the directory, and the directory must say what the entries said. Written
// out over node:zlib, because libraries either want the whole archive at hand (yauzl) or believe the
// entries without their checksums and directory (fflate).

import { crc32, createInflateRaw } from 'node:zlib'
import { StatementError } from '../statement.ts'
import { type ByteSource, byteSource } from './byte-source.ts'
import {
  archiveFault,
  CENTRAL,
  END,
  type EntrySums,
  LOCAL,
  type LocalHeader,
  readCentralRecord,
  readDescriptor,
  readLocalHeader,
  STORED,
  takeAll,
} from './zip-records.ts'

export interface ZipEntry {
  name: string
  /** To be read to its end before the next entry; its checksum is verified there. */
  content: AsyncIterable<Uint8Array>
}

interface Read {
  header: LocalHeader
  sums: EntrySums
}

const MAX_ENTRIES = 16
const MAX_SIZE = 2 ** 31
/** Text that shrinks further is a bomb; lines of a bill shrink to a tenth. */
const MAX_RATIO = 200
const PIECE = 64 * 1024

/** Yields the entries in their order. Throws {@link StatementError}. */
export async function* readZip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ZipEntry> {
  const source = byteSource(bytes)
  let content: AsyncGenerator<Uint8Array, void> | undefined
  try {
    const entries: Read[] = []
    let signature = await readSignature(source)
    while (signature === LOCAL) {
      const header = await readLocalHeader(source)
      if (entries.length === MAX_ENTRIES) throw archiveFault('too many entries')
      if (entries.some((entry) => entry.header.name === header.name)) {
        throw archiveFault('two entries of one name')
      }
      const expected = entries.length + 1
      content = readContent(source, header, entries)
      yield { name: header.name, content }
      if (entries.length !== expected) throw archiveFault('an entry that was not read')
      signature = await readSignature(source)
    }
    await readDirectory(source, signature, entries)
  } finally {
    await content?.return()
    await source.close()
  }
}

async function readSignature(source: ByteSource): Promise<number> {
  return (await takeAll(source, 4)).readUInt32LE(0)
}

async function* readContent(
  source: ByteSource,
  header: LocalHeader,
  entries: Read[],
): AsyncGenerator<Uint8Array, void> {
  const start = source.position()
  const packed = header.method === STORED ? stored(source, header.sums?.size ?? 0) : inflate(source)
  let size = 0
  let crc = 0
  for await (const part of packed) {
    size += part.length
    const arrived = source.position() - start + PIECE
    if (size > MAX_SIZE || size > arrived * MAX_RATIO) throw archiveFault('an entry that swells')
    crc = crc32(part, crc)
    yield part
  }
  const read = { crc, compressed: source.position() - start, size }
  const sums = header.sums ?? (await readDescriptor(source))
  if (sums.crc !== crc) throw new StatementError('hash', 1, 'an entry with another checksum')
  if (!sameSums(sums, read)) throw archiveFault('an entry of another length')
  entries.push({ header, sums })
}

async function* stored(source: ByteSource, size: number): AsyncGenerator<Uint8Array> {
  let missing = size
  while (missing > 0) {
    const part = (await source.peek()).subarray(0, Math.min(missing, PIECE))
    if (part.length === 0) await takeAll(source, missing)
    source.skip(part.length)
    missing -= part.length
    yield part
  }
}

/** Deflated data tells itself where it ends; what follows stays in the source. */
async function* inflate(source: ByteSource): AsyncGenerator<Uint8Array> {
  const engine = createInflateRaw({ chunkSize: PIECE })
  let ended = false
  let failed = false
  let wake = () => {}
  engine.on('readable', () => wake())
  engine.on('end', () => {
    ended = true
    wake()
  })
  engine.on('error', () => {
    failed = true
    wake()
  })
  try {
    while (!ended) {
      const piece = (await source.peek()).subarray(0, PIECE)
      if (piece.length === 0) await takeAll(source, 1)
      const before = engine.bytesWritten
      let written = false
      engine.write(piece, () => {
        written = true
        wake()
      })
      for (;;) {
        const part: Uint8Array | null = engine.read()
        if (failed) throw archiveFault('an entry that cannot be unpacked')
        if (part !== null) yield part
        else if (written || ended) break
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
      source.skip(engine.bytesWritten - before)
    }
  } finally {
    engine.destroy()
  }
}

/** The directory names the same entries with the same sums, and nothing stands behind it. */
async function readDirectory(
  source: ByteSource,
  first: number,
  entries: readonly Read[],
): Promise<void> {
  const start = source.position() - 4
  let signature = first
  const seen = new Set<number>()
  while (signature === CENTRAL) {
    const record = await readCentralRecord(source)
    const entry = entries.find(({ header }) => header.offset === record.offset)
    const same =
      entry?.header.rawName.equals(record.rawName) &&
      entry.header.flags === record.flags &&
      entry.header.method === record.method &&
      sameSums(entry.sums, record.sums)
    if (!same || seen.has(record.offset)) throw archiveFault('a directory of other entries')
    seen.add(record.offset)
    signature = await readSignature(source)
  }
  if (signature !== END || seen.size !== entries.length) {
    throw archiveFault(entries.length === 0 ? 'no zip archive' : 'a directory of other entries')
  }
  const length = source.position() - 4 - start
  const end = await takeAll(source, 18)
  await takeAll(source, end.readUInt16LE(16))
  const fits =
    end.readUInt32LE(0) === 0 &&
    end.readUInt16LE(4) === entries.length &&
    end.readUInt16LE(6) === entries.length &&
    end.readUInt32LE(8) === length &&
    end.readUInt32LE(12) === start
  if (!fits) throw archiveFault('a directory that does not fit')
  if ((await source.peek()).length > 0) throw archiveFault('bytes behind the archive')
}

function sameSums(a: EntrySums, b: EntrySums): boolean {
  return a.crc === b.crc && a.compressed === b.compressed && a.size === b.size
}
