// What Apple Pay and Google Pay bring along to the contract suite: an acquirer of the sandbox, and the
// sheet's tokens on demand.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import type {
  AttemptOrder,
  RawNotification,
  Wallet,
  WalletAccount,
} from '../../src/wallets/wallet.ts'
import { eventually } from '../stack.ts'
import type { Misbehavior, World } from './case.ts'

export type AcquirerName = 'adyen' | 'stripe' | 'checkoutcom'
export type Mode = 'acquirer_decrypts' | 'direct'
export type Fields = Record<string, unknown>

export interface CardWallet {
  wallet: Wallet
  acquirer: AcquirerName
  mode: Mode
  /** Asks the sandbox for the token of an order, as the sheet would that was opened for it. */
  token(control: Control, given: TokenRequest): Promise<string>
}

export interface TokenRequest {
  fields: Fields
  /** What the page opens the sheet with. */
  sheet: Fields
  order: AttemptOrder
  card: string
}

export type Control = (path: string, body?: object) => Promise<Fields>

// Answers of acquirers carry no signature: TLS tells who speaks.
const FAULT: Partial<Record<Misbehavior, string>> = {
  error_after_commit: 'api_5xx_after',
  answer_lost: 'api_lost_after',
  garbage: 'api_garbage',
}

const AT_ONCE = 'a card is charged in the moment the order is made'
const NO_CODE = 'these wallets show no code on the web'
const UNSIGNED = 'answers of acquirers are not signed: TLS tells who speaks'
const NO_QUESTION = 'Adyen answers no question about a payment: its webhook tells'
const answerThatIs = (how: Misbehavior) =>
  `an answer that is ${how} concludes nothing, and the next question tells`

/** What no card wallet can do, by name of the case. */
const CARDS: Record<string, string> = {
  "takes a payment by the payer's code": NO_CODE,
  "a payer's code without funds is refused as insufficient_funds": NO_CODE,
  'an order that the payer only looked at still waits': AT_ONCE,
  'an open order is closed and cannot be paid any more': AT_ONCE,
  'closing what nobody has begun says so': AT_ONCE,
  [answerThatIs('unsigned')]: UNSIGNED,
  [answerThatIs('wrong_key')]: UNSIGNED,
}

const ACQUIRERS: Record<AcquirerName, Record<string, string>> = {
  adyen: {
    'closing a paid order never hides the payment': NO_QUESTION,
    'a notification with any changed byte is never read as another payment':
      'Adyen signs eight fields of its webhook, and only those are used',
    'an order of another merchant is not there': NO_QUESTION,
    [answerThatIs('error_after_commit')]: 'the call is repeated under its key, and answered',
    [answerThatIs('answer_lost')]: 'the call is repeated under its key, and answered',
    [answerThatIs('garbage')]: NO_QUESTION,
  },
  stripe: {
    'an order of another merchant is not there': 'the search lags, so that it proves no absence',
    [answerThatIs('answer_lost')]: 'the call is repeated under its key, and answered',
  },
  checkoutcom: {
    [answerThatIs('error_after_commit')]: 'it is asked at once by our number, and answers',
    [answerThatIs('answer_lost')]: 'it is asked at once by our number, and answers',
  },
}

export function cannotOf(acquirer: AcquirerName): Record<string, string> {
  return { ...CARDS, ...ACQUIRERS[acquirer] }
}

export async function openCards(given: CardWallet): Promise<World> {
  const { wallet, acquirer, mode } = given
  const sandbox = await startSandbox({ port: 0 })
  const control: Control = async (path, body) => {
    const answer = await fetch(`${sandbox.url}/control/${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
  const { root_certificate } = await control('applepay/authority')
  const network = createNetwork({
    log: testLog(),
    allowPrivate: [sandbox.url, sandbox.gateway],
    authorities: [String(root_certificate)],
  })
  const received = await receiver(wallet.name)
  const hubAccount = async () => {
    const query = `acquirer=${acquirer}&mode=${mode}&new=1`
    const told = await control(
      `${wallet.name}/hub-account?${query}&notify_url=${encodeURIComponent(received.url)}`,
    )
    const fields = fieldsOf(told)
    return { fields, account: readAccount(wallet, fields) }
  }
  const { fields, account } = await hubAccount()
  return {
    ports: { clock: { now: Date.now }, random: systemRandom, log: testLog(), network },
    account,
    stranger: (await hubAccount()).account,
    notifyUrl: received.url,
    pay: async () => undefined,
    look: async () => undefined,
    payerCode: () => Promise.reject(new Error(NO_CODE)),
    payerId: () => Promise.reject(new Error(NO_CODE)),
    token(order, card = 'approve') {
      const { money, title, paymentId } = order
      const sheet = wallet.sheet?.(account, {
        ...(paymentId !== undefined && { paymentId }),
        money,
        title,
        merchantName: 'Coffee',
      })
      return given.token(control, { fields, sheet: sheet ?? {}, order, card })
    },
    async answerBank(reference, answer) {
      const { payments } = await control(`${acquirer}/payments?reference=${reference}`)
      const [payment] = Array.isArray(payments) ? payments : []
      // At Checkout.com the browser comes by before the bank asks.
      if (acquirer === 'checkoutcom') {
        const sid = String(payment.id).replace('pay_', 'sid_')
        await fetch(`${sandbox.url}/checkoutcom/sessions-interceptor/${sid}`, {
          redirect: 'manual',
        })
      }
      const again = await control(`${acquirer}/payments?reference=${reference}`)
      const [asked] = Array.isArray(again.payments) ? again.payments : []
      const done = await control(`${acquirer}/challenges/${asked.challenge.id}`, { answer })
      return new URL(String(done.return_to)).search.slice(1)
    },
    notification: (reference) => eventually(async () => received.take(reference)),
    async misbehave(how, reference) {
      const kind = FAULT[how]
      if (kind === undefined) throw new Error(UNSIGNED)
      await control('faults', { wallet: acquirer, kind, order: reference })
    },
    async close() {
      await network.close()
      await sandbox.close()
      await received.close()
    },
  }
}

function fieldsOf({ fields }: Fields): Fields {
  return typeof fields === 'object' && fields !== null ? { ...fields } : {}
}

function readAccount(wallet: Wallet, fields: Fields): WalletAccount {
  const texts = Object.entries(fields).map(([name, value]) => [name, String(value)])
  const read = wallet.readAccount(Object.fromEntries(texts))
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}

async function receiver(wallet: string) {
  const arrived: RawNotification[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
    arrived.push({
      contentType: request.headers['content-type'] ?? '',
      headers: Object.fromEntries(headers),
      body: Buffer.concat(chunks),
    })
    response.end('[accepted]')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}/notify/${wallet}/wac_test`,
    take: (reference: string) => arrived.find(({ body }) => Buffer.from(body).includes(reference)),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
