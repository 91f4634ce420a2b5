import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CsvError, readCsv } from './csv.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function rowsOf(text: string | Uint8Array, size = 1_000): Promise<[number, ...string[]][]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const rows: [number, ...string[]][] = []
  for await (const { line, cells } of readCsv(pieces(bytes, size))) rows.push([line, ...cells])
  return rows
}

describe('rows', () => {
  const cases: [string, string, [number, ...string[]][]][] = [
    [
      'plain',
      'a,b\n1,2\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'the last line may lack its end',
      'a,b\r\n1,2',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'empty cells',
      ',\n,x,\n',
      [
        [1, '', ''],
        [2, '', 'x', ''],
      ],
    ],
    [
      'quotes hold commas, quotes and line ends',
      '"a,""b""","c\nd"\n1,2',
      [
        [1, 'a,"b"', 'c\nd'],
        [3, '1', '2'],
      ],
    ],
    [
      'a byte order mark and empty lines are no cells',
      '\ufeffa\n\r\n\n订单\n',
      [
        [1, 'a'],
        [4, '订单'],
      ],
    ],
    ['nothing', '', []],
  ]
  for (const [name, text, rows] of cases) {
    test(`${name}, however it is cut`, async () => {
      for (const size of [1, 2, 3, 1_000]) assert.deepEqual(await rowsOf(text, size), rows)
    })
  }
})

describe('refused', () => {
  const cases: [string, string | Uint8Array, CsvError['reason'], number][] = [
    ['a quote in the middle of a cell', 'a\nb"c"\n', 'quotes', 2],
    ['text after a closing quote', '"a"b\n', 'quotes', 1],
    ['a quote that never closes', 'a\n"b\n', 'truncated', 2],
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0x0a, 0xff, 0x0a), 'encoding', 1],
    ['a row without end', 'a'.repeat(1_000_001), 'too_long', 1],
  ]
  for (const [name, text, reason, line] of cases) {
    test(name, async () => {
      await assert.rejects(rowsOf(text), (error) => {
        assert(error instanceof CsvError)
        assert.deepEqual([error.reason, error.line], [reason, line])
        return true
      })
    })
  }
})
