import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StatementError, type StatementLine, type StatementTotals } from '../statement.ts'
import { readFundFlowBill, readTradeBill } from './statement.ts'

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const PAID =
  '`2026-03-19 10:00:00,`wx1,`1900000109,`0,`,`42001,`TB1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`56.00,`5.00,`0,`0,`0.00,`0.00,`,`,`咖啡, 大杯,`,`0.34000,`0.60%,`61.00,`0.00,`'
const BACK =
  '`2026-03-19 11:30:00,`wx1,`1900000109,`0,`,`42001,`TB1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50301,`RF1,`5.50,`0.00,`ORIGINAL,`PROCESSING,`咖啡,`,`-0.04000,`0.60%,`0.00,`6.00,`'
const SUMS =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
const SUM = '`2,`56.00,`5.50,`0.00,`0.30000,`61.00,`6.00'
const FILE = [HEAD, PAID, BACK, SUMS, SUM]

type Read = typeof readTradeBill

async function read(lines: readonly string[] | Uint8Array, by: Read = readTradeBill) {
  const bytes = lines instanceof Uint8Array ? lines : Buffer.from(`\ufeff${lines.join('\r\n')}`)
  const source = by(
    (async function* () {
      yield bytes
    })(),
  )
  const found: StatementLine[] = []
  let next: IteratorResult<StatementLine, StatementTotals> = await source.next()
  for (; !next.done; next = await source.next()) found.push(next.value)
  return { lines: found, totals: next.value }
}

async function fault(lines: readonly string[] | Uint8Array, by?: Read): Promise<string> {
  try {
    await read(lines, by)
  } catch (error) {
    if (error instanceof StatementError) return `${error.reason} ${error.line}`
    throw error
  }
  return 'none'
}

describe('a trade bill', () => {
  test('tells payments by what was ordered and refunds by what was asked for', async () => {
    const { lines, totals } = await read(FILE)
    const cny = (amount: bigint) => ({ amount, currency: 'CNY' })
    assert.deepEqual(lines, [
      {
        line: 2,
        kind: 'payment',
        money: cny(6100n),
        at: Date.parse('2026-03-19T10:00:00+08:00'),
        walletStatus: 'SUCCESS',
        walletReference: 'TB1',
        walletTransactionId: '42001',
        fee: cny(34n),
      },
      {
        line: 3,
        kind: 'refund',
        money: cny(600n),
        at: Date.parse('2026-03-19T11:30:00+08:00'),
        walletStatus: 'PROCESSING',
        walletReference: 'TB1',
        walletTransactionId: '42001',
        refundReference: 'RF1',
        walletRefundId: '50301',
        fee: cny(-4n),
      },
    ])
    assert.equal(totals.lines, 2)
    assert.equal(totals.consistent, true)
    assert.equal(totals.summary.总交易单数, '2')
  })

  test('is the same with LF, without byte order mark, and with a line end behind it', async () => {
    const plain = await read(FILE)
    assert.deepEqual(await read(Buffer.from(FILE.join('\n'))), plain)
    assert.deepEqual(await read(Buffer.from(`${FILE.join('\r\n')}\r\n`)), plain)
  })

  test('of a day without trades is empty and consistent', async () => {
    const { lines, totals } = await read([HEAD, SUMS, '`0,`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00'])
    assert.deepEqual([lines.length, totals.lines, totals.consistent], [0, 0, true])
  })

  test('under the older headings counts what it has', async () => {
    const old = (line: string) =>
      line
        .replace('应结订单金额', '总金额')
        .replace('代金券金额', '企业红包金额')
        .replace('充值券退款金额', '企业红包退款金额')
        .replace(',订单金额,申请退款金额,费率备注', '')
    const cut = (line: string) => line.split(',`').slice(0, -3).join(',`')
    const { lines, totals } = await read([
      old(HEAD),
      cut(PAID),
      cut(BACK),
      '总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额',
      '`2,`56.00,`5.50,`0.00,`0.30',
    ])
    assert.deepEqual(
      lines.map(({ money }) => money.amount),
      [5600n, 550n],
    )
    assert.equal(totals.consistent, true)
  })

  test('keeps a fee that is no whole fen as it is written', async () => {
    const { lines } = await read(FILE.map((line) => line.replace('`0.34000', '`0.34567')))
    assert.equal(lines[0]?.fee, undefined)
    assert.equal(lines[0]?.feeText, '0.34567')
  })

  test('whose summary disagrees in any figure says so', async () => {
    const wrong = ['`3,', '`56.01,', '`5.51,', '`0.01,', '`0.30001,', '`61.01,', '`6.01']
    const right = ['`2,', '`56.00,', '`5.50,', '`0.00,', '`0.30000,', '`61.00,', '`6.00']
    for (const [index, figure] of wrong.entries()) {
      const sum = SUM.replace(right[index] ?? '', figure)
      assert.equal((await read([...FILE.slice(0, 4), sum])).totals.consistent, false, figure)
    }
  })

  const faults: readonly [string, readonly string[] | Uint8Array, string][] = [
    [
      'a row with a cell too many',
      FILE.map((l) => l.replace('咖啡, 大杯', '咖啡,`大杯')),
      'cells 2',
    ],
    ['a row with a cell too few', FILE.map((l) => l.replace(',`RF1', '')), 'cells 3'],
    ['no summary', FILE.slice(0, 3), 'truncated 4'],
    ['names of a summary only', FILE.slice(0, 4), 'truncated 5'],
    ['nothing', Buffer.alloc(0), 'truncated 1'],
    ['only a byte order mark', [], 'columns 1'],
    ['a line behind the summary', [...FILE, PAID], 'columns 6'],
    ['two lines of names', [...FILE.slice(0, 4), SUMS, SUM], 'columns 5'],
    ['a name twice', FILE.map((l) => l.replace('设备号', '商户号')), 'columns 1'],
    ['no names', FILE.slice(1), 'columns 1'],
    ['a column that is missing', FILE.map((l) => l.replace('交易状态', '状态')), 'columns 2'],
    ['an amount with a comma', FILE.map((l) => l.replace('`61.00,', '`1,061.00,')), 'amount 2'],
    ['an amount below a fen', FILE.map((l) => l.replace('`61.00,', '`61.001,')), 'amount 2'],
    ['a negative amount', FILE.map((l) => l.replace('`6.00,', '`-6.00,')), 'amount 3'],
    ['an empty amount', FILE.map((l) => l.replace('`61.00,', '`,')), 'amount 2'],
    ['another currency', FILE.map((l) => l.replace('`CNY', '`HKD')), 'amount 2'],
    ['a day that does not exist', FILE.map((l) => l.replace('03-19 10', '02-30 10')), 'time 2'],
    ['a time with a zone', FILE.map((l) => l.replace('10:00:00,', '10:00:00+08:00,')), 'time 2'],
    [
      'bytes of another encoding',
      Buffer.concat([Buffer.from(`${HEAD}\n\``), Buffer.from([0xb2, 0xe2])]),
      'encoding 2',
    ],
    ['a line without end', Buffer.from(`${HEAD}\n\`${'x'.repeat(70_000)}`), 'encoding 2'],
  ]
  for (const [what, lines, expected] of faults) {
    test(`with ${what} is refused whole`, async () => assert.equal(await fault(lines), expected))
  }
})

describe('a bill of the flow of funds', () => {
  const head =
    '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号'
  const row = (type: string, direction: string, amount: string, voucher: string) =>
    `\`2026-03-19 10:00:01,\`42001,\`1,\`${type},\`${type},\`${direction},\`${amount},\`0.00,\`system,\`a\\nb,\`${voucher}`
  const sums = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'
  const file = [
    head,
    row('交易', '收入', '56.00', 'TB1'),
    row('扣除交易手续费', '支出', '0.34', 'TB1'),
    row('退款', '支出', '5.96', 'RF1'),
    row('提现', '支出', '49.70', ''),
    sums,
    '`4.0,`1.0,`56.00,`3.0,`56.00',
  ]

  test('tells what moved on the balance, and why', async () => {
    const { lines, totals } = await read(file, readFundFlowBill)
    assert.deepEqual(
      lines.map((l) => [
        l.kind,
        l.money.amount,
        l.walletStatus,
        l.walletReference,
        l.refundReference,
      ]),
      [
        ['payment', 5600n, '交易 收入', 'TB1', undefined],
        ['fee', 34n, '扣除交易手续费 支出', 'TB1', undefined],
        ['refund', 596n, '退款 支出', undefined, 'RF1'],
        ['other', 4970n, '提现 支出', undefined, undefined],
      ],
    )
    assert.equal(totals.consistent, true)
  })

  test('whose summary disagrees says so, and one of another direction is refused', async () => {
    for (const sum of ['`5,`1,`56.00,`3,`56.00', '`4,`1,`56.01,`3,`56.00', '`4,`1,`56.00,`3,`56']) {
      const { totals } = await read([...file.slice(0, -1), sum], readFundFlowBill)
      assert.equal(totals.consistent, sum.endsWith('`56'), sum)
    }
    const aside = file.map((line) => line.replace('`收入', '`平'))
    assert.equal(await fault(aside, readFundFlowBill), 'columns 2')
  })
})
