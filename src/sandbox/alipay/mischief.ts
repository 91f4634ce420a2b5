// A notification made wrong on purpose: each way in which one can lie.
import type { KeyObject } from 'node:crypto'
import { formatDecimal, parseDecimal } from '../../money.ts'
import { type Parameters, signMessage } from './sign.ts'

export interface Signers {
  genuine: KeyObject
  foreign: KeyObject
  /** Signed parameters of the browser's return for the same trade. */
  returned: () => Parameters
}

/** The signed parameters to send, as the fault wants them. Other kinds change nothing here. */
export function mislead(
  kind: string | undefined,
  honest: Parameters,
  signers: Signers,
): Parameters {
  switch (kind) {
    case 'notification_tampered':
      return {
        ...signMessage(honest, signers.genuine),
        total_amount: '0.01',
        receipt_amount: '0.01',
      }
    case 'notification_wrong_amount':
      return signMessage(
        { ...honest, total_amount: otherAmount(honest.total_amount) },
        signers.genuine,
      )
    case 'notification_wrong_seller':
      return signMessage({ ...honest, seller_id: '2088999999999999' }, signers.genuine)
    case 'notification_wrong_key':
      return signMessage(honest, signers.foreign)
    case 'notification_recut':
      return recut(signMessage(honest, signers.genuine))
    case 'notification_return_replayed':
      return signers.returned()
    default:
      return signMessage(honest, signers.genuine)
  }
}

function otherAmount(total: string | undefined): string {
  const money = parseDecimal(total ?? '', 'CNY')
  return money ? formatDecimal({ ...money, amount: money.amount + 1n }) : '0.01'
}

// The signed text has no escaping: two neighbors in it can become one value, and it still verifies.
function recut(signed: Parameters): Parameters {
  const { gmt_create, gmt_payment, ...rest } = signed
  if (gmt_create === undefined || gmt_payment === undefined) return signed
  return { ...rest, gmt_create: `${gmt_create}&gmt_payment=${gmt_payment}` }
}
