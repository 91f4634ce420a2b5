// The page's calls to the hub. The client secret travels in a header only, never in a URL.

import type {
  CheckoutAttempt,
  CheckoutAttemptState,
  CheckoutOrder,
  CheckoutPayment,
  CheckoutState,
  OpenSession,
  StartAttempt,
} from '../../http/checkout-types.ts'
import type { Language } from './languages.ts'

const TIMEOUT_MS = 20_000
const POST_TRIES = 3

export interface Api {
  /** The payment, or null when nothing changed since the last answer. */
  payment(): Promise<CheckoutPayment | null>
  /** Starts an attempt. Silence is answered by the same request under the same key. */
  start(attempt: StartAttempt, key: string): Promise<CheckoutAttempt>
  /** What a wallet's sheet asks its merchant for. */
  openSession(request: OpenSession): Promise<Record<string, unknown>>
  /** Has the hub ask the wallet. */
  sync(key: string): Promise<CheckoutPayment>
  /** Calls `changed` for each "changed" until the stream ends; throws when it breaks. */
  stream(changed: () => void, signal: AbortSignal): Promise<void>
}

/** The hub answered, but not with what was asked for. */
export class RefusedError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the hub answered ${status}`)
    this.name = 'RefusedError'
    this.status = status
  }
}

export interface Hub {
  /** Address of `/checkout/v1/`. */
  base: URL
  secret: string
  /** The page's: the payer comes back from the wallet in it. */
  language: Language
  /** What the page came with. */
  first: CheckoutPayment
}

/** `wait` pauses between repetitions. */
export function createApi(
  { base, secret, language, first }: Hub,
  wait: (ms: number) => Promise<void>,
): Api {
  let etag: string | null = null
  // What a state only names is kept, and fetched again when the name is another.
  let known = first

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${secret}`)
    headers.set('accept-language', language)
    const signal = init.signal ?? AbortSignal.timeout(TIMEOUT_MS)
    const options = { ...init, headers, signal, cache: 'no-store', credentials: 'omit' } as const
    const answer = await fetch(new URL(path, base), options)
    if (!answer.ok && answer.status !== 304) throw new RefusedError(answer.status)
    return answer
  }

  function posting(body: object | undefined, headers = new Headers()): RequestInit {
    if (body) headers.set('content-type', 'application/json')
    return { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) }
  }

  async function post<Answer>(path: string, key: string, body?: object): Promise<Answer> {
    const init = posting(body, new Headers({ 'idempotency-key': key }))
    for (let tries = 1; ; tries++) {
      try {
        return await (await send(path, init)).json()
      } catch (error) {
        if (tries === POST_TRIES || !mayRepeat(error)) throw error
        await wait(1_000 * tries)
      }
    }
  }

  async function whole(state: CheckoutState): Promise<CheckoutPayment> {
    const before = known
    const order: CheckoutOrder =
      state.order === before.order ? before : await (await send('order')).json()
    const attempt = state.attempt && (await withAction(state.attempt, before.attempt))
    known = { ...before, ...order, ...state, attempt }
    return known
  }

  async function withAction(
    attempt: CheckoutAttemptState,
    before: CheckoutAttempt | null,
  ): Promise<CheckoutAttempt> {
    if (attempt.action === null) return { ...attempt, next_action: { type: 'none' } }
    const same = attempt.id === before?.id && attempt.action === before.action
    if (same) return { ...attempt, next_action: before.next_action }
    return (await send(`attempts/${attempt.id}`)).json()
  }

  return {
    async payment() {
      const answer = await send('payment', {
        headers: etag === null ? {} : { 'if-none-match': etag },
      })
      if (answer.status === 304) return null
      const payment = await whole(await answer.json())
      etag = answer.headers.get('etag')
      return payment
    },
    async start(wish, key) {
      const attempt = await post<CheckoutAttempt>('attempts', key, wish)
      known = { ...known, attempt }
      return attempt
    },
    async openSession(request) {
      return (await (await send('wallet_sessions', posting(request))).json()).session
    },
    sync: async (key) => whole(await post<CheckoutState>('sync', key)),
    async stream(changed, signal) {
      const answer = await send('stream', { signal, headers: { accept: 'text/event-stream' } })
      if (!answer.body) return
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        const lines = (rest + value).split(/\r?\n/)
        rest = lines.pop() ?? ''
        if (lines.some((line) => line === 'event: changed' || line === 'event:changed')) changed()
      }
    },
  }
}

// No answer, or one that says the request was not taken: the same key makes repeating harmless.
function mayRepeat(error: unknown): boolean {
  return !(error instanceof RefusedError) || error.status === 503
}
