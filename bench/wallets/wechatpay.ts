// WeChat Pay: what its signatures and its sealed notifications cost.

import {
  constants,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto'
import { readAnswer } from '../../src/wallets/wechatpay/api.ts'
import { decryptField, openSealed } from '../../src/wallets/wechatpay/cipher.ts'
import { orderBody } from '../../src/wallets/wechatpay/messages.ts'
import { cashierParameters, cashierText } from '../../src/wallets/wechatpay/pay-sign.ts'
import { authorization, requestText } from '../../src/wallets/wechatpay/signature.ts'
import {
  accountOf,
  answer,
  merchantKeys,
  NOW,
  notification,
  orderOf,
  privateKeyOf,
  seal,
  transaction,
  vectorKeys,
} from '../../src/wallets/wechatpay/testing.ts'
import { wechatpay } from '../../src/wallets/wechatpay/wallet.ts'
import { type Comparison, must } from './compare.ts'

const own = privateKeyOf(merchantKeys.private_key_pem)
const theirs = createPublicKey(vectorKeys.platform.pubkey.public_key_pem)
const plaintext = JSON.stringify(transaction())

export function wechatpayComparisons(): Comparison[] {
  return [signs(), signsCashier(), verifiesAnswer(), opens(), readsNotification(), opensField()]
}

function signs(): Comparison {
  const account = accountOf()
  const body = orderBody(account, orderOf('qr'), account.appId)
  const request = {
    method: 'POST',
    url: 'https://api.mch.weixin.qq.com/v3/pay/transactions/native',
    timestamp: NOW / 1000,
    nonce: '593BEC0C930BF1AFEB40B4A08C8FB242',
  } as const
  const text = Buffer.from(requestText({ ...request, body: JSON.stringify(body) }))
  return {
    does: 'sign an order',
    whole: () => authorization(account, { ...request, body: JSON.stringify(body) }),
    bare: () => sign('sha256', text, own),
    algorithm: 'RSA-2048 sign',
  }
}

function signsCashier(): Comparison {
  const account = accountOf()
  const prepaid = {
    appId: account.appId,
    prepayId: 'wx201410272009395522657a690389285100',
    timeStamp: String(NOW / 1000),
    nonceStr: '593BEC0C930BF1AFEB40B4A08C8FB242',
  }
  const text = Buffer.from(cashierText('jsapi', prepaid))
  return {
    does: "sign the sheet's parameters",
    whole: () => cashierParameters('jsapi', prepaid, account),
    bare: () => sign('sha256', text, own),
    algorithm: 'RSA-2048 sign',
  }
}

/** What `verifyMessage` covers of a signed message, and its signature. */
function signedPart(message: { headers: Record<string, string>; body: Uint8Array }) {
  const { headers, body } = message
  const head = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n`
  return {
    text: Buffer.concat([Buffer.from(head), body, Buffer.from('\n')]),
    signature: Buffer.from(headers['wechatpay-signature'] ?? '', 'base64'),
  }
}

function verifiesAnswer(): Comparison {
  const account = accountOf()
  const received = answer(200, transaction())
  const { text, signature } = signedPart(received)
  const read = () => readAnswer(account, 'question', received, NOW)
  must(read().answer.outcome === 'ok', 'verified answer of WeChat Pay')
  return {
    does: 'verify an answer',
    whole: read,
    bare: () => verify('sha256', text, theirs, signature),
    algorithm: 'RSA-2048 verify',
  }
}

const key = Buffer.from(merchantKeys.api_v3_key)

function decipher(sealed: Buffer, nonce: string, associatedData: string) {
  const open = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  open.setAAD(Buffer.from(associatedData))
  open.setAuthTag(sealed.subarray(-16))
  return [open.update(sealed.subarray(0, -16)), open.final()]
}

function opens(): Comparison {
  const { ciphertext, nonce, associated_data: associatedData } = seal(plaintext, 'transaction')
  const bytes = Buffer.from(ciphertext, 'base64')
  const open = () => openSealed({ ciphertext, nonce, associatedData }, key)
  must('plaintext' in open(), 'opened resource')
  return {
    does: 'decrypt a resource',
    whole: open,
    bare: () => decipher(bytes, nonce, associatedData),
    algorithm: 'AES-256-GCM of 0.5 KB',
  }
}

function readsNotification(): Comparison {
  const account = accountOf()
  const raw = notification(plaintext)
  const { text, signature } = signedPart(raw)
  const { ciphertext, nonce } = seal(plaintext, 'transaction')
  const bytes = Buffer.from(ciphertext, 'base64')
  const read = () => wechatpay.readNotification(account, raw, NOW)
  must(read().verdict === 'verified', 'verified notification of WeChat Pay')
  return {
    does: 'verify and decrypt a notification',
    whole: read,
    bare: () => [verify('sha256', text, theirs, signature), decipher(bytes, nonce, 'transaction')],
    algorithm: 'RSA-2048 verify, AES-256-GCM',
  }
}

function opensField(): Comparison {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
  const sealed = publicEncrypt(
    { key: createPublicKey(merchantKeys.public_key_pem), ...oaep },
    Buffer.from('张三'),
  )
  const text = sealed.toString('base64')
  must(decryptField(text, own) === '张三', 'decrypted field')
  return {
    does: 'decrypt a field',
    whole: () => decryptField(text, own),
    bare: () => privateDecrypt({ key: own, ...oaep }, sealed),
    algorithm: 'RSA-2048 OAEP',
  }
}
