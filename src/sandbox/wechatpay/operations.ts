// The operations of APIv3 that the sandbox has: what each does with a request that is genuine.
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { BillType, Flaws } from './bill-files.ts'
import type { BillRequest } from './bills.ts'
import { canonical, judgeNotifyUrl, OUT_TRADE_NO, readOrderBody } from './bodies.ts'
import { payByCode } from './code-pay.ts'
import { letters, openField, seal, sealField } from './crypto.ts'
import type { Merchant, MerchantCertificate, Product } from './merchants.ts'
import { transactionOf } from './messages.ts'
import type { Order, TradeType } from './order-rows.ts'
import { take } from './payer.ts'
import { badField, isRefusal, REFUSALS, type Refusal, refuse } from './refusals.ts'
import { misshapen, text } from './shape.ts'
import { formatTime } from './time.ts'
import type { World } from './world.ts'

export interface Question {
  merchant: Merchant
  certificate: MerchantCertificate
  /** From the path. */
  path: Record<string, string>
  query: URLSearchParams
  body: JsonObject
  /** The key that the request names in Wechatpay-Serial. */
  serial: string | undefined
}

export interface Answer {
  status: 200 | 202 | 204
  body?: Record<string, unknown>
  /** A file's bytes, which are not signed. */
  file?: Buffer
}

export interface Operation {
  name: string
  method: 'GET' | 'POST'
  url: string
  perform(world: World, question: Question): Answer | Refusal
}

const HOUR = 3_600_000
const PREPAY_LIFE_MS = 2 * HOUR
const H5_LIFE_MS = 5 * 60_000

const ok = (body: Record<string, unknown>): Answer => ({ status: 200, body })

export const OPERATIONS: readonly Operation[] = [
  prepay('jsapi', 'JSAPI', PREPAY_LIFE_MS, ({ prepayId }) => ({ prepay_id: prepayId })),
  prepay('app', 'APP', PREPAY_LIFE_MS, ({ prepayId }) => ({ prepay_id: prepayId })),
  prepay('native', 'NATIVE', PREPAY_LIFE_MS, ({ token }) => ({
    code_url: `weixin://wxpay/bizpayurl?pr=${token}`,
  })),
  prepay('h5', 'MWEB', H5_LIFE_MS, ({ prepayId, token, address }) => ({
    h5_url: `${address}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepayId}&package=${token}`,
  })),
  post('codepay', '/v3/pay/transactions/codepay', codepay),
  get('query', '/v3/pay/transactions/out-trade-no/:outTradeNo', queryByNumber),
  get('query', '/v3/pay/transactions/id/:transactionId', queryByTransaction),
  post('close', '/v3/pay/transactions/out-trade-no/:outTradeNo/close', close),
  post('reverse', '/v3/pay/transactions/out-trade-no/:outTradeNo/reverse', reverse),
  get('certificates', '/v3/certificates', certificates),
  post('echo', '/v3/security/echo', echo),
  get('tradebill', '/v3/bill/tradebill', tradeBill),
  get('fundflowbill', '/v3/bill/fundflowbill', fundFlowBill),
  get('billdownload', '/v3/billdownload/file', download),
]

function get(name: string, url: string, perform: Operation['perform']): Operation {
  return { name, method: 'GET', url, perform }
}

function post(name: string, url: string, perform: Operation['perform']): Operation {
  return { name, method: 'POST', url, perform }
}

interface HandedOut {
  prepayId: string
  token: string
  address: string
}

function prepay(
  product: Product,
  tradeType: TradeType,
  lifeMs: number,
  hand: (made: HandedOut) => Record<string, string>,
): Operation {
  return post(product, `/v3/pay/transactions/${product}`, (world, question) => {
    const body = readOrderBody(product, question.body, world.platform.clock.now())
    if (isRefusal(body)) return body
    const refusal = judgeMerchant(question.merchant, product, body)
    if (refusal) return refusal
    if (body.openid !== undefined && !world.buyers.byOpenid(body.appid, body.openid)) {
      return REFUSALS.openidDiffers()
    }
    const order = world.orders.take(body, tradeType, canonical(question.body))
    if (isRefusal(order)) return order
    const made = world.orders.prepay(order, question.certificate.serial, lifeMs)
    return ok(hand({ ...made, address: world.platform.address() }))
  })
}

/** Whether this merchant may take such an order for this app. */
export function judgeMerchant(
  merchant: Merchant,
  product: Product,
  { mchid, appid }: { mchid: string; appid: string },
): Refusal | undefined {
  if (mchid !== merchant.mchid) return REFUSALS.merchantDiffers()
  if (!Object.values(merchant.apps).includes(appid)) return REFUSALS.appidNotBound()
  return merchant.products.includes(product) ? undefined : REFUSALS.notOpened()
}

function codepay(world: World, question: Question): Answer | Refusal {
  const body = readOrderBody('codepay', question.body, world.platform.clock.now())
  if (isRefusal(body)) return body
  const refusal = judgeMerchant(question.merchant, 'codepay', body)
  if (refusal) return refusal
  // Another code is no other order: its owner is looked at apart.
  const { payer: _payer, ...rest } = question.body
  const order = payByCode(world, body, canonical(rest))
  if (isRefusal(order)) return order
  return { status: order.state === 'USERPAYING' ? 202 : 200, body: transactionOf(order) }
}

function queryByNumber(world: World, { merchant, path, query }: Question): Answer | Refusal {
  const refusal = judgeQuery(merchant, query)
  if (refusal) return refusal
  const order = world.orders.byNumber(merchant.mchid, path.outTradeNo ?? '')
  return order ? ok(transactionOf(lagging(world, order))) : REFUSALS.noOrder()
}

function queryByTransaction(world: World, { merchant, path, query }: Question): Answer | Refusal {
  const refusal = judgeQuery(merchant, query)
  if (refusal) return refusal
  const order = world.orders.byTransaction(path.transactionId ?? '')
  return order?.mchid === merchant.mchid
    ? ok(transactionOf(lagging(world, order)))
    : REFUSALS.noOrder()
}

// A fault: the query does not know yet of what the payer's phone already shows.
function lagging(world: World, order: Order): Order {
  if (order.state !== 'SUCCESS') return order
  if (!world.strikes('gateway_lagging', order.outTradeNo, 'query')) return order
  const state = order.tradeType === 'MICROPAY' ? 'USERPAYING' : 'NOTPAY'
  return { ...order, state, transactionId: undefined }
}

function judgeQuery(merchant: Merchant, query: URLSearchParams): Refusal | undefined {
  const mchid = query.get('mchid')
  if (!mchid) return badField('mchid', '必填，不能为空', undefined, 'query')
  return mchid === merchant.mchid ? undefined : REFUSALS.merchantDiffers()
}

const NUMBER = { required: true } as const

function orderOf(world: World, { merchant, path, body }: Question): Order | Refusal {
  if (body.mchid !== merchant.mchid) return REFUSALS.merchantDiffers()
  const number = path.outTradeNo ?? ''
  if (!OUT_TRADE_NO.test(number)) return badField('out_trade_no', '格式不符合规则', number, 'path')
  return world.orders.byNumber(merchant.mchid, number) ?? REFUSALS.noOrder()
}

function close(world: World, question: Question): Answer | Refusal {
  const wrong = misshapen(question.body, { mchid: text(32, NUMBER) })
  if (wrong) return wrong
  const found = orderOf(world, question)
  if (isRefusal(found)) return found
  const order = actDuringClose(world, found)
  if (isRefusal(order)) return order
  const closed = world.orders.close(order)
  return isRefusal(closed) ? closed : { status: 204 }
}

// Faults: the payer pays, or is about to, while the merchant closes.
function actDuringClose(world: World, order: Order): Order | Refusal {
  if (order.state !== 'NOTPAY' || order.tradeType === 'MICROPAY') return order
  if (world.strikes('trade_paying_at_close', order.outTradeNo)) return REFUSALS.paying()
  if (!world.strikes('trade_paid_at_close', order.outTradeNo)) return order
  const buyer = world.buyers.byId(order.buyerId ?? '') ?? world.buyers.list().at(-1)
  const paid = buyer && take(world, order, buyer)
  return paid && !isRefusal(paid) ? paid : order
}

function reverse(world: World, question: Question): Answer | Refusal {
  const { merchant, body } = question
  const wrong = misshapen(body, { appid: text(32, NUMBER), mchid: text(32, NUMBER) })
  if (wrong) return wrong
  const found = orderOf(world, question)
  if (isRefusal(found)) return found
  if (body.appid !== found.appid) return REFUSALS.appidNotBound()
  const order = world.orders.reverse(found)
  if (isRefusal(order)) return order
  return ok({ appid: order.appid, mchid: merchant.mchid, out_trade_no: order.outTradeNo })
}

function certificates(world: World, { merchant, query }: Question): Answer | Refusal {
  const algorithm = query.get('algorithm_type') ?? 'RSA'
  if (!['RSA', 'SM2', 'ALL'].includes(algorithm)) {
    return badField('algorithm_type', '枚举值不正确', algorithm, 'query')
  }
  if (merchant.mode === 'public_key' || algorithm === 'SM2') return REFUSALS.noCertificate()
  const listed = world.merchants
    .platformCertificates(merchant.mchid, world.platform.realClock.now())
    .filter(({ state }) => state !== 'retired')
  const data = listed.map(({ serial, from, until, pem }) => {
    const nonce = letters(12)
    const associated = 'certificate'
    return {
      serial_no: serial,
      effective_time: formatTime(from),
      expire_time: formatTime(until),
      encrypt_certificate: {
        algorithm: 'AEAD_AES_256_GCM',
        nonce,
        associated_data: associated,
        ciphertext: seal(pem, { key: merchant.apiV3Key, nonce, associated }),
      },
    }
  })
  return ok({ data })
}

function echo(world: World, { merchant, certificate, body, serial }: Question): Answer | Refusal {
  const wrong = misshapen(body, {
    echo_message: text(1024, { required: true }),
    encrypted_echo_message: text(1024),
    notify_url: text(255),
  })
  if (wrong) return wrong
  const key = serial === undefined ? undefined : world.signer.named(merchant, serial)
  if (!key) return badField('Wechatpay-Serial', '必填，不能为空', serial, 'header')
  const url = stringMember(body, 'notify_url')
  const badUrl = url === undefined ? undefined : judgeNotifyUrl(url)
  if (badUrl) return badUrl
  const answer: Record<string, string> = { echo_message: stringMember(body, 'echo_message') ?? '' }
  const encrypted = stringMember(body, 'encrypted_echo_message')
  if (encrypted !== undefined) {
    const plain = openField(encrypted, key.key)
    if (plain === undefined) return badField('encrypted_echo_message', '解密失败')
    answer.encrypted_echo_message = sealField(plain, certificate.publicKey)
  }
  if (url !== undefined) {
    const plain = { echo_message: answer.echo_message }
    const event = {
      type: 'SECURITY_ECHO.SUCCESS',
      original: 'security',
      summary: '回调通知成功',
      plain,
    }
    world.notifier.announce({ mchid: merchant.mchid, outTradeNo: '', url, event })
  }
  return ok(answer)
}

const TAR_TYPES = [null, 'GZIP']

function readBillRequest(
  world: World,
  { merchant, query }: Question,
  operation: string,
): BillRequest | Refusal {
  if (world.strikes('bill_creating', '', operation)) {
    return refuse(400, 'STATEMENT_CREATING', '账单正在生成中，请稍后重试')
  }
  if (!TAR_TYPES.includes(query.get('tar_type'))) {
    return badField('tar_type', '枚举值不正确', query.get('tar_type'), 'query')
  }
  const struck = (kind: string) => world.strikes(kind, '', operation) !== undefined
  const flaws: Flaws = {
    missingRow: struck('bill_missing_row'),
    amountOff: struck('bill_amount_off'),
    oldHeadings: struck('bill_old_headings'),
    withoutBom: struck('bill_without_bom'),
    lineFeed: struck('bill_line_feed'),
  }
  const date = query.get('bill_date') ?? ''
  return { mchid: merchant.mchid, date, zipped: query.get('tar_type') === 'GZIP', flaws }
}

function tradeBill(world: World, question: Question): Answer | Refusal {
  const asked = question.query.get('bill_type') ?? 'ALL'
  const type = BILL_TYPES.find((each) => each === asked)
  if (!type) return badField('bill_type', '枚举值不正确', asked, 'query')
  const request = readBillRequest(world, question, 'tradebill')
  if (isRefusal(request)) return request
  return handOut(world, request, world.bills.trades(request, type), 'tradebill')
}

const BILL_TYPES: readonly BillType[] = ['ALL', 'SUCCESS', 'REFUND']

function fundFlowBill(world: World, question: Question): Answer | Refusal {
  const account = question.query.get('account_type') ?? 'BASIC'
  if (!['BASIC', 'OPERATION', 'FEES'].includes(account)) {
    return badField('account_type', '枚举值不正确', account, 'query')
  }
  const request = readBillRequest(world, question, 'fundflowbill')
  if (isRefusal(request)) return request
  // All money of this sandbox moves on the basic account.
  if (account !== 'BASIC') return refuse(400, 'NO_STATEMENT_EXIST', '账单文件不存在', 268451329)
  return handOut(world, request, world.bills.flows(request), 'fundflowbill')
}

function handOut(
  world: World,
  { zipped }: BillRequest,
  bill: { hash: string; token: string } | Refusal,
  operation: string,
): Answer | Refusal {
  if (isRefusal(bill)) return bill
  const wrong = world.strikes('bill_wrong_hash', '', operation)
  const token = encodeURIComponent(bill.token)
  const query = zipped ? `token=${token}&tartype=gzip` : `token=${token}`
  return ok({
    hash_type: 'SHA1',
    hash_value: wrong ? [...bill.hash].reverse().join('') : bill.hash,
    download_url: `${world.platform.address()}/v3/billdownload/file?${query}`,
  })
}

function download(world: World, { merchant, query }: Question): Answer | Refusal {
  const file = world.bills.download(merchant.mchid, query.get('token') ?? '')
  return Buffer.isBuffer(file) ? { status: 200, file } : file
}

/** Which order a request is about, for faults that strike one order only. */
export function orderNamed({ path, body }: Pick<Question, 'path' | 'body'>): string {
  return path.outTradeNo ?? (isObject(body) ? (stringMember(body, 'out_trade_no') ?? '') : '')
}
