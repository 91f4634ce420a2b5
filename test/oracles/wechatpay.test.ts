// The WeChat Pay wallet against wechatpay-axios-plugin, both ways, with fresh random cases in each
// run. A failure names its seed; repeat it with ORACLE_SEED=<seed>. Where the plugin is lax, our
// stricter answer is the test.

import assert from 'node:assert/strict'
import { createCipheriv, createPrivateKey, createPublicKey, randomInt } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Aes, Decorator, Formatter, Hash, Rsa, Transformer } from 'wechatpay-axios-plugin'
import { type BillEnd, readBillRows } from '../../src/wallets/wechatpay/bill-rows.ts'
import { decryptField, encryptField, openSealed } from '../../src/wallets/wechatpay/cipher.ts'
import { keyOf } from '../../src/wallets/wechatpay/keyset.ts'
import { openNotification } from '../../src/wallets/wechatpay/notification.ts'
import { cashierParameters } from '../../src/wallets/wechatpay/pay-sign.ts'
import {
  authorization,
  requestText,
  signText,
  targetOf,
  verifyMessage,
} from '../../src/wallets/wechatpay/signature.ts'
import {
  accountOf,
  answer,
  fieldsOf,
  loadVectors,
  merchantKeys,
  type PlatformName,
  vectorKeys,
} from '../../src/wallets/wechatpay/testing.ts'
import { v2Sign } from '../../src/wallets/wechatpay/v2-signature.ts'
import { readXml, writeXml } from '../../src/wallets/wechatpay/v2-xml.ts'

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`wechatpay oracle seed ${seed}`)
const runs = { seed, numRuns: 60 }

const account = accountOf(fieldsOf())
const glyph = fc.constantFrom(...'aZ09 +-_.%&=/\\"\'<>{}[]:,?#~!*()\n', '咖', '啡', '🍜', 'é')
const text = fc.string({ unit: glyph, maxLength: 40 })
const word = fc.stringMatching(/^[0-9A-Za-z]{1,32}$/)
const name = fc.stringMatching(/^[a-z][a-z_]{0,11}[a-z]$/)
const body = fc
  .dictionary(name, fc.oneof(text, fc.integer(), fc.boolean()))
  .map((members) => JSON.stringify(members))
const platform = fc.constantFrom<PlatformName>('pubkey', 'cert_old', 'cert_new')
const seconds = fc.integer({ min: 1_600_000_000, max: 2_000_000_000 })

describe('requests', () => {
  const path = fc
    .array(fc.stringMatching(/^[0-9A-Za-z_|*-]{1,12}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => `/v3/${parts.map(encodeURIComponent).join('/')}`)
  const query = fc.option(fc.dictionary(name, text, { minKeys: 1, maxKeys: 3 }))

  test('are signed over the same text, and the plugin accepts our signature', () => {
    fc.assert(
      fc.property(path, query, seconds, word, body, (at, asked, timestamp, nonce, json) => {
        const search = asked === null ? '' : `?${new URLSearchParams(asked)}`
        const url = `https://api.mch.weixin.qq.com${at}${search}`
        const request = { method: 'POST' as const, url, timestamp, nonce, body: json }
        const theirs = Formatter.request('POST', targetOf(url), timestamp, nonce, json)
        assert.equal(requestText(request), theirs)
        const signature = signText(theirs, account.privateKey)
        assert.equal(signature, Rsa.sign(theirs, createPrivateKey(merchantKeys.private_key_pem)))
        assert(Rsa.verify(theirs, signature, createPublicKey(merchantKeys.public_key_pem)))
        const header = Formatter.authorization(
          merchantKeys.mchid,
          nonce,
          signature,
          timestamp,
          merchantKeys.cert_serial,
        )
        const parts = (value: string) => value.split(/[ ,]/).sort()
        assert.deepEqual(parts(authorization(account, request)), parts(header))
      }),
      runs,
    )
  })

  test('and so are the parameters of the cashier', () => {
    fc.assert(
      fc.property(word, word, word, (prepayId, nonceStr, stamp) => {
        const appId = merchantKeys.appid
        const prepaid = { appId, prepayId, nonceStr, timeStamp: stamp }
        const made = cashierParameters('jsapi', prepaid, account)
        const signed = Formatter.joinedByLineFeed(appId, stamp, nonceStr, `prepay_id=${prepayId}`)
        const key = createPublicKey(merchantKeys.public_key_pem)
        assert(Rsa.verify(signed, made.paySign ?? '', key))
        const inApp = cashierParameters('app', prepaid, account)
        const bare = Formatter.joinedByLineFeed(appId, stamp, nonceStr, prepayId)
        assert(Rsa.verify(bare, inApp.sign ?? '', key))
      }),
      runs,
    )
  })
})

describe('answers', () => {
  const keys = Object.fromEntries(
    Object.values(vectorKeys.platform).map(({ id, public_key_pem }) => [
      id,
      createPublicKey(public_key_pem),
    ]),
  )
  /** The plugin reads the machine's clock, so these are signed now. */
  const verifier = Decorator.responseVerifier(keys)
  function theirs(headers: Record<string, string>, data: string): boolean {
    const config = { url: '/v3/certificates', validateStatus: () => true }
    try {
      return Reflect.apply(verifier, config, [data, headers, 200]) === data
    } catch {
      return false
    }
  }
  const ours = (headers: Record<string, string>, data: string) => {
    const message = { headers, body: Buffer.from(data) }
    const verdict = verifyMessage(message, keyOf(account.keyset), Date.now())
    return verdict.valid ? 'valid' : verdict.reason
  }

  test('that the plugin accepts we accept, and a changed byte neither', () => {
    fc.assert(
      fc.property(platform, body, fc.nat(), (by, json, at) => {
        const { headers } = answer(200, json, { by, now: Date.now() })
        assert(theirs(headers, json))
        assert.equal(ours(headers, json), 'valid')
        const bytes = Buffer.from(json)
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1
        const changed = bytes.toString()
        assert.equal(theirs(headers, changed), false)
        assert.equal(ours(headers, changed), 'bad_signature')
      }),
      runs,
    )
  })

  test('with a timestamp that is no number are refused here, whatever the plugin says', () => {
    const timestamp = fc.constantFrom('abc', '1e9', '0x10', '1774000000.5', 'NaN', '+1774000000')
    fc.assert(
      fc.property(timestamp, body, platform, (stamp, json, by) => {
        const { id, private_key_pem: pem } = vectorKeys.platform[by]
        const signed = Formatter.response(stamp, 'nonce', json)
        const headers = {
          'Wechatpay-Timestamp': stamp,
          'Wechatpay-Nonce': 'nonce',
          'Wechatpay-Serial': id,
          'Wechatpay-Signature': Rsa.sign(signed, createPrivateKey(pem)),
        }
        assert.equal(ours(headers, json), 'bad_timestamp')
      }),
      runs,
    )
    const { id, private_key_pem: pem } = vectorKeys.platform.pubkey
    const headers = {
      'Wechatpay-Timestamp': 'abc',
      'Wechatpay-Nonce': 'nonce',
      'Wechatpay-Serial': id,
      'Wechatpay-Signature': Rsa.sign(
        Formatter.response('abc', 'nonce', ''),
        createPrivateKey(pem),
      ),
    }
    assert.equal(theirs(headers, ''), true, 'the plugin is lax here; were it not, this can go')
  })
})

describe('encryption', () => {
  const key = merchantKeys.api_v3_key
  const nonce = fc.stringMatching(/^[0-9A-Za-z]{12}$/)

  test('what the plugin seals we open, and no other key, text or addition fits', () => {
    fc.assert(
      fc.property(text, nonce, text, fc.nat(), (plaintext, iv, aad, at) => {
        const ciphertext = Aes.AesGcm.encrypt(plaintext, key, iv, aad)
        const sealed = { nonce: iv, associatedData: aad, ciphertext }
        const opened = openSealed(sealed, Buffer.from(key))
        assert('plaintext' in opened)
        assert.equal(opened.plaintext.toString(), plaintext)
        const failed = { reason: 'decrypt_failed' }
        assert.deepEqual(openSealed(sealed, Buffer.alloc(32, 'x')), failed)
        assert.deepEqual(
          openSealed({ ...sealed, associatedData: `${aad}x` }, Buffer.from(key)),
          failed,
        )
        const bytes = Buffer.from(ciphertext, 'base64')
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1
        const changed = { ...sealed, ciphertext: bytes.toString('base64') }
        assert.deepEqual(openSealed(changed, Buffer.from(key)), failed)
      }),
      runs,
    )
  })

  test('a short tag is refused here, whatever the plugin says', () => {
    for (const length of [4, 8, 12]) {
      const cipher = createCipheriv('aes-256-gcm', key, 'p5B4nP0mih6L')
      cipher.final()
      const ciphertext = cipher.getAuthTag().subarray(0, length).toString('base64')
      const sealed = { nonce: 'p5B4nP0mih6L', associatedData: '', ciphertext }
      assert.deepEqual(openSealed(sealed, Buffer.from(key)), { reason: 'decrypt_failed' })
      if (length < 12) {
        assert.equal(Aes.AesGcm.decrypt(ciphertext, key, 'p5B4nP0mih6L', ''), '')
      }
    }
  })

  test('fields go both ways', () => {
    const own = createPrivateKey(merchantKeys.private_key_pem)
    const half = createPublicKey(merchantKeys.public_key_pem)
    fc.assert(
      fc.property(text, (field) => {
        assert.equal(decryptField(Rsa.encrypt(field, half), own), field)
        assert.equal(Rsa.decrypt(encryptField(field, half), own), field)
      }),
      { ...runs, numRuns: 20 },
    )
  })

  test('whole notifications made with the plugin are opened', () => {
    fc.assert(
      fc.property(body, nonce, platform, (plaintext, iv, by) => {
        const json = JSON.stringify({
          id: 'x',
          event_type: 'TRANSACTION.SUCCESS',
          resource: {
            original_type: 'transaction',
            algorithm: 'AEAD_AES_256_GCM',
            ciphertext: Aes.AesGcm.encrypt(plaintext, key, iv, 'transaction'),
            associated_data: 'transaction',
            nonce: iv,
          },
        })
        const { id, private_key_pem: pem } = vectorKeys.platform[by]
        const stamp = Formatter.timestamp()
        const signed = Formatter.response(stamp, iv, json)
        const headers = {
          'Wechatpay-Timestamp': String(stamp),
          'Wechatpay-Nonce': iv,
          'Wechatpay-Serial': id,
          'Wechatpay-Signature': Rsa.sign(signed, createPrivateKey(pem)),
        }
        const raw = { headers, body: Buffer.from(json) }
        const opened = openNotification(account, raw, Date.now())
        assert('plaintext' in opened)
        assert.equal(opened.plaintext, plaintext)
      }),
      runs,
    )
  })
})

describe('APIv2', () => {
  const value = fc.string({ unit: glyph, maxLength: 20 }).map((part) => part.trim())
  const members = fc.dictionary(name, value, { minKeys: 1, maxKeys: 8 })

  test('digests are the same', () => {
    fc.assert(
      fc.property(
        members,
        word,
        fc.constantFrom('MD5' as const, 'HMAC-SHA256' as const),
        (of, key, type) => {
          assert.equal(v2Sign(Object.entries(of), key, type), Hash.sign(type, of, key))
        },
      ),
      runs,
    )
  })

  test('XML goes both ways', () => {
    const plain = fc.dictionary(
      name,
      value.filter((part) => part !== '' && !part.includes(']]>')),
      {
        minKeys: 1,
        maxKeys: 8,
      },
    )
    fc.assert(
      fc.property(plain, (of) => {
        assert.deepEqual({ ...Transformer.toObject(writeXml(of)) }, { ...of })
        assert.deepEqual(Object.fromEntries(readXml(Transformer.toXml(of)) ?? []), { ...of })
      }),
      runs,
    )
  })
})

describe('bills', () => {
  interface TheirBill {
    rows: Record<string, string>[]
    summary: Record<string, string>
  }
  const [sample] = loadVectors<{ vectors: { input: { content_base64: string } }[] }>(
    'bills',
  ).vectors
  const lines = Buffer.from(sample?.input.content_base64 ?? '', 'base64')
    .toString()
    .split('\r\n')
  const [head = '', row = ''] = lines
  const foot = lines.slice(-3)
  const cell = fc
    .string({ unit: glyph.filter((one) => one !== '\n'), maxLength: 20 })
    .filter((value) => !value.includes(',`'))

  test('are cut into the same cells', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 5 }), async (titles) => {
        const rows = titles.map((title) => row.replace('`咖啡,', () => `\`${title},`))
        const file = Buffer.from([head, ...rows, ...foot].join('\r\n'))
        const theirs: Partial<TheirBill> = Formatter.castCsvBill(file)
        const read = readBillRows(
          (async function* () {
            yield file
          })(),
        )
        const ours: Record<string, string>[] = []
        let next: IteratorResult<{ cells: ReadonlyMap<string, string> }, BillEnd> =
          await read.next()
        for (; !next.done; next = await read.next()) ours.push(Object.fromEntries(next.value.cells))
        assert.deepEqual(ours, theirs.rows)
        assert.deepEqual(Object.fromEntries(next.value.summary), theirs.summary)
      }),
      runs,
    )
  })
})
