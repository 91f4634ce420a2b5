import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ReadStatement } from '../statement.ts'
import { fundBill, tradeBill } from './statement.ts'
import {
  ASKED,
  DETAILS,
  FUNDS,
  FUNDS_SUMMARY,
  gbk,
  inPieces,
  readAll,
  SUMMARY,
  zipOf,
} from './testing-bills.ts'

const trade = tradeBill(ASKED)
const fund = fundBill(ASKED)

const HEAD = [
  '#支付宝业务明细查询',
  '#账号：[20880000000000010156]',
  '#起始日期：[2026年03月08日 00:00:00]   终止日期：[2026年03月09日 00:00:00]',
  '#-----------------------------------------业务明细列表----------------------------------------',
]
const NAMES =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注'
const PAID =
  '20260308220001\t,TB1\t,交易\t,咖啡（大杯）,2026-03-08 10:00:00,2026-03-08 10:00:05,\t,\t,\t,\t,*明(138******00),61.00,60.00,1.00,0.00,0.00,1.00,0.00,,0.00\t,0.00,\t,-0.36,0.00,'
const BACK =
  '20260308220001\t,TB1\t,退款\t,咖啡（大杯）,2026-03-08 10:00:00,2026-03-08 11:30:00,\t,\t,\t,\t,*明(138******00),-6.00,-5.00,0.00,0.00,0.00,-1.00,0.00,,0.00\t,0.00,RF1\t,0.03,0.00,缺货'
const TAIL = [
  '#-----------------------------------------业务明细列表结束------------------------------------',
  '#交易合计：1笔，商家实收共60.00元，商家优惠共1.00元',
  '#退款合计：1笔，商家实收退款共-5.00元，商家优惠退款共-1.00元',
  '#导出时间：[2026年03月09日 05:46:49]',
]
const FILE = [...HEAD, NAMES, PAID, BACK, ...TAIL]
const SUMS = [
  '#支付宝业务汇总查询',
  ...HEAD.slice(1, 3),
  '#-----------------------------------------业务汇总列表----------------------------------------',
  '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）',
  'NJ1\t,南京\t,1,1,55.00,55.00,0.00,0.00,0.00,-0.33,0.00,54.67',
  '合计,,1,1,55.00,55.00,0.00,0.00,0.00,-0.33,0.00,54.67',
  '#----------------------------------------业务汇总列表结束-------------------------------------',
  '#导出时间：[2026年03月09日 05:46:49]',
]

type Lines = readonly string[]
const entry = (name: string, lines: Lines, end = '\n') => ({
  name,
  data: gbk(lines.map((line) => line + end).join('')),
})
const archive = (lines: Lines) => zipOf({ entries: [entry(DETAILS, lines)] })
const change = (lines: Lines, from: string, to: string) =>
  lines.map((line) => line.replace(from, to))

async function read(bytes: Uint8Array, by: ReadStatement = trade) {
  const found = await readAll(by, inPieces(bytes))
  assert(typeof found === 'object', `refused: ${found}`)
  return found
}
const fault = async (bytes: Uint8Array, by: ReadStatement = trade) => {
  const found = await readAll(by, inPieces(bytes))
  return typeof found === 'string' ? found : 'none'
}
const cny = (amount: bigint) => ({ amount, currency: 'CNY' })

describe('a trade bill', () => {
  test('tells payments and refunds by what the payer paid and got back', async () => {
    const { lines, totals } = await read(archive(FILE))
    const both = {
      walletReference: 'TB1',
      walletTransactionId: '20260308220001',
    }
    assert.deepEqual(lines, [
      {
        ...both,
        line: 6,
        kind: 'payment',
        money: cny(6100n),
        fee: cny(36n),
        at: Date.parse('2026-03-08T10:00:05+08:00'),
        walletStatus: '交易',
      },
      {
        ...both,
        line: 7,
        kind: 'refund',
        money: cny(600n),
        fee: cny(-3n),
        at: Date.parse('2026-03-08T11:30:00+08:00'),
        refundReference: 'RF1',
        walletStatus: '退款',
      },
    ])
    assert.deepEqual([totals.lines, totals.consistent, totals.unknownColumns], [2, true, undefined])
    assert.equal(totals.summary.交易合计商家实收, '60.00')
  })

  test('is the same with CRLF, empty lines, its last line open, and as a spreadsheet saves it', async () => {
    const plain = await read(archive(FILE))
    const crlf = zipOf({ entries: [entry(DETAILS, FILE, '\r\n')] })
    assert.deepEqual(await read(crlf), plain)
    assert.deepEqual(await read(archive([...FILE, '', ' \t'])), plain)
    const open = { name: DETAILS, data: gbk(FILE.join('\n')) }
    assert.deepEqual(await read(zipOf({ entries: [open] })), plain)
    const filled = FILE.map((line) => (line.startsWith('#') ? `${line},,,` : line))
    assert.deepEqual(await read(archive(filled)), plain)
  })

  test('finds columns by their names in any order, and names those it does not know', async () => {
    const moved = FILE.map((line) => {
      if (line.startsWith('#')) return line
      const cells = line.split(',')
      return ['新列', ...cells.slice(1).reverse(), cells[0]].join(',')
    })
    const { lines, totals } = await read(archive(moved))
    assert.deepEqual(lines, (await read(archive(FILE))).lines)
    assert.deepEqual([totals.consistent, totals.unknownColumns], [true, ['新列']])
  })

  test('takes quotes around a cell as CSV, and any other quote as text', async () => {
    const plain = await read(archive(FILE))
    for (const name of [
      '"咖啡, 大杯"',
      '"咖啡 ""大"", 杯"',
      '"咖啡\n大杯, 热"',
      '27" 显示器',
      '"好" 咖啡',
      '"半个',
    ]) {
      const text = FILE.map((line) => line.replace('咖啡（大杯）', name))
      const { lines, totals } = await read(archive(text))
      const money = (all: typeof lines) => all.map(({ line: _, ...rest }) => rest)
      assert.deepEqual(money(lines), money(plain.lines), name)
      assert.equal(totals.consistent, true)
    }
    const quoted = FILE.map((line) => line.replace('TB1\t', '"T""B,1"\t'))
    assert.equal((await read(archive(quoted))).lines[0]?.walletReference, 'T"B,1')
  })

  test('takes fees of either sign, finer than a fen, or none', async () => {
    const fees = async (text: string) => {
      const { lines } = await read(archive(change(FILE, ',-0.36,', `,${text},`)))
      return [lines[0]?.fee?.amount, lines[0]?.feeText]
    }
    assert.deepEqual(await fees('0.36'), [36n, undefined])
    assert.deepEqual(await fees('-0.363'), [undefined, '-0.363'])
    assert.deepEqual(await fees(''), [undefined, undefined])
    const { lines } = await read(archive(change(FILE, ',0.03,', ',-0.03,')))
    assert.equal(lines[1]?.fee?.amount, -3n)
  })

  test('calls any other type other, in neither total', async () => {
    const strange = PAID.replace('交易\t', '转账\t').replace('TB1', 'X')
    const found = await read(archive([...HEAD, NAMES, PAID, strange, BACK, ...TAIL]))
    assert.deepEqual(
      found.lines.map(({ kind, walletStatus }) => [kind, walletStatus]),
      [
        ['payment', '交易'],
        ['other', '转账'],
        ['refund', '退款'],
      ],
    )
    assert.equal(found.totals.consistent, true)
  })

  test('of a day without trades is empty and consistent', async () => {
    const zero = TAIL.map((line) => line.replace(/1笔/, '0笔').replace(/共-?[\d.]+元/g, '共0.00元'))
    const { lines, totals } = await read(archive([...HEAD, NAMES, ...zero]))
    assert.deepEqual([lines.length, totals.lines, totals.consistent], [0, 0, true])
  })

  test('is checked against its summary, before or behind it', async () => {
    const details = entry(DETAILS, FILE)
    for (const entries of [
      [details, entry(SUMMARY, SUMS)],
      [entry(SUMMARY, SUMS), details],
    ]) {
      const { totals } = await read(zipOf({ entries }))
      assert.deepEqual([totals.consistent, totals.summary['实收净额（元）']], [true, '54.67'])
    }
    for (const [from, to] of [
      ['合计,,1', '合计,,2'],
      ['合计,,1,1', '合计,,1,0'],
      ['合计,,1,1,55.00', '合计,,1,1,55.01'],
      ['合计,,1,1,55.00,55.00', '合计,,1,1,55.00,54.00'],
      ['合计,,1,1,55.00,55.00,0.00', '合计,,1,1,55.00,55.00,0.01'],
      ['合计,,1,1,55.00,55.00,0.00,0.00', '合计,,1,1,55.00,55.00,0.00,1'],
    ] as const) {
      const sums = entry(SUMMARY, change(SUMS, from, to))
      assert.equal((await read(zipOf({ entries: [details, sums] }))).totals.consistent, false, to)
    }
    const last = SUMS.at(-3) ?? ''
    for (const wrong of [last.replace('-0.33', '-0.34'), last.replace('54.67', '54.68')]) {
      const sums = entry(SUMMARY, change(SUMS, last, wrong))
      assert.equal((await read(zipOf({ entries: [details, sums] }))).totals.consistent, false)
    }
  })

  test('whose totals or times disagree with its rows says so', async () => {
    for (const [from, to] of [
      ['交易合计：1', '交易合计：2'],
      ['退款合计：1', '退款合计：0'],
      ['共60.00', '共60.01'],
      ['商家优惠共1.00', '商家优惠共0.00'],
      ['共-5.00', '共5.00'],
      ['优惠退款共-1.00', '优惠退款共-1.01'],
      ['2026-03-08 11:30', '2026-03-09 00:00'],
      ['2026-03-08 11:30', '2026-03-07 23:59'],
    ] as const) {
      assert.equal((await read(archive(change(FILE, from, to)))).totals.consistent, false, to)
    }
  })

  test('of a month is read under the names of a month', async () => {
    const month = change(
      change(FILE, '2026年03月08日', '2026年03月01日'),
      '2026年03月09日 00',
      '2026年04月01日 00',
    )
    const reader = tradeBill({ ...ASKED, date: '2026-03' })
    for (const suffix of ['', '_1']) {
      const name = `20880000000000010156_202603_业务明细${suffix}.csv`
      const { totals } = await read(zipOf({ entries: [entry(name, month)] }), reader)
      assert.equal(totals.consistent, true)
    }
    assert.equal(await fault(archive(FILE), reader), 'time 1')
    const wrong = entry('20880000000000010156_202603_业务明细.csv', FILE)
    assert.equal(await fault(zipOf({ entries: [wrong] }), reader), 'time 3')
  })

  const faults: readonly [string, Lines, string][] = [
    ['no end', FILE.slice(0, 7), 'truncated 8'],
    ['no totals', FILE.slice(0, 8), 'truncated 9'],
    ['totals of payments only', FILE.slice(0, 9), 'truncated 10'],
    ['nothing', [], 'truncated 1'],
    ['names only', [...HEAD, NAMES], 'truncated 6'],
    ['a row behind the end', [...FILE, PAID], 'columns 12'],
    ['totals twice', [...FILE, TAIL[1] ?? ''], 'columns 12'],
    ['a total that is no figure', change(FILE, '共60.00元', '共sixty元'), 'amount 9'],
    ['another account', change(FILE, '[2088000000000001', '[2088000000000002'), 'account 2'],
    ['no account', FILE.filter((line) => !line.startsWith('#账号')), 'account 4'],
    ['another day', change(FILE, '2026年03月08日', '2026年03月07日'), 'time 3'],
    ['a longer time', change(FILE, '2026年03月09日 00', '2026年03月10日 00'), 'time 3'],
    ['no time', FILE.filter((line) => !line.startsWith('#起始')), 'time 4'],
    ['no names', FILE.filter((line) => line !== NAMES), 'columns 5'],
    ['a name twice', change(FILE, '备注', '分润（元）'), 'columns 5'],
    ['a renamed column', change(FILE, '订单金额（元）', '订单金额(元)'), 'columns 5'],
    ['a cell too many', change(FILE, '咖啡（大杯）', '咖啡,大杯'), 'cells 6'],
    ['a cell too few', change(FILE, 'RF1\t,', ''), 'cells 7'],
    ['a quote that never closes', change(FILE, ',咖啡（大杯）,2026', ',"咖啡2026'), 'cells 6'],
    ['an amount with a comma', change(FILE, ',61.00,', ',"1,061.00",'), 'amount 6'],
    ['an amount below a fen', change(FILE, ',61.00,', ',61.001,'), 'amount 6'],
    ['an empty amount', change(FILE, ',61.00,', ',\t,'), 'amount 6'],
    ['an amount in words', change(FILE, ',60.00,', ',60.00元,'), 'amount 6'],
    ['a negative payment', change(FILE, ',61.00,', ',-61.00,'), 'amount 6'],
    ['a fee that is none', change(FILE, ',-0.36,', ',+0.36,'), 'amount 6'],
    ['a day that does not exist', change(FILE, '03-08 10:00:05', '02-30 10:00:05'), 'time 6'],
    ['a time in another shape', change(FILE, '03-08 10:00:05', '03-08T10:00:05'), 'time 6'],
  ]
  for (const [what, lines, expected] of faults) {
    test(`with ${what} is refused whole`, async () =>
      assert.equal(await fault(archive(lines)), expected))
  }

  test('in bytes that are no GBK, or without line ends, is refused', async () => {
    const bytes = Buffer.concat([gbk(`${FILE.slice(0, 6).join('\n')}\n`), Buffer.from([0xff, 10])])
    const bad = zipOf({ entries: [{ name: DETAILS, data: bytes }] })
    assert.equal(await fault(bad), 'encoding 7')
    const utf8 = zipOf({ entries: [{ name: DETAILS, data: Buffer.from(FILE.join('\n')) }] })
    assert.match(await fault(utf8), /^(encoding|columns|account) /)
    const long = zipOf({
      entries: [{ name: DETAILS, data: gbk(Array.from({ length: 30_000 }, String).join()) }],
    })
    assert.equal(await fault(long), 'encoding 1')
  })

  test('with a broken summary is refused', async () => {
    const details = entry(DETAILS, FILE)
    const cut = entry(SUMMARY, SUMS.slice(0, 6))
    assert.equal(await fault(zipOf({ entries: [details, cut] })), 'truncated 7')
    const rest = entry(
      SUMMARY,
      SUMS.filter((line) => !line.startsWith('合计')),
    )
    assert.equal(await fault(zipOf({ entries: [details, rest] })), 'truncated 9')
    const other = entry(SUMMARY, change(SUMS, '[2088000000000001', '[2088000000000002'))
    assert.equal(await fault(zipOf({ entries: [details, other] })), 'account 2')
  })
})

describe('the archive of a bill', () => {
  const named = (name: string) => entry(name, FILE)
  test('holds this bill and its summary, and nothing else', async () => {
    const details = named(DETAILS)
    for (const [name, expected] of [
      ['readme.txt', 'archive 1'],
      ['../20880000000000010156_20260308_业务明细.csv', 'archive 1'],
      ['a/20880000000000010156_20260308_业务明细.csv', 'archive 1'],
      ['a\\20880000000000010156_20260308_业务明细.csv', 'archive 1'],
      ['20880000000000010156_20260308_业务明细.csv/', 'archive 1'],
      ['20880000000000010156_20260308_业务明细_2.csv', 'archive 1'],
      [FUNDS, 'archive 1'],
      [DETAILS, 'archive 1'],
      ['20880000000000010156_20260308_业务明细_1.csv', 'archive 1'],
      ['20880000000000020156_20260308_业务明细(汇总).csv', 'account 1'],
      ['20880000000000010156_20260309_业务明细(汇总).csv', 'time 1'],
    ] as const) {
      assert.equal(await fault(zipOf({ entries: [details, named(name)] })), expected, name)
    }
    const sums = entry(SUMMARY, SUMS)
    const again = entry(SUMMARY.replace('(', '（').replace(')', '）'), SUMS)
    assert.equal(await fault(zipOf({ entries: [sums, again] })), 'archive 1')
    assert.equal(await fault(zipOf({ entries: [sums] })), 'archive 1')
    assert.equal(await fault(zipOf({ entries: [] })), 'archive 1')
  })

  test('lets go of its source where the reader of the lines stops', async () => {
    let closed = false
    async function* source() {
      try {
        yield* inPieces(archive(FILE), 100)
        yield new Uint8Array(1)
      } finally {
        closed = true
      }
    }
    for await (const line of trade(source())) {
      assert.equal(line.line, 6)
      break
    }
    assert.equal(closed, true)
  })
})

describe('a fund bill', () => {
  const names =
    '账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注'
  const row = (type: string, income: string, expense: string, order = 'TB1') =>
    `601\t,220001\t,${order}\t,咖啡,2026-03-08 10:00:00,*明\t,${income},${expense},90.00,支付宝,${type},`
  const list = (word: string) => HEAD.map((line) => line.replaceAll('业务', word))
  const file = [
    ...list('账务'),
    names,
    row('在线支付', '88.88', '0.00'),
    row('收费', '0.00', '-0.53'),
    row('交易退款', '', '-3.00'),
    row('提现', ' ', '-50', ''),
    row('收费', '0.01', '0'),
    '#-----------------------------------------账务明细列表结束------------------------------------',
    '#支出合计：3笔，共-53.53元',
    '#收入合计：2笔，共88.89元',
    '#导出时间：[2026年03月09日 05:46:49]',
  ]
  const funds = (lines: Lines, sums?: Lines) =>
    zipOf({ entries: [entry(FUNDS, lines), ...(sums ? [entry(FUNDS_SUMMARY, sums)] : [])] })

  test('tells what moved on the balance, and why', async () => {
    const { lines, totals } = await read(funds(file), fund)
    assert.deepEqual(
      lines.map((l) => [l.kind, l.money.amount, l.walletStatus, l.walletReference]),
      [
        ['payment', 8888n, '在线支付 收入', 'TB1'],
        ['fee', 53n, '收费 支出', 'TB1'],
        ['refund', 300n, '交易退款 支出', 'TB1'],
        ['other', 5000n, '提现 支出', undefined],
        ['other', 1n, '收费 收入', 'TB1'],
      ],
    )
    assert.equal(lines[0]?.walletTransactionId, '220001')
    assert.equal(totals.consistent, true)
    assert.equal(totals.summary['账户余额（元）'], '90.00')
  })

  test('is checked against its own totals and its summary', async () => {
    for (const [from, to] of [
      ['支出合计：3', '支出合计：2'],
      ['收入合计：2', '收入合计：3'],
      ['共-53.53', '共53.53'],
      ['共88.89', '共88.88'],
    ] as const) {
      assert.equal((await read(funds(change(file, from, to)), fund)).totals.consistent, false, to)
    }
    const sums = [
      ...list('账务').map((line) => line.replace('明细列表', '汇总列表')),
      '类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）',
      '合计,2,88.89,3,-53.53,35.36',
      '#----------------------------------------账务汇总列表结束-------------------------------------',
    ]
    assert.equal((await read(funds(file, sums), fund)).totals.consistent, true)
    for (const wrong of ['合计,1,', '合计,2,88.88,', '合计,2,88.89,4', '合计,2,88.89,3,-53.52']) {
      const at = sums.map((l) => (l.startsWith('合计') ? wrong + l.slice(wrong.length) : l))
      assert.equal((await read(funds(file, at), fund)).totals.consistent, false, wrong)
    }
  })

  test('with a row of both directions, or against its column’s sign, is refused', async () => {
    for (const [income, expense] of [
      ['1.00', '-1.00'],
      ['-1.00', '0.00'],
      ['0.00', '1.00'],
    ] as const) {
      const bad = change(file, row('收费', '0.00', '-0.53'), row('收费', income, expense))
      assert.equal(await fault(funds(bad), fund), 'amount 7')
    }
    assert.equal(await fault(funds(file.slice(0, -2)), fund), 'truncated 13')
    assert.equal(await fault(funds(change(file, '业务类型', '类型')), fund), 'columns 5')
    assert.equal(await fault(archive(FILE), fund), 'archive 1')
  })
})
