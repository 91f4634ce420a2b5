// One call to an acquirer: send, and read the answer as JSON. Silence is a value.

import { isObject, type JsonObject, parseJson } from '../encoding/json.ts'
import { decodeUtf8 } from '../encoding/utf8.ts'
import { NetworkError, type OutgoingRequest, type Ports } from '../ports.ts'
import type { Problem, ProblemCategory } from '../wallets/wallet.ts'

export type Answer =
  /** `body` is empty where the answer is no JSON object, `list` where it is no array of them. */
  | { kind: 'answer'; status: number; body: JsonObject; list: readonly JsonObject[] }
  /** `sent: false`: certainly no byte of the call left. */
  | { kind: 'silent'; sent: boolean; reason: string }

const CONNECT_TIMEOUT_MS = 3_000
// Apple's sheet waits 30 s for the outcome, and a silent call may be repeated once.
const TIMEOUT_MS = 12_000

/** Makes one call. Never throws for what the acquirer or the network does. */
export async function call(ports: Ports, request: OutgoingRequest): Promise<Answer> {
  try {
    const { status, body } = await ports.network.send({
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: TIMEOUT_MS,
      ...request,
    })
    const value = parseJson(decodeUtf8(body) ?? '')
    return {
      kind: 'answer',
      status,
      body: isObject(value) ? value : {},
      list: Array.isArray(value) ? value.filter(isObject) : [],
    }
  } catch (error) {
    if (error instanceof NetworkError) {
      return { kind: 'silent', sent: error.sent, reason: error.reason }
    }
    throw error
  }
}

/** True where the acquirer may have acted although it did not say so. */
export function mayHaveActed(answer: Answer): boolean {
  return answer.kind === 'silent' ? answer.sent : answer.status >= 500
}

/** What silence or a server's fault means for a call that could have moved money. */
export function openProblem(answer: Answer): Problem {
  if (answer.kind === 'answer') {
    return { category: 'unknown_outcome', walletCode: `http_${answer.status}` }
  }
  const category = answer.sent ? 'unknown_outcome' : 'provider_down'
  return { category, walletMessage: `no answer: ${answer.reason}` }
}

/** A problem with the acquirer's code and words, made safe to keep. */
export function problem(
  category: ProblemCategory,
  walletCode?: string | undefined,
  walletMessage?: string | undefined,
): Problem {
  return {
    category,
    ...(walletCode !== undefined && { walletCode: withoutNumbers(walletCode).slice(0, 100) }),
    ...(walletMessage !== undefined && {
      walletMessage: withoutNumbers(walletMessage).slice(0, 500),
    }),
  }
}

/** Runs of digits that could be a card number, however they are grouped, are blotted out. */
export function withoutNumbers(text: string): string {
  return text.replace(/\d(?:[ -]?\d){11,}/g, '[number]')
}

/** A member that is a text and not empty. */
export function textOf(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A member that is one of the acquirer's own words, made safe to keep. */
export function wordOf(object: JsonObject | undefined, name: string): string | undefined {
  const text = textOf(object, name)
  return text === undefined ? undefined : withoutNumbers(text).slice(0, 100)
}

/** A member that is a whole number of minor units, never negative. */
export function unitsOf(object: JsonObject | undefined, name: string): bigint | undefined {
  const value = object?.[name]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? BigInt(value)
    : undefined
}

/** A member that is an object. */
export function objectOf(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = object?.[name]
  return isObject(value) ? value : undefined
}
