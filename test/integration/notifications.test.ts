// Notifications as the network brings them: forged, altered, replayed, foreign, oversize and wrongly
// encoded ones change nothing, are counted and learn nothing (PRODUCT SE-1 to SE-5; sheet 4.4, 5, 10).

import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import { bodyOf, type Fields, fieldsOf, having, platformKey, signed, without } from './platform.ts'
import {
  type AttemptView,
  type Client,
  counted,
  eventsOf,
  facts,
  faultsInBooks,
  sides,
  type Wallet,
} from './shop.ts'

const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

let db: FreshDatabase
let stack: Stack
let api: Client
let wallet: Wallet
/** The platform's key for our application. */
let key: KeyObject
/** A notification that was delivered and taken, as bytes and as fields. */
let taken: { body: string; fields: Fields; paymentId: string }
/** The same news about an order that nobody has paid: genuine in form and signature. */
let target: { fields: Fields; attempt: AttemptView; paymentId: string }

before(async () => {
  db = await freshDatabase()
  stack = await startStack({ databaseUrl: db.url })
  ;({ api, wallet } = sides(stack))
  const paid = await api.begin()
  await wallet.pay({ out_trade_no: paid.attempt.wallet_reference })
  await api.reaches(paid.payment.id, (p) => p.status === 'succeeded')
  const body = await eventually(async () => {
    const [notice] = await wallet.notices(paid.attempt.wallet_reference)
    return notice?.deliveries.find((d) => d.answer === 'success')?.body
  })
  const fields = fieldsOf(body)
  key = platformKey(stack.folder, valueIn(fields, 'app_id'))
  taken = { body, fields, paymentId: paid.payment.id }

  const open = await api.begin()
  const about = having(fields, {
    out_trade_no: open.attempt.wallet_reference,
    trade_no: '2026010122001400000000000001',
    notify_id: '2026010100222000000000000000000001',
  })
  target = { fields: signed(about, key), attempt: open.attempt, paymentId: open.payment.id }
})
after(async () => {
  await stack?.stop()
  await db?.drop()
})

function valueIn(fields: Fields, name: string): string {
  const value = fields.find(([each]) => each === name)?.[1]
  assert.ok(value, name)
  return value
}

interface Posted {
  status: number
  headers: string
  body: string
}

async function post(
  body: string | Buffer,
  { account = target.attempt.wallet_account, type = FORM, name = 'alipay' } = {},
): Promise<Posted> {
  const answer = await fetch(`${stack.hubUrl}/notify/${name}/${account}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(Buffer.from(body)),
  })
  const headers = [...answer.headers].filter(
    ([each]) => !['date', 'x-request-id', 'request-id', 'content-length'].includes(each),
  )
  return {
    status: answer.status,
    headers: JSON.stringify(headers),
    body: await answer.text(),
  }
}

const refusals = () => counted(stack.metricsUrl, 'tongbao_notifications_total', 'outcome="refused_')

/** Every message is refused with the same bare word, counted, and changes no row. */
async function allRefused(messages: [string, string | Buffer, { type?: string }?][]) {
  const [before, countBefore] = [await facts(db.pool), await refusals()]
  const answers = new Map<string, string[]>()
  for (const [what, body, how] of messages) {
    const answer = JSON.stringify(await post(body, how))
    answers.set(answer, [...(answers.get(answer) ?? []), what])
  }
  assert.equal(answers.size, 1, `answers differ: ${JSON.stringify([...answers], null, 1)}`)
  const [answer] = answers.keys()
  assert.match(answer ?? '', /^\{"status":200,.*"body":"fail"\}$/)
  assert.equal(await refusals(), countBefore + messages.length)
  assert.deepEqual(await facts(db.pool), before)
}

describe('a notification that was altered', () => {
  it('is refused whichever field has another value', async () => {
    const messages = target.fields.map(([name, value]): [string, string] => [
      name,
      bodyOf(having(target.fields, { [name]: name === 'sign' ? flipped(value) : `${value}1` })),
    ])
    assert.ok(messages.length >= 20)
    await allRefused(messages)
  })

  it('is refused whichever field is missing', async () => {
    // Without sign_type it is as genuine as before (sheet 4.4): absent means RSA2.
    const names = target.fields.map(([name]) => name).filter((name) => name !== 'sign_type')
    await allRefused(names.map((name) => [name, bodyOf(without(target.fields, name))]))
  })

  it('is refused whichever field comes twice, with an equal or another value', async () => {
    await allRefused(
      target.fields.flatMap(([name, value]): [string, string][] => [
        [name, bodyOf([...target.fields, [name, value]])],
        [name, bodyOf([[name, '1'], ...target.fields])],
      ]),
    )
  })

  it('is refused with bytes before, between or behind', async () => {
    const body = bodyOf(target.fields)
    await allRefused([
      ['newline behind', `${body}\n`],
      ['zero byte behind', `${body}\0`],
      ['ampersand behind', `${body}&`],
      ['lone name behind', `${body}&a`],
      ['unsigned field behind', `${body}&a=b`],
      ['byte order mark before', `\ufeff${body}`],
      ['ampersand before', `&${body}`],
      ['bad escape', `${body}&a=%zz`],
      ['bracket names', body.replace('trade_no=', 'trade_no[]=')],
      ['empty', ''],
      ['JSON', JSON.stringify(Object.fromEntries(target.fields))],
    ])
  })

  it('is refused in another encoding or under another content type', async () => {
    const body = bodyOf(target.fields)
    const gbk = signed(having(without(target.fields, 'subject'), { charset: 'gbk' }), key)
    await allRefused([
      ['GBK bytes, escaped', `${bodyOf(gbk)}&subject=%C7%E0%C9%BD`],
      [
        'GBK bytes, bare',
        Buffer.concat([Buffer.from(`${bodyOf(gbk)}&subject=`), Buffer.of(0xc7, 0xe0)]),
      ],
      ['overlong UTF-8', `${body}&x=%C0%AF`],
      ['type JSON', body, { type: 'application/json' }],
      ['type text', body, { type: 'text/plain' }],
      ['type multipart', body, { type: 'multipart/form-data; boundary=x' }],
      ['charset GBK', body, { type: 'application/x-www-form-urlencoded; charset=GBK' }],
    ])
  })

  it('is refused re-cut, however its values are cut', async () => {
    const cut = (first: string, second: string): [string, string] => [
      `${first} swallows ${second}`,
      bodyOf(
        having(without(target.fields, second), {
          [first]: `${valueIn(target.fields, first)}&${second}=${valueIn(target.fields, second)}`,
        }),
      ),
    ]
    await allRefused([
      cut('gmt_create', 'gmt_payment'),
      cut('subject', 'total_amount'),
      cut('out_trade_no', 'point_amount'),
      cut('trade_no', 'trade_status'),
    ])
  })

  it('is cut off beyond 64 KB, before anything is read', async () => {
    const before = await facts(db.pool)
    const large = () =>
      counted(stack.metricsUrl, 'tongbao_notifications_total', 'refused_too_large')
    const countBefore = await large()
    const answer = await post(`${bodyOf(target.fields)}&x=${'a'.repeat(65_536)}`)
    assert.deepEqual([answer.status, answer.body], [413, 'fail'])
    assert.equal(await large(), countBefore + 1)
    assert.deepEqual(await facts(db.pool), before)
  })
})

describe('a notification that was signed by somebody else', () => {
  it('is refused with a foreign key, SHA-1, another rule, or no signature', async () => {
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const signature = valueIn(target.fields, 'sign')
    await allRefused([
      ['foreign key', bodyOf(signed(target.fields, foreign))],
      ['SHA-1 and RSA', bodyOf(signed(target.fields, key, 'sha1'))],
      [
        'SHA-1 said to be RSA2',
        bodyOf(having(signed(target.fields, key, 'sha1'), { sign_type: 'RSA2' })),
      ],
      ['sign_type RSA', bodyOf(having(target.fields, { sign_type: 'RSA' }))],
      ['sign_type none', bodyOf(having(target.fields, { sign_type: 'none' }))],
      ['sign empty', bodyOf(having(target.fields, { sign: '' }))],
      ['sign blank', bodyOf(having(target.fields, { sign: ' ' }))],
      ['sign cut', bodyOf(having(target.fields, { sign: signature.slice(0, -4) }))],
      ['sign with a newline', bodyOf(having(target.fields, { sign: `${signature}\n` }))],
      ['sign in base64url', bodyOf(having(target.fields, { sign: unlike(signature) }))],
      [
        'the signature of another message',
        bodyOf(having(target.fields, { sign: valueIn(taken.fields, 'sign') })),
      ],
    ])
  })

  it('is refused with the genuine key for another account, seller, kind or without a required field', async () => {
    const forged = (values: Record<string, string>): string =>
      bodyOf(signed(having(target.fields, values), key))
    const lacking = (name: string): [string, string] => [
      `without ${name}`,
      bodyOf(signed(without(target.fields, name), key)),
    ]
    await allRefused([
      ['another app_id', forged({ app_id: '9021000000000000' })],
      ['another seller', forged({ seller_id: '2088999999999999' })],
      ['an unknown status', forged({ trade_status: 'TRADE_PAID' })],
      ['no amount', forged({ total_amount: '18.8' })],
      ['scientific amount', forged({ total_amount: '1e3' })],
      ['negative amount', forged({ total_amount: '-18.88' })],
      ['two kinds of message', forged({ msg_method: 'alipay.trade.refund' })],
      lacking('notify_id'),
      lacking('notify_time'),
      lacking('trade_no'),
      lacking('out_trade_no'),
      lacking('app_id'),
      lacking('seller_id'),
      lacking('trade_status'),
      lacking('total_amount'),
      lacking('notify_type'),
    ])
  })

  it("is refused when it is what the payer's browser brings back", async () => {
    const { attempt } = await api.begin({}, { surface: 'desktop' })
    const names = [
      'charset',
      'out_trade_no',
      'total_amount',
      'trade_no',
      'auth_app_id',
      'version',
      'app_id',
      'seller_id',
    ]
    const back = target.fields.filter(([name]) => names.includes(name))
    const returned = having(back, {
      out_trade_no: attempt.wallet_reference,
      method: 'alipay.trade.page.pay.return',
      timestamp: '2026-01-01 00:00:00',
    })
    await allRefused([['return', bodyOf(signed(returned, key))]])
  })

  it("is refused at another merchant's address, and theirs is refused at ours", async () => {
    const other = await otherMerchant()
    const theirs = await wallet.notices(other.attempt.wallet_reference)
    const body = theirs[0]?.deliveries.find((d) => d.answer === 'success')?.body
    assert.ok(body)
    await allRefused([
      ["another merchant's, genuine", body],
      ["another merchant's, signed for us", bodyOf(signed(fieldsOf(body), key))],
    ])
    const before = await facts(db.pool)
    const answer = await post(taken.body, { account: other.attempt.wallet_account })
    assert.deepEqual([answer.status, answer.body], [200, 'fail'])
    assert.deepEqual(await facts(db.pool), before)
  })
})

/** A second application at the wallet, connected under an account of its own, with one paid order. */
async function otherMerchant() {
  const given = await wallet.call<Record<string, string>>('POST', '/alipay/applications', {})
  const account = await api.send('POST', '/v1/wallet_accounts', {
    body: {
      wallet: 'alipay',
      name: 'Second shop',
      fields: {
        app_id: given.app_id,
        seller_id: given.seller_id,
        mode: 'key',
        private_key: given.app_private_key,
        alipay_public_key: given.alipay_public_key,
        gateway: given.gateway_url,
        environment: 'test',
      },
    },
  })
  assert.equal(account.status, 201, account.text)
  const { id }: { id: string } = JSON.parse(account.text)
  const first = target.attempt.wallet_account
  const enable = (which: string, status: string) =>
    api.send('PATCH', `/v1/wallet_accounts/${which}`, { body: { status } })
  assert.equal((await enable(first, 'disabled')).status, 200)
  const begun = await eventually(async () => {
    const one = await api.begin()
    return one.attempt.wallet_account === id ? one : undefined
  })
  assert.equal((await enable(first, 'enabled')).status, 200)
  assert.equal((await enable(id, 'disabled')).status, 200)
  await wallet.pay({ out_trade_no: begun.attempt.wallet_reference })
  await api.reaches(begun.payment.id, (p) => p.status === 'succeeded')
  await eventually(async () => {
    const [notice] = await wallet.notices(begun.attempt.wallet_reference)
    return notice?.state === 'acknowledged' ? true : undefined
  })
  // Hubs remember accounts for less than a second.
  await eventually(async () =>
    (await api.begin()).attempt.wallet_account === first ? true : undefined,
  )
  return begun
}

describe('a genuine notification', () => {
  it('of an order that the wallet itself does not call paid changes no payment', async () => {
    const tables = () => facts(db.pool, 'notifications')
    const before = await tables()
    assert.equal((await post(bodyOf(target.fields))).body, 'success')
    await api.sync(target.paymentId)
    assert.deepEqual(await tables(), before)
  })

  it('again, alone or fifty at once, is acknowledged and changes nothing', async () => {
    const before = await facts(db.pool)
    assert.deepEqual(statusAndBody(await post(taken.body)), [200, 'success'])
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(taken.body)))
    for (const answer of answers) assert.deepEqual(statusAndBody(answer), [200, 'success'])
    assert.deepEqual(await facts(db.pool), before)
  })

  it('fifty times at once for the first time pays once', async () => {
    const { payment, attempt } = await api.begin()
    await wallet.fault({ kind: 'notification_lost', out_trade_no: attempt.wallet_reference })
    const trade = await wallet.pay({ out_trade_no: attempt.wallet_reference })
    const news = having(taken.fields, {
      out_trade_no: attempt.wallet_reference,
      trade_no: trade.trade_no,
      notify_id: '2026010100222000000000000000000050',
    })
    const body = bodyOf(signed(news, key))
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(body)))
    for (const answer of answers) assert.deepEqual(statusAndBody(answer), [200, 'success'])
    const paid = await api.reaches(payment.id, (p) => p.status === 'succeeded')
    assert.equal(paid.amount_captured, paid.amount)
    assert.deepEqual(await eventsOf(db.pool, payment.id), [
      'payment.created',
      'payment.requires_action',
      'payment.succeeded',
    ])
    const { rows } = await db.pool.query('select from notifications where payment_id = $1', [
      payment.id,
    ])
    assert.equal(rows.length, 1)
  })

  it('of old, about what is past, takes nothing back', async () => {
    const tables = () => facts(db.pool, 'notifications')
    const before = await tables()
    for (const status of ['WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_CLOSED']) {
      const old = having(taken.fields, {
        trade_status: status,
        notify_time: '2025-01-01 00:00:00',
        notify_id: `20250101002220000000000000000${status.length}`,
      })
      assert.deepEqual(statusAndBody(await post(bodyOf(signed(old, key)))), [200, 'success'])
    }
    await api.sync(taken.paymentId)
    assert.deepEqual(await tables(), before)
  })

  it('with another amount is quarantined: told once, money and status as before', async () => {
    const { payment, attempt } = await api.begin()
    for (const total of ['0.01', '18.89', '0.01']) {
      const wrong = having(target.fields, {
        out_trade_no: attempt.wallet_reference,
        total_amount: total,
        notify_id: `202601010022200000000000000000${total.replace('.', '')}`,
      })
      assert.deepEqual(statusAndBody(await post(bodyOf(signed(wrong, key)))), [200, 'fail'])
    }
    const after = await api.read(payment.id)
    assert.deepEqual([after.status, after.amount_captured], ['requires_action', 0])
    assert.equal(after.attempts[0]?.conflict, 'amount')
    const told = await eventsOf(db.pool, payment.id)
    assert.equal(told.filter((type) => type === 'payment.quarantined').length, 1)
    const { rows } = await db.pool.query('select from entries where payment_id = $1', [payment.id])
    assert.equal(rows.length, 0)
  })

  it('of an order that is not ours is kept, and refused so that the wallet asks again', async () => {
    const before = await facts(db.pool, 'notifications')
    const unknown = having(target.fields, { out_trade_no: 'TB00000000000000000000000000' })
    assert.deepEqual(statusAndBody(await post(bodyOf(signed(unknown, key)))), [200, 'fail'])
    assert.deepEqual(await facts(db.pool, 'notifications'), before)
  })
})

describe("the sandbox's own lies", { concurrency: true }, () => {
  const KINDS = [
    'tampered',
    'wrong_amount',
    'wrong_seller',
    'wrong_key',
    'recut',
    'return_replayed',
  ]
  for (const kind of KINDS) {
    it(`${kind}: refused, and the payment still ends as the wallet's books say`, async () => {
      const { payment, attempt } = await api.begin({}, { surface: 'desktop' })
      const fields = attempt.next_action
      assert.ok(fields.type === 'form' || fields.type === 'redirect')
      await openCashier(attempt)
      await wallet.fault({
        kind: `notification_${kind}`,
        out_trade_no: attempt.wallet_reference,
      })
      await wallet.pay({ out_trade_no: attempt.wallet_reference })
      const first = await eventually(async () => {
        const [notice] = await wallet.notices(attempt.wallet_reference)
        return notice?.deliveries[0]
      })
      assert.deepEqual([first.status, first.answer], [200, 'fail'])
      const paid = await api.reaches(payment.id, (p) => p.status === 'succeeded')
      assert.equal(paid.amount_captured, paid.amount)
    })
  }
})

/** Follows the payer's browser to the wallet's cashier page, where the order becomes known. */
async function openCashier(attempt: AttemptView) {
  const action: { url?: string; action?: string; fields?: Record<string, string> } =
    attempt.next_action
  const answer = action.url
    ? await fetch(action.url)
    : await fetch(action.action ?? '', {
        method: 'POST',
        body: new URLSearchParams(action.fields ?? {}),
      })
  assert.ok(answer.ok)
}

describe('an address that nobody has', () => {
  it('answers like a refusal at a real one, whatever account or wallet it names', async () => {
    const body = bodyOf(target.fields)
    const refused = await post(`${body}&a=b`)
    const unknown = await post(body, { account: `wac_${'0'.repeat(26)}` })
    assert.deepEqual(unknown, refused, 'a well-formed account id cannot be told from a real one')
    const elsewhere = [
      await post(body, { name: 'wechat' }),
      await post(body, { name: 'wechat', account: `wac_${'0'.repeat(26)}` }),
      await post(body, { account: 'wac_1' }),
      await post(body, { account: '..%2f..%2fetc' }),
    ]
    for (const answer of elsewhere) assert.deepEqual(answer, elsewhere[0])
    assert.deepEqual(statusAndBody(elsewhere[0]), [404, 'fail'])
    assert.equal(elsewhere[0]?.body, unknown.body)
  })
})

describe('after all of it', () => {
  it('the books are in order', async () => {
    assert.deepEqual(await faultsInBooks(db.pool), [])
  })
})

function statusAndBody(answer: Posted | undefined) {
  return [answer?.status, answer?.body]
}

/** Base64 with its first sign exchanged: still well-formed, never the same. */
function flipped(base64: string): string {
  return (base64.startsWith('A') ? 'B' : 'A') + base64.slice(1)
}

/** As base64url would write it; where nothing differs, without padding. */
function unlike(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
