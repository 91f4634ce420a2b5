// Refusals of the verbs as errors of the API.

import { ApiError } from '../errors.ts'
import type { Refusal } from '../payments/decide.ts'
import type { StartRefusal } from '../payments/start-attempt.ts'
import type { Milliseconds } from '../ports.ts'

export function refusalError(refusal: StartRefusal, now: Milliseconds): ApiError {
  switch (refusal.code) {
    case 'not_supported': {
      const { capability } = refusal
      return new ApiError('not_supported', {
        param: `/${capability}`,
        detail: {
          en: `This wallet account does not take this payment's ${capability}.`,
          'zh-CN': `该钱包账户不支持此付款的 ${capability}。`,
        },
      })
    }
    case 'wallet_unavailable':
      return new ApiError('wallet_unavailable', { param: '/wallet' })
    case 'token_missing':
      return new ApiError('field_missing', { param: '/token' })
    case 'token_refused':
      return new ApiError('token_refused', { param: '/token' })
    case 'token_used':
      return new ApiError('token_used', { param: '/token' })
    default:
      return stateError(refusal, now)
  }
}

function stateError(refusal: Refusal, now: Milliseconds): ApiError {
  switch (refusal.code) {
    case 'payment_paid':
    case 'attempts_exhausted':
      return new ApiError(refusal.code)
    case 'payment_not_payable':
      return new ApiError('payment_not_payable', {
        detail: {
          en: `The payment is ${refusal.status}.`,
          'zh-CN': `该付款的状态为 ${refusal.status}。`,
        },
      })
    case 'attempt_unresolved': {
      const seconds = Math.max(1, Math.ceil((refusal.retryAt - now) / 1000))
      return new ApiError('attempt_unresolved', { headers: { 'retry-after': String(seconds) } })
    }
    case 'attempt_unknown':
    case 'wrong_reference':
    case 'stale_observation':
      throw new Error(`a verb was refused with ${refusal.code}, which only observations can be`)
  }
}
