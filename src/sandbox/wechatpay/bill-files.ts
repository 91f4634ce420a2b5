// Bill files as WeChat Pay writes them (sheet section 9): UTF-8 with a byte order mark, every value
// behind a backtick, a summary below.

import { openidOf } from './buyers.ts'
import type { Flow } from './flows.ts'
import { feeOf, yuan } from './flows.ts'
import type { Order } from './order-rows.ts'
import { beijing } from './time.ts'

/** How a file is made wrong on purpose. */
export interface Flaws {
  missingRow?: boolean
  amountOff?: boolean
  oldHeadings?: boolean
  withoutBom?: boolean
  lineFeed?: boolean
}

export type BillType = 'ALL' | 'SUCCESS' | 'REFUND'

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额'
const REFUND_NUMBERS = '微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态'
const GOODS = '商品名称,商户数据包,手续费,费率,订单金额'
const COLUMNS: Record<BillType, string> = {
  ALL: `${HEAD},${REFUND_NUMBERS},${GOODS},申请退款金额,费率备注`,
  SUCCESS: `${HEAD},${GOODS},费率备注`,
  REFUND: `${HEAD},退款申请时间,退款成功时间,${REFUND_NUMBERS},${GOODS},申请退款金额,费率备注`,
}
const SUMMARY: Record<BillType, string> = {
  ALL: '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  SUCCESS: '总交易单数,应结订单总金额,手续费总金额,订单总金额',
  REFUND:
    '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
}
const FLOW_COLUMNS =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号'
const FLOW_SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'

/** One line of a trade bill: a payment, or the money that a reversal gave back. */
export interface TradeLine {
  order: Order
  at: number
  reversal: boolean
}

/** Five decimals, as bills write fees. */
function feeText(fen: bigint): string {
  return `${yuan(fen)}000`
}

export function tradeBill(lines: readonly TradeLine[], type: BillType, flaws: Flaws = {}): string {
  const shown = (flaws.missingRow ? lines.slice(1) : lines).map((line, index) =>
    tradeRow(line, type, flaws.amountOff === true && index === 0),
  )
  const sum = (value: (line: TradeLine) => bigint) =>
    lines.reduce((total, line) => total + value(line), 0n)
  const paid = sum(({ order, reversal }) => (reversal ? 0n : order.total))
  const back = sum(({ order, reversal }) => (reversal ? order.total : 0n))
  const fees = sum(({ order, reversal }) => (reversal ? -feeOf(order) : feeOf(order)))
  const totals =
    type === 'SUCCESS'
      ? [String(lines.length), yuan(paid), feeText(fees), yuan(paid)]
      : [
          String(lines.length),
          yuan(paid),
          yuan(back),
          '0.00',
          feeText(fees),
          yuan(paid),
          yuan(back),
        ]
  const columns = flaws.oldHeadings
    ? COLUMNS[type].replace('应结订单金额', '总金额').replace('代金券金额', '企业红包金额')
    : COLUMNS[type]
  return file([columns, ...shown, SUMMARY[type], row(totals)], flaws)
}

function tradeRow({ order, at, reversal }: TradeLine, type: BillType, off: boolean): string {
  const total = reversal ? 0n : order.total + (off ? 1n : 0n)
  const fee = reversal ? -feeOf(order) : feeOf(order)
  const head = [
    beijing(at),
    order.appid,
    order.mchid,
    '0',
    order.deviceId ?? '',
    order.transactionId ?? '0',
    order.outTradeNo,
    openidOf(order.buyerId ?? '', order.appid),
    order.tradeType,
    reversal ? 'REVOKED' : 'SUCCESS',
    'OTHERS',
    'CNY',
    yuan(total),
    '0.00',
  ]
  const numbers = reversal
    ? [order.refundId ?? '0', order.outTradeNo, yuan(order.total), '0.00', 'ORIGINAL', 'SUCCESS']
    : ['0', '0', '0.00', '0.00', '', '']
  const goods = [order.description, order.attach ?? '', feeText(fee), '0.60%', yuan(total)]
  const requested = reversal ? yuan(order.total) : '0.00'
  switch (type) {
    case 'ALL':
      return row([...head, ...numbers, ...goods, requested, ''])
    case 'SUCCESS':
      return row([...head, ...goods, ''])
    case 'REFUND':
      return row([...head, beijing(at), beijing(at), ...numbers, ...goods, requested, ''])
  }
}

export function flowBill(flows: readonly Flow[], flaws: Flaws = {}): string {
  const shown = (flaws.missingRow ? flows.slice(1) : flows).map((flow, index) => {
    const size = flow.change < 0n ? -flow.change : flow.change
    return row([
      beijing(flow.at),
      flow.businessNo,
      flow.flowNo,
      flow.name,
      flow.name,
      flow.change < 0n ? '支出' : '收入',
      yuan(size + (flaws.amountOff && index === 0 ? 1n : 0n)),
      yuan(flow.balance),
      flow.applicant,
      flow.remark,
      flow.voucher,
    ])
  })
  const incoming = flows.filter(({ change }) => change >= 0n)
  const outgoing = flows.filter(({ change }) => change < 0n)
  const sum = (part: readonly Flow[]) => part.reduce((total, { change }) => total + change, 0n)
  const totals = [
    `${flows.length}.0`,
    `${incoming.length}.0`,
    yuan(sum(incoming)),
    `${outgoing.length}.0`,
    yuan(-sum(outgoing)),
  ]
  return file([FLOW_COLUMNS, ...shown, FLOW_SUMMARY, row(totals)], flaws)
}

function row(values: readonly string[]): string {
  return values.map((value) => `\`${value.replace(/[\r\n]/g, ' ')}`).join(',')
}

function file(lines: readonly string[], flaws: Flaws): string {
  const end = flaws.lineFeed ? '\n' : '\r\n'
  return `${flaws.withoutBom ? '' : '\ufeff'}${lines.map((line) => line + end).join('')}`
}
