// The Alipay wallet against the vectors in ./alipay: expected bytes come from independent
// implementations, never from the code under test.

import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, test } from 'node:test'
import { encodeForm, parseForm } from '../../src/encoding/form.ts'
import { formatDecimal } from '../../src/money.ts'
import { type AlipayAccount, activeKeys } from '../../src/wallets/alipay/account.ts'
import { readFine } from '../../src/wallets/alipay/bill-amounts.ts'
import { readBillFile } from '../../src/wallets/alipay/bill-file.ts'
import { certificateSn, rootCertificateSn } from '../../src/wallets/alipay/certificate-number.ts'
import {
  decryptContent,
  encryptContent,
  readContentKey,
} from '../../src/wallets/alipay/encryption.ts'
import { callGateway, readAnswer } from '../../src/wallets/alipay/gateway.ts'
import { readNotification } from '../../src/wallets/alipay/notification.ts'
import { readV3, signV3, v3Text } from '../../src/wallets/alipay/openapi-v3.ts'
import { orderString, postForm, signedParameters } from '../../src/wallets/alipay/request.ts'
import {
  requestText,
  signText,
  verifyNotification,
  verifyText,
} from '../../src/wallets/alipay/signature.ts'
import { fundBill, tradeBill } from '../../src/wallets/alipay/statement.ts'
import {
  accountOf,
  certificateFields,
  keyFields,
  loadVectors,
  NOW,
  pem,
  privateKey,
  publicKey,
  script,
  signedAnswer,
  vectorKeys,
} from '../../src/wallets/alipay/testing.ts'
import { readBeijingTime } from '../../src/wallets/alipay/time.ts'
import { readZip } from '../../src/wallets/alipay/zip.ts'
import type { StatementLine } from '../../src/wallets/statement.ts'
import type { NotificationVerdict } from '../../src/wallets/wallet.ts'

interface File<V> {
  vectors: V[]
}

type Texts = Record<string, string>

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

/** `keys.json#alipay.public` or `published_keys.x in this file` as a key text. */
function keyText(reference: string, published: Texts = {}): string {
  const [, pair, name] = /^keys\.json#(\w+)\.(\w+)$/.exec(reference) ?? []
  if (pair !== undefined && name !== undefined) return pem(pair, name)
  return must(published[/^published_keys\.(\w+)/.exec(reference)?.[1] ?? ''])
}

describe('classic requests', () => {
  interface Vector {
    id: string
    note: string
    input: {
      method: string
      sign_type: string
      timestamp: string
      cert_mode: boolean
      encrypt: boolean
      public_params: Texts
      biz_content_object: Record<string, string>
      biz_content_plaintext: string
    }
    expect: { params_before_sign: Texts; string_to_sign: string; sign: string }
  }
  const key = privateKey('app')
  for (const { id, note, input, expect } of loadVectors<File<Vector>>('classic-request-sign')
    .vectors) {
    test(`${id}: ${note}`, () => {
      const parameters = Object.entries(expect.params_before_sign)
      const text = requestText(parameters)
      assert.equal(text, expect.string_to_sign)
      if (input.sign_type === 'RSA') {
        // SHA-1 is only ever recognized in this test; the product neither makes nor accepts it.
        const signature = Buffer.from(expect.sign, 'base64')
        assert.ok(verify('sha1', Buffer.from(text), publicKey('app'), signature))
        assert.equal(verifyText(text, expect.sign, [publicKey('app')]), false)
        return
      }
      assert.equal(signText(text, key), expect.sign)

      // The same request as the hub builds it, from an account of that mode.
      const more: Texts = input.encrypt ? { content_key: vectorKeys.ids.aes_key_base64 } : {}
      const token = input.public_params.app_auth_token
      if (token) more.app_auth_token = token
      const account = accountOf(input.cert_mode ? certificateFields(more) : keyFields(more))
      const built = signedParameters(
        account,
        {
          method: input.method,
          content: input.biz_content_object,
          ...(input.public_params.notify_url ? { notifyUrl: input.public_params.notify_url } : {}),
          ...(input.public_params.return_url ? { returnUrl: input.public_params.return_url } : {}),
        },
        must(readBeijingTime(input.timestamp)),
      )
      const expected = new Map(parameters.filter(([, value]) => value !== ''))
      expected.set('format', 'JSON')
      const sign = signText(requestText(expected), key)
      assert.deepEqual(
        new Map([...built].sort()),
        new Map([...expected, ['sign', sign] as const].sort()),
      )
      if (expect.params_before_sign.format === 'JSON') assert.equal(built.get('sign'), expect.sign)
    })
  }
})

describe('pages and order strings', () => {
  interface Vector {
    id: string
    note: string
    mode: 'GET' | 'POST' | 'APP'
    expect: { decoded_parameters: Texts; string_to_sign: string }
    reference_output: string
  }
  for (const { id, note, mode, expect, reference_output } of loadVectors<File<Vector>>('page-app')
    .vectors) {
    test(`${id}: ${note}`, () => {
      const { sign, ...unsigned } = expect.decoded_parameters
      const text = requestText(Object.entries(unsigned))
      assert.equal(text, expect.string_to_sign)
      assert.equal(signText(text, privateKey('app')), sign)

      const parameters = new Map(Object.entries(expect.decoded_parameters))
      const gateway = 'https://openapi.alipay.com/gateway.do'
      if (mode === 'APP') {
        const reference = new Map(new URLSearchParams(reference_output))
        assert.deepEqual(new Map(new URLSearchParams(orderString(parameters))), reference)
        assert.equal(orderString(reference), reference_output)
      } else if (mode === 'GET') {
        const ours = new URL(`${gateway}?${encodeForm(parameters)}`)
        const reference = new URL(reference_output)
        assert.equal(ours.origin + ours.pathname, reference.origin + reference.pathname)
        assert.deepEqual(
          new Map([...ours.searchParams].sort()),
          new Map([...reference.searchParams].sort()),
        )
      } else {
        const { action, fields } = postForm(gateway, parameters)
        assert.deepEqual(
          new Map([...new URL(action).searchParams, ...Object.entries(fields)].sort()),
          new Map([...parameters].sort()),
        )
        assert.equal(new URL(action).searchParams.get('charset'), 'utf-8')
      }
    })
  }
})

describe('gateway answers', () => {
  interface Vector {
    id: string
    note: string
    request_method: string
    http_status: number
    body: string
    verify_with: string
    cert_mode?: boolean
    aes_key?: string
    expect: {
      signature: string
      signed_source?: string
      outcome: string
      trade_status?: string
      alipay_cert_sn?: string
      decrypted?: string
    }
  }
  const file = loadVectors<File<Vector> & { published_keys: Texts }>('gateway-response')
  for (const vector of file.vectors) {
    const { id, note, expect } = vector
    test(`${id}: ${note}`, async () => {
      const kind = /\.(pay|refund|cancel|precreate|create)$/.test(vector.request_method)
        ? 'money'
        : 'question'
      const content: Texts = vector.aes_key ? { content_key: vector.aes_key } : {}
      const account = vector.cert_mode
        ? accountOf(certificateFields(content))
        : accountOf(
            keyFields({
              ...content,
              alipay_public_key: keyText(vector.verify_with, file.published_keys),
            }),
          )
      const received = { status: vector.http_status, body: Buffer.from(vector.body) }
      const call = { method: vector.request_method, kind } as const
      const reading = readAnswer(account, call, received, NOW)
      if (expect.outcome === 'ok_after_certificate_download') {
        assert.equal(reading.signature, 'unknown_certificate')
        assert.equal(reading.certSn, expect.alipay_cert_sn)
        await learnsTheCertificate(vector, account)
        return
      }
      assert.equal(reading.signature, expect.signature)
      if (expect.signed_source) assert.equal(reading.source, expect.signed_source)
      if (expect.alipay_cert_sn) assert.equal(reading.certSn, expect.alipay_cert_sn)
      const { answer } = reading
      const outcome =
        answer.outcome === 'ok' || answer.outcome === 'processing'
          ? answer.outcome
          : answer.problem.category
      assert.equal(outcome, expect.outcome)
      if (answer.outcome === 'refused') assert.equal(answer.signed, expect.signature === 'valid')
      if (answer.outcome === 'silent') return
      if (expect.trade_status) assert.equal(answer.fields.trade_status, expect.trade_status)
      if (expect.decrypted) assert.deepEqual(answer.fields, JSON.parse(expect.decrypted))
    })
  }

  async function learnsTheCertificate(vector: Vector, account: AlipayAccount) {
    const file = pem('certs', 'alipay_leaf_next') + pem('certs', 'sub_ca')
    const download = signedAnswer(
      'alipay.open.app.alipaycert.download',
      { code: '10000', msg: 'Success', alipay_cert_content: Buffer.from(file).toString('base64') },
      { key: privateKey('alipay_next') },
    )
    const { ports, sent } = script(vector.body, download)
    const answer = await callGateway(ports, account, {
      method: vector.request_method,
      content: {},
      kind: 'question',
      reference: 'TB20260309000002',
    })
    assert.equal(answer.outcome, 'ok')
    assert.equal(sent[1]?.parameters.get('method'), 'alipay.open.app.alipaycert.download')
    assert.equal(
      sent[1]?.parameters.get('biz_content'),
      JSON.stringify({ alipay_cert_sn: vector.expect.alipay_cert_sn }),
    )
  }
})

describe('notifications', () => {
  interface Order {
    out_trade_no: string | null
    amount: string
    app_id: string
    seller_id: string
    state: string
    seen_notify_ids?: string[]
  }
  interface Vector {
    id: string
    note: string
    request: { content_type: string; body: string }
    verify_with: string
    order: Order
    expect: { signature: string; rule?: string; string_to_verify?: string }
    hub: { action: string; ack: string; also_acceptable?: string[] }
  }

  /** What the payment core would do, as far as taking a payment goes. */
  function actionOf(verdict: NotificationVerdict, order: Order): string {
    if (verdict.verdict === 'ignored') return 'not a payment change'
    if (verdict.verdict === 'refused' || verdict.verdict === 'quarantined') {
      if (verdict.reason === 'wrong_account') {
        return verdict.detail === 'app_id' ? 'reject:app_id_mismatch' : 'reject:seller_mismatch'
      }
      if (verdict.detail === 'ambiguous parameters') return 'reject:ambiguous_parameters'
      return `reject:${verdict.reason}`
    }
    const { observation, askFirst } = verdict
    assert.equal(askFirst, true)
    if (observation.walletReference !== order.out_trade_no) return 'reject:unknown_order'
    assert.ok(observation.money)
    if (formatDecimal(observation.money) !== order.amount) return 'reject:amount_mismatch'
    if (order.seen_notify_ids?.includes(observation.messageId ?? '')) return 'ignore_duplicate'
    switch (observation.status) {
      case 'requires_action':
        return 'keep_state'
      case 'closed':
        return 'mark_expired'
      case 'succeeded':
        if (order.state === 'expired') return 'mark_succeeded_late'
        if (order.state !== 'succeeded') return 'mark_succeeded'
        return observation.notRefundable ? 'mark_not_refundable' : 'not a payment change'
      default:
        return observation.status
    }
  }

  const file = loadVectors<File<Vector> & { published_keys: Texts }>('notify')
  for (const { id, note, request, verify_with, order, expect, hub } of file.vectors) {
    test(`${id}: ${note}`, () => {
      const account = accountOf(
        keyFields({
          app_id: order.app_id,
          seller_id: order.seller_id,
          alipay_public_key: keyText(verify_with, file.published_keys),
        }),
      )
      const body = Buffer.from(request.body)
      const form = parseForm(body)
      assert.ok('fields' in form)
      const rule = expect.rule === 'V2' ? 'V2' : 'V1'
      const keys = activeKeys(account).map(({ key }) => key)
      const text = verifyNotification(form.fields, keys, rule)
      assert.equal(text === undefined ? 'invalid' : 'valid', expect.signature)
      if (expect.string_to_verify) assert.equal(text, expect.string_to_verify)

      const raw = { contentType: request.content_type, headers: {}, body }
      const action = actionOf(readNotification(account, raw, NOW), order)
      const payments =
        /^(mark_(succeeded|succeeded_late|expired|not_refundable)$|keep_state|ignore_duplicate|resolve_by_query|reject:)/
      if (payments.test(hub.action)) {
        assert.ok([hub.action, ...(hub.also_acceptable ?? [])].includes(action), action)
      } else {
        assert.equal(action, 'not a payment change')
      }
    })
  }
})

describe('certificate numbers', () => {
  interface Vector {
    id: string
    note: string
    kind: 'leaf' | 'root'
    pem: string
    expect: { sn: string }
  }
  for (const { id, note, kind, pem, expect } of loadVectors<File<Vector>>('cert-sn').vectors) {
    test(`${id}: ${note}`, () => {
      assert.equal(kind === 'root' ? rootCertificateSn(pem) : certificateSn(pem), expect.sn)
      assert.equal(
        kind === 'root'
          ? rootCertificateSn(pem.replaceAll('\n', '\r\n'))
          : certificateSn(`Bag\r\n${pem}`),
        expect.sn,
      )
    })
  }
})

describe('content encryption', () => {
  interface Vector {
    id: string
    note: string
    key_base64: string
    plaintext?: string
    ciphertext_base64?: string
    expect: { ciphertext_base64?: string; error?: boolean }
  }
  for (const { id, note, key_base64, plaintext, ciphertext_base64, expect } of loadVectors<
    File<Vector>
  >('aes').vectors) {
    test(`${id}: ${note}`, () => {
      const key = must(readContentKey(key_base64))
      if (expect.error) {
        assert.equal(decryptContent(must(ciphertext_base64), key), undefined)
        return
      }
      const ciphertext = must(expect.ciphertext_base64)
      assert.equal(encryptContent(must(plaintext), key), ciphertext)
      assert.equal(decryptContent(ciphertext, key), plaintext)
    })
  }
})

describe('OpenAPI v3 requests', () => {
  interface Vector {
    id: string
    note: string
    input: {
      http_method: 'GET' | 'POST'
      path_and_query: string
      body: string
      plaintext_body?: string
      aes_key?: string
      app_id: string
      app_cert_sn?: string
      alipay_root_cert_sn?: string
      app_auth_token?: string
      auth_string: string
    }
    expect: { string_to_sign: string; signature: string; headers: Texts }
  }
  for (const { id, note, input, expect } of loadVectors<File<Vector>>('v3-request').vectors) {
    test(`${id}: ${note}`, () => {
      const auth: Texts = Object.fromEntries(
        input.auth_string.split(',').map((part) => part.split('=')),
      )
      const signed = signV3(
        {
          httpMethod: input.http_method,
          pathAndQuery: input.path_and_query,
          body: input.plaintext_body ?? input.body,
          appId: input.app_id,
          nonce: must(auth.nonce),
          timestamp: Number(auth.timestamp),
          requestId: must(expect.headers['alipay-request-id']),
          ...(input.aes_key ? { contentKey: must(readContentKey(input.aes_key)) } : {}),
          ...(input.app_cert_sn ? { appCertSn: input.app_cert_sn } : {}),
          ...(input.alipay_root_cert_sn ? { rootCertSn: input.alipay_root_cert_sn } : {}),
          ...(input.app_auth_token ? { appAuthToken: input.app_auth_token } : {}),
          ...(auth.expired_seconds ? { expiredSeconds: Number(auth.expired_seconds) } : {}),
        },
        privateKey('app'),
      )
      assert.equal(signed.text, expect.string_to_sign)
      assert.equal(signed.body, input.body)
      assert.deepEqual(signed.headers, expect.headers)
      assert.ok(signed.headers.authorization?.endsWith(`,sign=${expect.signature}`))
    })
  }
})

describe('OpenAPI v3 answers', () => {
  interface Vector {
    id: string
    note: string
    http_status: number
    headers: Texts
    body: string
    verify_with: string
    cert_mode: boolean
    expect: { signature: string; outcome: string; string_to_verify?: string; decrypted?: string }
  }
  for (const {
    id,
    note,
    http_status,
    headers,
    body,
    verify_with,
    cert_mode,
    expect,
  } of loadVectors<File<Vector>>('v3-response').vectors) {
    test(`${id}: ${note}`, () => {
      const keys = cert_mode
        ? accountOf(certificateFields()).platformKeys
        : [{ key: createPublicKey(keyText(verify_with)) }]
      const contentKey = must(readContentKey(vectorKeys.ids.aes_key_base64))
      if (expect.string_to_verify) assert.equal(v3Text(headers, body), expect.string_to_verify)
      const received = { status: http_status, headers, body: Buffer.from(body) }
      const reading = readV3(received, { keys, contentKey }, 'question')
      assert.equal(reading.signature, expect.signature)
      assert.equal(reading.outcome === 'ok' ? 'ok' : reading.problem.category, expect.outcome)
      if (expect.decrypted && reading.outcome === 'ok') {
        assert.deepEqual(reading.fields, JSON.parse(expect.decrypted))
      }
    })
  }
})

describe('bills', () => {
  interface Totals {
    payments: number
    payments_received: string
    refunds: number
    refunds_received: string
  }
  interface Trades {
    rows: Texts[]
    totals: Totals
    footer: Totals
    consistent: boolean
  }
  interface Funds {
    rows: number
    income: string
    expense: string
    closing_balance: string
    consistent: boolean
  }
  interface Vector {
    id: string
    note: string
    zip_base64: string
    entries: { name: string; sha256: string }[]
  }
  type Bill = Vector &
    ({ bill_type: 'trade'; expect: Trades } | { bill_type: 'signcustomer'; expect: Funds })

  const RECEIVED = '商家实收（元）'
  const COLUMNS: Texts = {
    trade_no: '支付宝交易号',
    out_trade_no: '商户订单号',
    subject: '商品名称',
    created: '创建时间',
    finished: '完成时间',
    order_amount: '订单金额（元）',
    merchant_received: RECEIVED,
    refund_request_no: '退款批次号/请求号',
    fee: '服务费（元）',
    remark: '备注',
  }
  const TYPES: Texts = { 交易: 'payment', 退款: 'refund' }
  /** What was asked for is in the name of the first entry: PID, 0156, day or month. */
  function askedOf({ entries }: Vector) {
    const [, sellerId, year, month, day] = must(
      /^(\d{16})0156_(\d{4})(\d{2})(\d{2})?_/.exec(must(entries[0]).name) ?? undefined,
    )
    return {
      sellerId: must(sellerId),
      date: [year, month, day].filter((part) => part !== undefined).join('-'),
    }
  }
  async function* pieces(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97)
  }
  async function drain<T, R>(source: AsyncGenerator<T, R>): Promise<{ items: T[]; end: R }> {
    const items: T[] = []
    let next = await source.next()
    for (; !next.done; next = await source.next()) items.push(next.value)
    return { items, end: next.value }
  }
  const fine = (text: string | undefined) => must(readFine(must(text)))
  const fen = (text: string | undefined) => fine(text) / 1_000n
  const absolute = (amount: bigint) => (amount < 0n ? -amount : amount)

  async function rowsOf(vector: Bill) {
    const rows: Texts[] = []
    for await (const { name, content } of readZip(pieces(bytesOf(vector)))) {
      if (name !== must(vector.entries[0]).name) {
        for await (const part of content) assert.ok(part.length > 0)
        continue
      }
      const asked = askedOf(vector)
      const shape = { asked, part: 'details', word: '业务', required: [], totals: [] } as const
      for await (const { cell } of readBillFile(content, shape)) {
        const named = Object.entries(COLUMNS).map(([key, column]) => [key, must(cell(column))])
        const type = must(cell('业务类型'))
        rows.push({ ...Object.fromEntries(named), type: TYPES[type] ?? 'other' })
      }
    }
    return rows
  }
  const bytesOf = ({ zip_base64 }: Vector) => Buffer.from(zip_base64, 'base64')

  function assertTrades(vector: Bill & { bill_type: 'trade' }, lines: StatementLine[]) {
    const seen = lines.map((line) => ({
      type: line.kind,
      out_trade_no: line.walletReference,
      trade_no: line.walletTransactionId,
      finished: line.at,
      order_amount: line.money.amount,
      refund_request_no: line.refundReference ?? '',
      fee: line.fee?.amount,
    }))
    const expected = vector.expect.rows.map((row) => ({
      type: row.type,
      out_trade_no: row.out_trade_no,
      trade_no: row.trade_no,
      finished: must(readBeijingTime(must(row.finished))),
      order_amount: absolute(fen(row.order_amount)),
      refund_request_no: row.refund_request_no,
      fee: row.type === 'refund' ? -absolute(fen(row.fee)) : absolute(fen(row.fee)),
    }))
    assert.deepEqual(seen, expected)
  }

  for (const vector of loadVectors<File<Bill>>('bill').vectors) {
    test(`${vector.id}: ${vector.note}`, async () => {
      const entries: { name: string; sha256: string }[] = []
      for await (const { name, content } of readZip(pieces(bytesOf(vector)))) {
        const hash = createHash('sha256')
        for await (const part of content) hash.update(part)
        entries.push({ name, sha256: hash.digest('hex') })
      }
      assert.deepEqual(entries, vector.entries)

      const read = vector.bill_type === 'trade' ? tradeBill : fundBill
      const { items, end } = await drain(read(askedOf(vector))(pieces(bytesOf(vector))))
      assert.equal(end.consistent, vector.expect.consistent)
      if (vector.bill_type === 'trade') {
        const { rows, totals, footer } = vector.expect
        assertTrades(vector, items)
        const seen = await rowsOf(vector)
        assert.deepEqual(seen, rows)
        const received = (type: string) =>
          seen.reduce((s, row) => s + (row.type === type ? fen(row.merchant_received) : 0n), 0n)
        assert.equal(received('payment'), fen(totals.payments_received))
        assert.equal(received('refund'), fen(totals.refunds_received))
        const count = (kind: string) => items.filter((line) => line.kind === kind).length
        assert.deepEqual([count('payment'), count('refund')], [totals.payments, totals.refunds])
        assert.deepEqual(
          [
            end.summary.交易合计笔数,
            end.summary.交易合计商家实收,
            end.summary.退款合计笔数,
            end.summary.退款合计商家实收退款,
          ],
          [
            `${footer.payments}`,
            footer.payments_received,
            `${footer.refunds}`,
            footer.refunds_received,
          ],
        )
      } else {
        const { rows, income, expense, closing_balance } = vector.expect
        const moved = (direction: string) =>
          items.reduce(
            (s, line) => s + (line.walletStatus?.endsWith(direction) ? line.money.amount : 0n),
            0n,
          )
        assert.equal(items.length, rows)
        assert.equal(moved(' 收入'), fen(income))
        assert.equal(moved(' 支出'), -fen(expense))
        assert.equal(end.summary['账户余额（元）'], closing_balance)
      }
    })
  }
})
