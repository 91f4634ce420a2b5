// Adyen's ServiceError (sheet 3.4).
import type { Answer } from '../cards/idempotency.ts'
import type { ShapeFault } from '../cards/shape.ts'

const TYPES: Record<number, string> = {
  401: 'security',
  403: 'security',
  429: 'security',
  500: 'internal',
}

export function fault(status: number, errorCode: string, message: string): Answer {
  const errorType = TYPES[status] ?? 'validation'
  return { status, body: { status, errorCode, message, errorType } }
}

/** Codes of the members that Adyen has an own one for. */
const CODES: Record<string, string> = {
  amount: '100',
  'amount.value': '137',
  'amount.currency': '138',
  reference: '130',
}

export function shapeFault({ path, fault: kind }: ShapeFault): Answer {
  switch (kind) {
    case 'unknown':
      return fault(
        400,
        '702',
        `Structure of request contains the following unknown fields: [${path}]`,
      )
    case 'missing':
      return fault(422, CODES[path] ?? '158', `Required field '${path}' is not provided.`)
    case 'invalid':
      return fault(422, CODES[path] ?? '702', `Invalid value of field '${path}'.`)
  }
}
