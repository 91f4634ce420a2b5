// The live check of an account: whether PayPal takes its keys, and what its webhook reports.

import type { Ports } from '../../ports.ts'
import type { Finding } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { callApi } from './api.ts'
import { type FindingCode, finding } from './findings.ts'
import { listOf } from './messages.ts'
import { problemOf } from './problems.ts'

const NEEDED = [
  'CHECKOUT.ORDER.APPROVED',
  'PAYMENT.CAPTURE.COMPLETED',
  'PAYMENT.CAPTURE.PENDING',
  'PAYMENT.CAPTURE.DENIED',
]

export async function check(ports: Ports, account: PaypalAccount): Promise<Finding[]> {
  const answer = await callApi(ports, account, {
    method: 'GET',
    path: `/v1/notifications/webhooks/${account.webhookId}`,
  })
  if (answer.kind === 'silent') return [finding(causeOf(answer.problem.code, answer.sent))]
  if (answer.status === 401) return [finding('credentials_refused')]
  if (answer.status === 200 && answer.body.id === account.webhookId) {
    const names = listOf(answer.body.event_types).map(({ name }) => name)
    const complete = names.includes('*') || NEEDED.every((name) => names.includes(name))
    return complete ? [finding('connected')] : [finding('webhook_events_missing')]
  }
  const { category } = problemOf(answer, 'question')
  const known = category === 'not_found' || answer.status === 404
  return [finding(known ? 'webhook_unknown' : 'answer_not_understood')]
}

function causeOf(code: string | undefined, sent: boolean): FindingCode {
  if (code === 'merchant_key_wrong') return 'credentials_refused'
  return sent ? 'answer_not_understood' : 'unreachable'
}
