// Takes the token of an attempt and has the acquirer charge it: still encrypted, or opened here.

import { createHash } from 'node:crypto'
import type { Credential } from '../../acquirers/acquirer.ts'
import { parseJsonObject } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import { charge, refused } from '../card.ts'
import type { AttemptOrder, Observation, TokenIdentity } from '../wallet.ts'
import type { DirectMode, GooglePayAccount } from './account.ts'
import { decryptMessage } from './decrypt.ts'
import { checkMessage, type Payload, readPayload } from './payload.ts'
import { demand, problemOf, refuse } from './refusal.ts'
import { currentRootKeys } from './root-key-store.ts'
import { verifySignature } from './signature.ts'
import { MAX_TOKEN_BYTES, readSignedMessage, readToken } from './token.ts'

export async function create(
  ports: Ports,
  account: GooglePayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  let credential: Credential
  try {
    credential = await credentialOf(ports, account, order)
  } catch (error) {
    const problem = problemOf(error)
    const { walletReference } = order
    const fields = { wallet: 'googlepay', walletReference, stage: problem.walletCode }
    ports.log.warn(fields, 'a payment token was refused')
    return refused(order, problem)
  }
  return charge(ports, account, order, credential)
}

/**
 * The hash of what Google signed, so that writing a token in another way makes no second one of it;
 * of a token that a gateway made itself, of its number there.
 */
export function identifyToken(account: GooglePayAccount, token: string): TokenIdentity {
  try {
    const signed = account.direct ? readToken(token).signedMessage : partOf(account, token)
    return { tokenId: createHash('sha256').update(signed).digest('hex') }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** What is charged by: whatever else stands beside it makes no other token. */
function partOf({ acquiring: { acquirer } }: GooglePayAccount, token: string): string {
  checkLength(token)
  if (acquirer.googleTokenId) {
    return acquirer.googleTokenId(token) ?? refuse('format', 'the token has no number')
  }
  const { signedMessage } = parseJsonObject(token) ?? {}
  return typeof signedMessage === 'string' ? signedMessage : token
}

async function credentialOf(
  ports: Ports,
  account: GooglePayAccount,
  order: AttemptOrder,
): Promise<Credential> {
  const token = order.token ?? refuse('format', 'there is no token')
  if (account.direct) return networkToken(await openToken(ports, account.direct, token))
  checkLength(token)
  return { type: 'googlepay', token }
}

async function openToken(ports: Ports, direct: DirectMode, text: string): Promise<Payload> {
  const token = readToken(text)
  const roots = await currentRootKeys(ports, direct.roots)
  const now = ports.clock.now()
  verifySignature(token, { roots, recipientId: direct.recipientId, now })
  const plaintext = decryptMessage(readSignedMessage(token.signedMessage), direct.privateKeys)
  try {
    const payload = readPayload(plaintext)
    checkMessage(payload, { now })
    return payload
  } finally {
    plaintext.fill(0)
  }
}

function networkToken({ number, expiry, auth }: Payload): Credential {
  demand(auth.method === 'CRYPTOGRAM_3DS', 'pan_only', 'a card number without cryptogram')
  const { cryptogram, eci } = auth
  return {
    type: 'network_token',
    wallet: 'googlepay',
    number,
    expiry,
    cryptogram,
    ...(eci !== undefined && { eci }),
  }
}

function checkLength(token: string): void {
  const fits = token !== '' && Buffer.byteLength(token) <= MAX_TOKEN_BYTES
  demand(fits, 'format', 'the token is empty or too long')
}
