// Takes the token of an attempt: verifies it, binds it to the order, and has the acquirer charge it.

import type { Credential } from '../../acquirers/acquirer.ts'
import type { Milliseconds, Ports } from '../../ports.ts'
import { charge, refused } from '../card.ts'
import type { AttemptOrder, Observation, TokenIdentity } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { chooseKey, decryptToken } from './decrypt.ts'
import { matchApplicationData, matchOrder, type Payload, readPayload } from './payload.ts'
import { demand, problemOf, refuse } from './refusal.ts'
import { applicationDataOf } from './sheet.ts'
import { MAX_AGE_MS, verifySignature } from './signature.ts'
import { type PaymentToken, readSheetToken, type SheetToken } from './token.ts'

export async function create(
  ports: Ports,
  account: ApplePayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  let credential: Credential
  try {
    credential = credentialOf(account, order, ports.clock.now())
  } catch (error) {
    const problem = problemOf(error)
    const { walletReference } = order
    const fields = { wallet: 'applepay', walletReference, stage: problem.walletCode }
    ports.log.warn(fields, 'a payment token was refused')
    return refused(order, problem)
  }
  return charge(ports, account, order, credential)
}

/** Apple's `transactionId`, which the signature fixes. */
export function identifyToken(
  account: ApplePayAccount,
  token: string,
  now: Milliseconds,
): TokenIdentity {
  try {
    return { tokenId: verified(account, token, now).token.transactionId }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** The token, once Apple's signature and our key are known to be right. */
function verified(account: ApplePayAccount, text: string, now: Milliseconds): SheetToken {
  const read = readSheetToken(text)
  verifySignature(read.token, {
    root: account.root,
    now,
    maxAgeMs: MAX_AGE_MS,
    maxAheadMs: MAX_AGE_MS,
    sandboxSigner: !account.live,
  })
  // Without the certificate only the acquirer knows which key a token is for.
  if (account.processing.length > 0) chooseKey(read.token, keysOf(account))
  return read
}

function credentialOf(
  account: ApplePayAccount,
  order: AttemptOrder,
  now: Milliseconds,
): Credential {
  const text = order.token ?? refuse('format', 'there is no token')
  const { token, paymentDataText, card } = verified(account, text, now)
  const payload = account.direct ? open(account, token) : undefined
  if (payload) matchOrder(payload, order.money)
  matchApplicationData(token, applicationDataOf(order))
  return payload ? networkToken(payload) : { type: 'applepay', token: paymentDataText, ...card }
}

function open(account: ApplePayAccount, token: PaymentToken): Payload {
  const plaintext = decryptToken(token, chooseKey(token, keysOf(account)))
  try {
    return readPayload(plaintext)
  } finally {
    plaintext.fill(0)
  }
}

function networkToken({ number, expiry, holderName, secret }: Payload): Credential {
  demand(secret.type === '3DSecure', 'payload', 'EMV data can only go to an acquirer encrypted')
  const { cryptogram, eci } = secret
  return {
    type: 'network_token',
    wallet: 'applepay',
    number,
    expiry,
    cryptogram,
    ...(eci !== undefined && { eci }),
    ...(holderName !== undefined && { holderName }),
  }
}

function keysOf({ processing }: ApplePayAccount) {
  return processing.map(({ key }) => key)
}
