// Alipay: what its signatures and its content encryption cost.

import { createCipheriv, createDecipheriv, sign, verify } from 'node:crypto'
import { encodeForm, parseForm } from '../../src/encoding/form.ts'
import { decryptContent, encryptContent } from '../../src/wallets/alipay/encryption.ts'
import { readAnswer } from '../../src/wallets/alipay/gateway.ts'
import { orderContent } from '../../src/wallets/alipay/messages.ts'
import { postForm, signedParameters } from '../../src/wallets/alipay/request.ts'
import { requestText } from '../../src/wallets/alipay/signature.ts'
import {
  accountOf,
  keyFields,
  NOW,
  OK,
  orderOf,
  privateKey,
  publicKey,
  signedAnswer,
  TRADE,
} from '../../src/wallets/alipay/testing.ts'
import { alipay } from '../../src/wallets/alipay/wallet.ts'
import type { RawNotification } from '../../src/wallets/wallet.ts'
import { type Comparison, must } from './compare.ts'

const METHOD = 'alipay.trade.query'
const [own, theirs] = [privateKey('app'), { sign: privateKey('alipay'), key: publicKey('alipay') }]

export function alipayComparisons(): Comparison[] {
  const account = accountOf(keyFields())
  return [signs(account), verifiesAnswer(account), verifiesNotification(account), ...encrypts()]
}

type Account = ReturnType<typeof accountOf>

function signs(account: Account): Comparison {
  const order = orderOf('qr')
  const request = {
    method: 'alipay.trade.precreate',
    content: orderContent(order, account.appId, NOW),
    notifyUrl: order.notifyUrl,
  }
  const text = Buffer.from(requestText(signedParameters(account, request, NOW)))
  return {
    does: 'sign an order',
    whole: () => postForm(account.gatewayUrl, signedParameters(account, request, NOW)),
    bare: () => sign('sha256', text, own),
    algorithm: 'RSA-2048 sign',
  }
}

function verifiesAnswer(account: Account): Comparison {
  const node = { ...OK, ...TRADE, trade_status: 'TRADE_SUCCESS', buyer_logon_id: '159****5620' }
  const body = Buffer.from(signedAnswer(METHOD, node))
  const source = Buffer.from(JSON.stringify(node))
  const signature = sign('sha256', source, theirs.sign)
  const read = () =>
    readAnswer(account, { method: METHOD, kind: 'question' }, { status: 200, body }, NOW)
  must(read().answer.outcome === 'ok', 'verified answer of Alipay')
  return {
    does: 'verify an answer',
    whole: read,
    bare: () => verify('sha256', source, theirs.key, signature),
    algorithm: 'RSA-2048 verify',
  }
}

function verifiesNotification(account: Account): Comparison {
  const fields = new Map(
    Object.entries({
      ...TRADE,
      notify_id: '2027010100222120000000000000001',
      notify_time: '2027-01-01 08:00:00',
      notify_type: 'trade_status_sync',
      out_trade_no: OK.out_trade_no,
      app_id: account.appId,
      seller_id: account.sellerId,
      trade_status: 'TRADE_SUCCESS',
      charset: 'utf-8',
      version: '1.0',
      subject: '拿铁咖啡 Coffee beans 1kg',
      buyer_logon_id: '159****5620',
      receipt_amount: '88.88',
    }),
  )
  const text = Buffer.from(requestText(fields))
  const signature = sign('sha256', text, theirs.sign)
  fields.set('sign_type', 'RSA2').set('sign', signature.toString('base64'))
  const body = Buffer.from(encodeForm(fields))
  must('fields' in parseForm(body), 'form')
  const raw: RawNotification = {
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    headers: {},
    body,
  }
  const read = () => alipay.readNotification(account, raw, NOW)
  must(read().verdict === 'verified', 'verified notification of Alipay')
  return {
    does: 'verify a notification',
    whole: read,
    bare: () => verify('sha256', text, theirs.key, signature),
    algorithm: 'RSA-2048 verify',
  }
}

function encrypts(): Comparison[] {
  const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
  const iv = Buffer.alloc(16)
  const text = JSON.stringify({ ...OK, ...TRADE, body: 'x'.repeat(400) })
  const plaintext = Buffer.from(text)
  const sealed = encryptContent(text, key)
  const ciphertext = Buffer.from(sealed, 'base64')
  must(decryptContent(sealed, key) === text, 'decrypted content')
  return [
    {
      does: 'encrypt content',
      whole: () => encryptContent(text, key),
      bare: () => {
        const cipher = createCipheriv('aes-128-cbc', key, iv)
        return [cipher.update(plaintext), cipher.final()]
      },
      algorithm: 'AES-128-CBC of 0.5 KB',
    },
    {
      does: 'decrypt content',
      whole: () => decryptContent(sealed, key),
      bare: () => {
        const decipher = createDecipheriv('aes-128-cbc', key, iv)
        return [decipher.update(ciphertext), decipher.final()]
      },
      algorithm: 'AES-128-CBC of 0.5 KB',
    },
  ]
}
