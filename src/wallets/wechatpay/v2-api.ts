// One call to APIv2: XML, signed with a shared key. Only for codes that payers show.

import { decodeUtf8 } from '../../encoding/utf8.ts'
import { NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import type { V2Account, WechatPayAccount } from './account.ts'
import { problemOf, type Where } from './problems.ts'
import { nonceOf, USER_AGENT } from './request.ts'
import { defined } from './transaction.ts'
import { v2Sign, v2Verify } from './v2-signature.ts'
import { readXml, writeXml } from './v2-xml.ts'

export interface V2Call {
  path: '/pay/micropay' | '/pay/orderquery' | '/secapi/pay/reverse'
  members: Readonly<Record<string, string>>
  where: Where
  timeoutMs?: number
}

type Members = ReadonlyMap<string, string>

export type V2Answer =
  | { outcome: 'ok'; members: Members }
  /** Signed, always: what is not signed is not told apart from silence. */
  | { outcome: 'refused'; problem: Problem; members: Members }
  | { outcome: 'silent'; sent: boolean; problem: Problem }

const SIGN_TYPE = 'HMAC-SHA256'
const TIMEOUT_MS = 10_000

/** Makes one call. Never throws for what WeChat Pay or the network does. */
export async function callV2(
  ports: Ports,
  account: WechatPayAccount,
  v2: V2Account,
  call: V2Call,
): Promise<V2Answer> {
  const named = { ...call.members, mch_id: account.mchid, sign_type: SIGN_TYPE }
  const members = { ...named, nonce_str: nonceOf(ports) }
  const sign = v2Sign(Object.entries(members), v2.key, SIGN_TYPE)
  try {
    const received = await ports.network.send({
      method: 'POST',
      url: account.gateway.base + call.path,
      headers: { 'content-type': 'text/xml; charset=utf-8', 'user-agent': USER_AGENT },
      body: writeXml({ ...members, sign }),
      connectTimeoutMs: 3_000,
      timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
      ...(call.path === '/secapi/pay/reverse' && { clientCertificate: v2.client }),
    })
    return readV2Answer(account, v2, call, received)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const walletMessage = `no answer: ${error.reason}`
    const category = call.where === 'question' || !error.sent ? 'provider_down' : 'unknown_outcome'
    return { outcome: 'silent', sent: error.sent, problem: { category, walletMessage } }
  }
}

/** Verifies and parses one answer. `return_code` is the transport's word and never signed alone. */
export function readV2Answer(
  account: Pick<WechatPayAccount, 'mchid'>,
  v2: Pick<V2Account, 'key'>,
  call: Pick<V2Call, 'where' | 'members'>,
  received: OutgoingAnswer,
): V2Answer {
  const members = readXml(decodeUtf8(received.body) ?? '')
  if (received.status !== 200 || members === undefined) return silent('answer not usable')
  if (members.get('return_code') !== 'SUCCESS') {
    return silent(members.get('return_msg')?.slice(0, 200) ?? 'refused without a reason')
  }
  if (!v2Verify(members, v2.key, SIGN_TYPE)) return silent('answer not usable, bad signature')
  const mine =
    members.get('mch_id') === account.mchid && members.get('appid') === call.members.appid
  if (!mine) return silent('answer to another merchant')
  if (members.get('result_code') === 'SUCCESS') return { outcome: 'ok', members }
  const error = { code: members.get('err_code'), message: members.get('err_code_des') }
  const problem = problemOf({ status: received.status, ...defined(error) }, call.where)
  return { outcome: 'refused', problem, members }
}

function silent(walletMessage: string): V2Answer {
  return { outcome: 'silent', sent: true, problem: { category: 'unknown_outcome', walletMessage } }
}
