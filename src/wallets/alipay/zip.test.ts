import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { StatementError } from '../statement.ts'
import { tradeBill } from './statement.ts'
import { loadVectors } from './testing.ts'
import {
  type ArchivePlan,
  ASKED,
  DETAILS,
  type EntryPlan,
  gbk,
  inPieces,
  readAll,
  zipOf,
} from './testing-bills.ts'
import { readZip } from './zip.ts'

const TEXT = gbk('咖啡, 大杯\n'.repeat(400))
const ENTRY: EntryPlan = { name: '明细.csv', data: TEXT }

async function unpack(bytes: AsyncIterable<Uint8Array>): Promise<[string, Buffer][] | string> {
  const found: [string, Buffer][] = []
  try {
    for await (const { name, content } of readZip(bytes)) {
      const parts: Uint8Array[] = []
      for await (const part of content) parts.push(Buffer.from(part))
      found.push([name, Buffer.concat(parts)])
    }
    return found
  } catch (error) {
    if (error instanceof StatementError) return error.reason
    throw error
  }
}

const unpackPlan = (plan: ArchivePlan, size?: number) => unpack(inPieces(zipOf(plan), size))

describe('a zip archive', () => {
  test('is read with sums before or behind the data, packed or stored, in pieces of any size', async () => {
    const entries: EntryPlan[] = [
      { ...ENTRY, name: '一' },
      { ...ENTRY, name: '二', descriptor: 'signed' },
      { ...ENTRY, name: '三', descriptor: 'bare' },
      { ...ENTRY, name: '四', stored: true },
      { name: '五', data: new Uint8Array(0) },
      { name: '六', data: new Uint8Array(0), stored: true },
      { ...ENTRY, name: '', rawName: Buffer.from('七'), flags: 0x800 },
    ]
    const expected = [...'一二三四五六七'].map((name): [string, Buffer] => [
      name,
      name === '五' || name === '六' ? Buffer.alloc(0) : TEXT,
    ])
    for (const size of [1, 7, 64, 4_096, undefined]) {
      assert.deepEqual(await unpackPlan({ entries, comment: 'hello' }, size), expected)
    }
  })

  const broken: readonly [string, ArchivePlan, string][] = [
    ['another checksum', plan({ local: (r) => r.writeUInt32LE(1, 14) }), 'hash'],
    ['another length', plan({ local: (r) => r.writeUInt32LE(TEXT.length + 1, 22) }), 'archive'],
    ['another packed length', plan({ local: (r) => r.writeUInt32LE(9, 18) }), 'archive'],
    ['encryption', plan({ flags: 1 }), 'archive'],
    ['a patch', plan({ flags: 0x20 }), 'archive'],
    ['a masked directory', plan({ flags: 0x2000 }), 'archive'],
    ['another compression', plan({ local: (r) => r.writeUInt16LE(12, 8) }), 'archive'],
    ['a stored entry of no length', plan({ stored: true, descriptor: 'signed' }), 'archive'],
    ['a Zip64 length', plan({ local: (r) => r.writeUInt32LE(0xffffffff, 18) }), 'archive'],
    ['an unreadable name', plan({ rawName: Buffer.from([0xff, 0xff]) }), 'archive'],
    ['a name twice', { entries: [ENTRY, ENTRY] }, 'archive'],
    ['a directory of another name', plan({ central: (r) => r.writeUInt16LE(0, 28) }), 'archive'],
    [
      'a directory of another checksum',
      plan({ central: (r) => r.writeUInt32LE(1, 16) }),
      'archive',
    ],
    ['a directory of another length', plan({ central: (r) => r.writeUInt32LE(1, 24) }), 'archive'],
    ['a directory of another place', plan({ central: (r) => r.writeUInt32LE(1, 42) }), 'archive'],
    ['a directory of another packing', plan({ central: (r) => r.writeUInt16LE(0, 10) }), 'archive'],
    ['a second disk', plan({ central: (r) => r.writeUInt16LE(1, 34) }), 'archive'],
    ['an entry outside of the directory', { entries: [ENTRY], hidden: 0 }, 'archive'],
    ['another count', { entries: [ENTRY], end: (r) => r.writeUInt16LE(2, 10) }, 'archive'],
    ['another directory', { entries: [ENTRY], end: (r) => r.writeUInt32LE(1, 16) }, 'archive'],
    [
      'too many entries',
      {
        entries: Array.from('一二三四五六七八九十甲乙丙丁戊己庚', (name) => ({ name, data: TEXT })),
      },
      'archive',
    ],
  ]
  function plan(entry: Partial<EntryPlan>): ArchivePlan {
    return { entries: [{ ...ENTRY, ...entry }] }
  }
  for (const [what, archive, reason] of broken) {
    test(`with ${what} is refused`, async () => assert.equal(await unpackPlan(archive), reason))
  }

  test('that is cut off anywhere is refused', async () => {
    const bytes = zipOf({ entries: [ENTRY, { ...ENTRY, name: '二', descriptor: 'signed' }] })
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(await unpack(inPieces(bytes.subarray(0, length))), 'truncated', `${length}`)
    }
  })

  test('with anything before or behind it, or none at all, is refused', async () => {
    const bytes = zipOf({ entries: [ENTRY] })
    const around = [
      [Buffer.from('x'), bytes],
      [bytes, Buffer.from('x')],
      [bytes, bytes],
    ]
    for (const parts of around) {
      assert.equal(await unpack(inPieces(Buffer.concat(parts))), 'archive')
    }
    assert.equal(await unpack(inPieces(Buffer.from('<html>not ready</html>'))), 'archive')
  })

  test('that swells beyond all measure is refused before it is unpacked', async () => {
    const bomb = zipOf({ entries: [{ name: 'a', data: Buffer.alloc(64 << 20, 'a\n') }] })
    let seen = 0
    await assert.rejects(
      async () => {
        for await (const { content } of readZip(inPieces(bomb))) {
          for await (const part of content) seen += part.length
        }
      },
      (error) => error instanceof StatementError && error.reason === 'archive',
    )
    assert.ok(seen < 32 << 20, `${seen} bytes were unpacked`)
  })
})

const { vectors } = loadVectors<{ vectors: { id: string; zip_base64: string }[] }>('bill')
const bill = Buffer.from(vectors.find(({ id }) => id === 'BIL-01')?.zip_base64 ?? '', 'base64')
const read = tradeBill(ASKED)

test('a bill says the same wherever its pieces are cut', async () => {
  const expected = await readAll(read, inPieces(bill))
  assert(typeof expected === 'object')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bill.length), { maxLength: 40 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bill.length]
      const pieces = at.map((end, index) => bill.subarray(at[index - 1] ?? 0, end))
      async function* source() {
        yield* pieces
      }
      assert.deepEqual(await readAll(read, source()), expected)
    }),
  )
})

test('no byte of a bill that changes on the way changes what it says', async () => {
  const expected = await readAll(read, inPieces(bill))
  await fc.assert(
    fc.asyncProperty(fc.nat(bill.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(bill)
      changed.writeUInt8((bill[at] ?? 0) ^ by, at)
      const found = await readAll(read, inPieces(changed))
      if (typeof found === 'object') assert.deepEqual(found, expected)
    }),
    { numRuns: 1_000 },
  )
})

test('no changed byte inside of the text passes its checksum', async () => {
  const text = Buffer.concat([gbk('#账号：[20880000000000010156]\n'), TEXT])
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(text)
      changed.writeUInt8((text[at] ?? 0) ^ by, at)
      const archive = zipOf({
        entries: [
          {
            name: DETAILS,
            data: changed,
            stored: true,
            local: (record) => record.writeUInt32LE(crc32(text), 14),
          },
        ],
      })
      assert.equal(await unpack(inPieces(archive)), 'hash')
    }),
  )
})
