// PayPal for the contract suite: the sandbox's own server, driven through its control API.

import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { paypal } from '../../src/wallets/paypal/wallet.ts'
import type { Observation, RawNotification, WalletAccount } from '../../src/wallets/wallet.ts'
import { eventually } from '../stack.ts'
import type { Misbehavior, WalletCase, World } from './case.ts'

const FAULT: Record<Misbehavior, string> = {
  error_after_commit: 'api_5xx_after',
  answer_lost: 'api_lost_after',
  unsigned: 'api_garbage',
  wrong_key: 'api_other_order',
  garbage: 'api_garbage',
}

// Nobody listens there; what was sent stands in the sandbox's books.
const NOTIFY_URL = 'http://127.0.0.1:9/notify/paypal/wac_test'

const NO_CODE = 'PayPal has no code that a payer shows'
const NOT_HANDED_OUT =
  'the payer cannot pay an order whose address was in the lost answer, so none is paid'
const NOT_SIGNED = 'answers of PayPal are not signed; TLS alone proves them'

export function paypalCase(): WalletCase {
  return {
    name: 'paypal',
    wallet: paypal,
    cannot: {
      "takes a payment by the payer's code": NO_CODE,
      "a payer's code without funds is refused as insufficient_funds": NO_CODE,
      'an open order is closed and cannot be paid any more':
        'PayPal ends no order: the payer may still approve it, and it is never captured',
      'closing what nobody has begun says so':
        'every order exists at PayPal as soon as its first answer does',
      'an answer that is error_after_commit concludes nothing, and the next question tells':
        NOT_HANDED_OUT,
      'an answer that is answer_lost concludes nothing, and the next question tells':
        NOT_HANDED_OUT,
      'an answer that is unsigned concludes nothing, and the next question tells': NOT_SIGNED,
      'an answer that is wrong_key concludes nothing, and the next question tells': NOT_SIGNED,
      'an answer that is garbage concludes nothing, and the next question tells': NOT_HANDED_OUT,
    },
    untilPayerActs: [],
    open,
  }
}

type Fields = Record<string, unknown>

async function open(): Promise<World> {
  const sandbox = await startSandbox({ port: 0 })
  const network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url] })
  const control = async (path: string, body?: object): Promise<Fields> => {
    const answer = await fetch(`${sandbox.url}/control/${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
  const account = async () => {
    const query = new URLSearchParams({ new: '1', notify_url: NOTIFY_URL })
    return readAccount(await control(`paypal/hub-account?${query}`))
  }
  return {
    ports: { clock: { now: Date.now }, random: systemRandom, log: testLog(), network },
    account: await account(),
    stranger: await account(),
    notifyUrl: NOTIFY_URL,
    pay: async (started) => void (await control('paypal/orders/approve', pageOf(started))),
    look: async (started) => void (await control('paypal/orders/look', pageOf(started))),
    payerCode: () => Promise.reject(new Error(NO_CODE)),
    payerId: async () => 'WRENSANDBOX01',
    notification: (reference) =>
      eventually(async () =>
        delivered(await control(`paypal/notifications?reference=${reference}`)),
      ),
    async misbehave(how, order) {
      await control('faults', { wallet: 'paypal', kind: FAULT[how], order })
    },
    async close() {
      await network.close()
      await sandbox.close()
    },
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function readAccount({ fields }: Fields): WalletAccount {
  if (!isFields(fields)) throw new Error('the sandbox gives no fields')
  const entered = Object.entries(fields).map(([name, value]) => [name, String(value)])
  const read = paypal.readAccount(Object.fromEntries(entered))
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}

function pageOf({ nextAction }: Observation): { url: string } {
  if (nextAction?.type !== 'redirect') throw new Error('the payer is sent nowhere')
  return { url: nextAction.url }
}

/** The first delivery, as it went over the line. */
function delivered({ notifications }: Fields): RawNotification | undefined {
  const [delivery] = listOf(listOf(notifications)[0]?.deliveries)
  if (!delivery) return undefined
  const headers: Record<string, string> = JSON.parse(String(delivery.headers))
  return {
    contentType: headers['content-type'] ?? '',
    headers,
    body: Buffer.from(String(delivery.body)),
  }
}
