// What happens to every call of an acquirer's API before and after it is carried out: repeated keys,
// calls under way, and the faults of the way between.
import type { FastifyReply } from 'fastify'
import type { Platform } from '../platform.ts'
import type { Answer, Idempotency } from './idempotency.ts'
import type { AcquirerName } from './merchants.ts'

export interface DoorRules {
  acquirer: AcquirerName
  keyLifeMs: number
  /** Which answers are kept under the key. */
  keeps(answer: Answer): boolean
  /** What is kept when the call was carried out and a server error is told all the same. */
  keepsWhenBroken: 'answer' | 'failure' | 'nothing'
  /** To a key that was used with other content; undefined repeats the first answer. */
  mismatch?: Answer
  inProgress: Answer
  tooMany: Answer
  failed: Answer
  /** Headers of every answer; `replayed` for one that was kept. */
  headers?(replayed: boolean): Record<string, string>
}

export interface DoorCall {
  merchant: string
  operation: string
  order: string
  key?: string | undefined
  fingerprint: string
}

export interface Door {
  pass(reply: FastifyReply, call: DoorCall, perform: () => Answer): Promise<FastifyReply>
}

const GARBAGE = '<html><head><title>502 Bad Gateway</title></head><body></body></html>'
const DEFAULT_SILENCE_SECONDS = 20

/** `done` is called after everything that may have changed the books. */
export function openDoor(
  { books, clock, faults }: Platform,
  idempotency: Idempotency,
  rules: DoorRules,
  done: () => void,
): Door {
  const underWay = new Set<string>()
  let turn = 0

  function send(reply: FastifyReply, answer: Answer, replayed = false): FastifyReply {
    return reply
      .code(answer.status)
      .headers(rules.headers?.(replayed) ?? {})
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answer.body))
  }

  async function pass(
    reply: FastifyReply,
    call: DoorCall,
    perform: () => Answer,
  ): Promise<FastifyReply> {
    const { operation, order, key, fingerprint } = call
    const scope = `${rules.acquirer}|${call.merchant}`
    const kept = key === undefined ? undefined : idempotency.find(scope, key, clock.now())
    if (key !== undefined && underWay.has(`${scope}|${key}`)) return send(reply, rules.inProgress)
    if (kept) {
      const other = kept.fingerprint !== fingerprint ? rules.mismatch : undefined
      return other ? send(reply, other) : send(reply, kept.answer, true)
    }
    turn += 1
    const where = { wallet: rules.acquirer, order, operation, turn }
    const strikes = (kind: string) => faults.strikes({ ...where, kind })
    if (strikes('api_429')) return send(reply, rules.tooMany)
    if (strikes('api_5xx_before')) return send(reply, rules.failed)

    const broken = strikes('api_5xx_after') !== undefined
    const answer = books.atomically(() => {
      const result = perform()
      const kept = broken ? keptWhenBroken(result) : result
      if (key !== undefined && kept && (broken || rules.keeps(kept))) {
        const until = clock.now() + rules.keyLifeMs
        idempotency.keep(scope, key, { fingerprint, answer: kept }, until)
      }
      return result
    })
    done()
    if (broken) return send(reply, rules.failed)
    if (strikes('api_lost_after')) {
      reply.hijack()
      reply.raw.destroy()
      return reply
    }
    if (strikes('api_garbage')) return reply.code(200).type('text/html').send(GARBAGE)
    const silence = strikes('api_timeout')
    if (silence) await hold(`${scope}|${key}`, (silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
    return send(reply, answer)
  }

  function keptWhenBroken(result: Answer): Answer | undefined {
    if (rules.keepsWhenBroken === 'nothing') return undefined
    return rules.keepsWhenBroken === 'failure' ? rules.failed : result
  }

  async function hold(name: string, ms: number): Promise<void> {
    underWay.add(name)
    try {
      await new Promise((resolve) => setTimeout(resolve, ms).unref())
    } finally {
      underWay.delete(name)
    }
  }

  return { pass }
}
