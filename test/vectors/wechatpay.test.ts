// The WeChat Pay wallet against the vectors in ./wechatpay: expected bytes come from independent
// implementations, never from the code under test. What a server has to answer to an Authorization
// header (authorization-verification.json) is the sandbox's; here its signatures are recomputed.

import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { isObject, parseJsonObject } from '../../src/encoding/json.ts'
import { contradiction } from '../../src/payments/learn.ts'
import type { Attempt } from '../../src/payments/payment.ts'
import { anAttempt } from '../../src/payments/testing.ts'
import { StatementError, type StatementLine } from '../../src/wallets/statement.ts'
import type { NotificationVerdict } from '../../src/wallets/wallet.ts'
import { readFine } from '../../src/wallets/wechatpay/bill-amounts.ts'
import { type BillEnd, type BillRow, readBillRows } from '../../src/wallets/wechatpay/bill-rows.ts'
import { openEntry, readCertificateList } from '../../src/wallets/wechatpay/certificates.ts'
import { decryptField, encryptField, openSealed } from '../../src/wallets/wechatpay/cipher.ts'
import { keyOf, newest } from '../../src/wallets/wechatpay/keyset.ts'
import {
  openNotification,
  readNews,
  readNotification,
} from '../../src/wallets/wechatpay/notification.ts'
import {
  type Cashier,
  cashierParameters,
  cashierText,
} from '../../src/wallets/wechatpay/pay-sign.ts'
import {
  authorization,
  requestText,
  signText,
  targetOf,
  verifyMessage,
} from '../../src/wallets/wechatpay/signature.ts'
import {
  readFundFlowBill,
  readTradeBill,
  verifyHash,
} from '../../src/wallets/wechatpay/statement.ts'
import {
  accountOf,
  fieldsOf,
  loadVectors,
  type MerchantName,
  type PlatformName,
  vectorKeys,
} from '../../src/wallets/wechatpay/testing.ts'
import { v2Sign, v2Text } from '../../src/wallets/wechatpay/v2-signature.ts'

interface Vector<Input, Expected> {
  id: string
  title: string
  input: Input
  expect: Expected
}

function vectors<Input, Expected>(file: string): Vector<Input, Expected>[] {
  return loadVectors<{ vectors: Vector<Input, Expected>[] }>(file).vectors
}

type Texts = Record<string, string>

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

/** The account of one merchant with exactly these keys of WeChat Pay's. */
function holder(keyset: readonly PlatformName[], merchant: MerchantName = 'm1') {
  return accountOf(fieldsOf(keyset, {}, merchant))
}

interface Reasons {
  reason?: string
  reason_any_of?: string[]
}

function assertReason(actual: string | undefined, { reason, reason_any_of }: Reasons) {
  const allowed = reason_any_of ?? [must(reason)]
  assert.ok(allowed.includes(actual ?? ''), `${actual} is not one of ${allowed}`)
}

describe('requests', () => {
  interface Input {
    merchant: MerchantName
    method: 'GET' | 'POST'
    url: string
    signed_body: string
    timestamp: number
    nonce_str: string
  }
  interface Expected {
    canonical_url: string
    string_to_sign: string
    signature: string
    authorization_params: Texts
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('request-signing')) {
    test(`${id}: ${title}`, () => {
      const account = holder(['pubkey'], input.merchant)
      const { method, url, timestamp, signed_body: body, nonce_str: nonce } = input
      const request = { method, url, timestamp, nonce, body }
      assert.equal(targetOf(url), expect.canonical_url)
      assert.equal(requestText(request), expect.string_to_sign)
      assert.equal(signText(requestText(request), account.privateKey), expect.signature)
      const header = authorization(account, request)
      const [scheme, rest = ''] = header.split(/ (.*)/)
      assert.equal(scheme, 'WECHATPAY2-SHA256-RSA2048')
      const parameters = [...rest.matchAll(/(\w+)="([^"]*)"(?:,|$)/g)].map((m) => [m[1], m[2]])
      assert.deepEqual(Object.fromEntries(parameters), expect.authorization_params)
    })
  }
})

describe('signatures in Authorization headers', () => {
  interface Input {
    method: 'GET' | 'POST'
    request_target: string
    headers: Texts
    body: string
  }
  type Expected = Reasons & { accept: boolean }
  for (const { id, title, input, expect } of vectors<Input, Expected>(
    'authorization-verification',
  ).filter(({ expect }) => expect.accept || expect.reason === 'bad_signature')) {
    test(`${id}: ${title}`, () => {
      const header = input.headers.Authorization ?? ''
      const read = (name: string) => must(new RegExp(`${name}="([^"]*)"`).exec(header)?.[1])
      const text = requestText({
        method: input.method,
        url: `https://api.mch.weixin.qq.com${input.request_target}`,
        timestamp: Number(read('timestamp')),
        nonce: read('nonce_str'),
        body: input.body,
      })
      const key = createPublicKey(vectorKeys.merchants.m1.public_key_pem)
      const signature = Buffer.from(read('signature'), 'base64')
      assert.equal(verify('sha256', Buffer.from(text), key, signature), expect.accept)
    })
  }
})

describe('answers', () => {
  interface Input {
    status: number
    headers: Texts
    body: string
    now: number
    keyset: PlatformName[]
  }
  type Expected = Reasons & { verdict: 'accept' | 'reject' }
  for (const { id, title, input, expect } of vectors<Input, Expected>('response-verification')) {
    test(`${id}: ${title}`, () => {
      const message = { headers: input.headers, body: Buffer.from(input.body) }
      const { keyset } = holder(input.keyset)
      const verdict = verifyMessage(message, keyOf(keyset), input.now * 1000)
      assert.equal(verdict.valid, expect.verdict === 'accept')
      if (!verdict.valid) assertReason(verdict.reason, expect)
    })
  }
})

describe('parameters of the cashier', () => {
  interface Input {
    kind: Cashier
    merchant: MerchantName
    appId: string
    timeStamp: string
    nonceStr: string
    prepay_id: string
  }
  interface Expected {
    string_to_sign: string
    signature: string
    client_params: Texts
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('paysign')) {
    test(`${id}: ${title}`, () => {
      const { kind, appId, timeStamp, nonceStr, prepay_id: prepayId } = input
      const prepaid = { appId, timeStamp, nonceStr, prepayId }
      const account = holder(['pubkey'], input.merchant)
      assert.equal(cashierText(kind, prepaid), expect.string_to_sign)
      assert.equal(signText(cashierText(kind, prepaid), account.privateKey), expect.signature)
      assert.deepEqual(cashierParameters(kind, prepaid, account), expect.client_params)
    })
  }
})

describe('notifications', () => {
  interface KnownPayment {
    out_trade_no: string
    appid: string
    amount_total: number
    currency: string
    state: string
    transaction_id?: string
  }
  interface Input {
    headers: Texts
    body: string
    now: number
    keyset: PlatformName[]
    merchant: MerchantName
    known: {
      payments: KnownPayment[]
      refunds: { out_refund_no: string }[]
      seen_notification_ids: string[]
    }
  }
  interface Expected extends Reasons {
    verdict: 'accept' | 'reject' | 'quarantine'
    ack: string
    hub_action: string
    plaintext?: string
  }

  /** The attempt as it stands here before the notification. */
  function attemptOf(known: KnownPayment): Attempt {
    return {
      ...anAttempt(),
      amount: BigInt(known.amount_total),
      currency: known.currency,
      walletReference: known.out_trade_no,
      walletTransactionId: known.transaction_id ?? null,
      status: known.state === 'canceled' ? 'canceled' : 'requires_action',
    }
  }

  /** Why what is verified is not acted upon by itself, in the vectors' words. */
  function quarantine(input: Input, verdict: NotificationVerdict): string | undefined {
    if (verdict.verdict === 'ignored') {
      // Refunds are kept for who follows them; the ones made elsewhere are not among ours.
      return verdict.reason.startsWith('REFUND.') ? 'unknown_refund' : undefined
    }
    assert(verdict.verdict === 'verified')
    const { observation, askFirst } = verdict
    assert.equal(askFirst, true, 'the answer to a question decides, never the message')
    const doubt = observation.problem?.walletMessage
    if (observation.status === 'unknown') return doubt
    const known = input.known.payments.find((p) => p.out_trade_no === observation.walletReference)
    if (known === undefined) return 'unknown_order'
    const conflict = contradiction(attemptOf(known), observation)
    if (conflict !== undefined) return `${conflict}_mismatch`
    return known.state === 'canceled' ? 'late_success' : undefined
  }

  for (const { id, title, input, expect } of vectors<Input, Expected>('notifications')) {
    test(`${id}: ${title}`, () => {
      const account = holder(input.keyset, input.merchant)
      const body = Buffer.from(input.body)
      const raw = { contentType: 'application/json', headers: input.headers, body }
      const opened = openNotification(account, raw, input.now * 1000)
      const verdict = readNotification(account, raw, input.now * 1000)
      if (expect.verdict === 'reject') {
        assert('refused' in opened)
        assertReason(opened.refused, expect)
        assert.equal(verdict.verdict, 'refused')
        assert.equal(
          verdict.verdict === 'refused' && verdict.reason === 'unknown_key',
          expect.reason === 'unknown_serial',
        )
        return
      }
      assert('plaintext' in opened)
      assert.equal(opened.plaintext, expect.plaintext)
      const reason = quarantine(input, verdict)
      if (expect.verdict === 'quarantine') {
        assertReason(reason, expect)
        assert.equal(expect.hub_action, 'confirm_by_query')
        return
      }
      const news = readNews(account, opened)
      if (expect.hub_action.includes('refund')) assert.equal(news.kind, 'refund')
      else if (expect.hub_action === 'store_only') assert.equal(verdict.verdict, 'ignored')
      else if (news.kind === 'payment') {
        assert.equal(reason, undefined)
        assert.equal(news.observation.status, 'succeeded')
        const plain = must(parseJsonObject(opened.plaintext))
        assert.equal(news.observation.walletReference, plain.out_trade_no)
        assert.equal(news.observation.walletTransactionId, plain.transaction_id)
        const amount = isObject(plain.amount) ? plain.amount.total : undefined
        assert.deepEqual(news.observation.money, {
          amount: BigInt(String(amount)),
          currency: 'CNY',
        })
      } else assert.equal(expect.hub_action, 'none_duplicate')
    })
  }
})

describe('AEAD_AES_256_GCM', () => {
  interface Input {
    api_v3_key: string
    nonce: string
    associated_data: string
    ciphertext: string
  }
  interface Expected extends Reasons {
    result: 'ok' | 'error'
    plaintext?: string
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('aead-aes-256-gcm')) {
    test(`${id}: ${title}`, () => {
      const { nonce, ciphertext, associated_data: associatedData } = input
      const key = Buffer.from(input.api_v3_key)
      const opened = openSealed({ nonce, ciphertext, associatedData }, key)
      if ('plaintext' in opened) {
        assert.equal(expect.result, 'ok')
        assert.equal(opened.plaintext.toString(), expect.plaintext)
      } else {
        assert.equal(expect.result, 'error')
        assertReason(opened.reason, expect)
      }
    })
  }
})

describe('encrypted fields', () => {
  interface Input {
    decrypt_with: PlatformName | 'merchant' | 'attacker'
    ciphertext: string
  }
  interface Expected {
    result: 'ok' | 'error'
    plaintext?: string
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('oaep')) {
    test(`${id}: ${title}`, () => {
      const { decrypt_with: name } = input
      const pem =
        name === 'merchant'
          ? vectorKeys.merchants.m1.private_key_pem
          : name === 'attacker'
            ? vectorKeys.attacker.private_key_pem
            : vectorKeys.platform[name].private_key_pem
      const key = createPrivateKey(pem)
      const text = decryptField(input.ciphertext, key)
      assert.equal(text, expect.result === 'ok' ? expect.plaintext : undefined)
      if (text === undefined) return
      assert.equal(decryptField(encryptField(text, createPublicKey(pem)), key), text)
    })
  }
})

describe('the list of platform certificates', () => {
  interface Input {
    status: number
    headers: Texts
    body: string
    now: number
    keyset: PlatformName[]
  }
  interface Expected extends Reasons {
    verdict: 'accept' | 'reject'
    serials?: string[]
    encrypt_with?: string
    meaning?: string
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('certificates')) {
    test(`${id}: ${title}`, () => {
      const received = {
        status: input.status,
        headers: input.headers,
        body: Buffer.from(input.body),
      }
      const list = readCertificateList(holder(input.keyset), received, input.now * 1000)
      if (expect.verdict === 'reject') {
        assert(list.outcome === 'refused')
        assertReason(list.reason, expect)
      } else if (expect.serials) {
        assert(list.outcome === 'certificates')
        assert.deepEqual(
          list.certificates.map(({ serial }) => serial),
          expect.serials,
        )
        assert.equal(newest(list.certificates, input.now * 1000)?.id, expect.encrypt_with)
      } else {
        assert.equal(expect.meaning, 'no_platform_certificate_use_public_key_mode')
        assert.equal(list.outcome, 'none')
      }
    })
  }
})

describe('APIv2 signatures', () => {
  interface Input {
    key: string
    params: Texts
  }
  interface Expected {
    string_to_sign_without_key: string
    sign_type: 'MD5' | 'HMAC-SHA256'
    sign: string
  }
  for (const { id, title, input, expect } of vectors<Input, Expected>('v2-signing')) {
    test(`${id}: ${title}`, () => {
      const members = Object.entries(input.params)
      assert.equal(v2Text(members), expect.string_to_sign_without_key)
      assert.equal(v2Sign(members, input.key, expect.sign_type), expect.sign)
    })
  }
})

describe('bills', () => {
  interface Input {
    kind: 'tradebill' | 'fundflowbill'
    content_base64: string
    gzip_base64: string
  }
  interface Expected extends Reasons {
    error?: unknown
    sha1_hex: string
    sha1_of_gzip_hex_must_not_be_used: string
    columns: string[]
    rows: Texts[]
    summary: Texts
    totals_fen?: Partial<Record<'orders' | 'settle' | 'refund' | 'refund_requested', number>>
    fee_yuan?: string
    payment_rows?: number
    refund_rows?: number
    flow?: { in_count: number; in_fen: number; out_count: number; out_fen: number }
    summary_consistent: boolean
  }

  async function* chunks(bytes: Uint8Array, size = 97) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  async function drain<T, R>(source: AsyncGenerator<T, R>): Promise<{ items: T[]; end: R }> {
    const items: T[] = []
    let next = await source.next()
    for (; !next.done; next = await source.next()) items.push(next.value)
    return { items, end: next.value }
  }
  const sum = (lines: readonly StatementLine[]) =>
    lines.reduce((total, { money }) => total + money.amount, 0n)

  for (const { id, title, input, expect } of vectors<Input, Expected>('bills')) {
    test(`${id}: ${title}`, async () => {
      const bytes = Buffer.from(input.content_base64, 'base64')
      const packed = Buffer.from(input.gzip_base64, 'base64')
      assert.deepEqual(gunzipSync(packed), bytes)
      await verifyHash(chunks(bytes), expect.sha1_hex.toUpperCase())
      await assert.rejects(
        verifyHash(chunks(bytes), expect.sha1_of_gzip_hex_must_not_be_used),
        (error) => error instanceof StatementError && error.reason === 'hash',
      )

      const rows: { items: BillRow[]; end: BillEnd } = await drain(readBillRows(chunks(bytes, 1)))
      assert.deepEqual(rows.end.columns, expect.columns)
      assert.deepEqual(
        rows.items.map(({ cells }) => Object.fromEntries(cells)),
        expect.rows,
      )
      assert.deepEqual(Object.fromEntries(rows.end.summary), expect.summary)

      const read = input.kind === 'tradebill' ? readTradeBill : readFundFlowBill
      const { items, end } = await drain(read(chunks(bytes)))
      assert.equal(end.consistent, expect.summary_consistent)
      assert.equal(end.lines, expect.rows.length)
      const of = (...kinds: string[]) => items.filter(({ kind }) => kinds.includes(kind))
      if (expect.totals_fen) {
        assert.equal(of('payment').length, expect.payment_rows)
        assert.equal(of('refund').length, expect.refund_rows)
        assert.equal(sum(of('payment')), BigInt(must(expect.totals_fen.orders)))
        assert.equal(sum(of('refund')), BigInt(expect.totals_fen.refund_requested ?? 0))
        const fees = items.map(({ fee, feeText }) =>
          fee ? fee.amount * 1_000n : must(readFine(must(feeText))),
        )
        assert.equal(
          fees.reduce((total, fee) => total + fee, 0n),
          must(readFine(must(expect.fee_yuan))),
        )
      }
      if (expect.flow) {
        const incoming = items.filter(({ walletStatus }) => walletStatus?.endsWith(' 收入'))
        const outgoing = items.filter(({ walletStatus }) => walletStatus?.endsWith(' 支出'))
        assert.equal(incoming.length, expect.flow.in_count)
        assert.equal(sum(incoming), BigInt(expect.flow.in_fen))
        assert.equal(outgoing.length, expect.flow.out_count)
        assert.equal(sum(outgoing), BigInt(expect.flow.out_fen))
      }
    })
  }
})

describe('what Tencent published', () => {
  interface Published {
    id: string
    kind: string
    title: string
    input: Texts & { params?: Texts; headers?: Texts; now?: number }
    expect: Texts & { valid?: boolean }
  }
  const published = loadVectors<{ vectors: Published[] }>('published').vectors
  const run: Record<string, (vector: Published) => void> = {
    aead({ input, expect }) {
      const { nonce = '', ciphertext = '', associated_data: associatedData = '' } = input
      const opened = openSealed(
        { nonce, ciphertext, associatedData },
        Buffer.from(must(input.api_v3_key)),
      )
      assert('plaintext' in opened)
      assert.equal(opened.plaintext.toString(), expect.plaintext)
    },
    certificates_decrypt({ input, expect }) {
      const data = parseJsonObject(must(input.body))?.data
      const entry = Array.isArray(data) ? data[0] : undefined
      const opened = openEntry(must(entry), [Buffer.from(must(input.api_v3_key))])
      assert(typeof opened === 'object')
      assert.equal(opened.serial, expect.serial_no)
    },
    rsa_verify({ input, expect }) {
      const certificate = new X509Certificate(must(input.certificate_pem))
      assert.equal(certificate.serialNumber, expect.serial_no)
      const signature = Buffer.from(must(input.signature), 'base64')
      const data = Buffer.from(must(input.message))
      assert.equal(verify('sha256', data, certificate.publicKey, signature), expect.valid)
    },
    oaep_decrypt({ input, expect }) {
      const key = createPrivateKey(must(input.private_key_pem))
      assert.equal(decryptField(must(input.ciphertext), key), expect.plaintext)
    },
    rsa_sign({ input, expect }) {
      const key = createPrivateKey(must(input.private_key_pem))
      assert.equal(signText(must(input.message), key), expect.signature)
    },
    notification({ input }) {
      const { publicKey: key, serialNumber } = new X509Certificate(must(input.certificate_pem))
      const message = { headers: must(input.headers), body: Buffer.from(must(input.body)) }
      const keys = (serial: string) => (serial === serialNumber ? key : undefined)
      const now = Number(input.now) * 1000
      assert.deepEqual(verifyMessage(message, keys, now), { valid: true, serial: serialNumber })
      const short = Buffer.from(must(input.api_v3_key))
      const sealed = { nonce: 'x', associatedData: '', ciphertext: '' }
      assert.deepEqual(openSealed(sealed, short), { reason: 'bad_key_length' })
    },
    v2_sign({ input, expect }) {
      const members = Object.entries(must(input.params))
      assert.equal(v2Sign(members, must(input.key), 'MD5'), expect.md5)
      assert.equal(v2Sign(members, must(input.key), 'HMAC-SHA256'), expect.hmac_sha256)
    },
  }
  for (const vector of published) {
    test(`${vector.id}: ${vector.title}`, () => must(run[vector.kind])(vector))
  }
})
