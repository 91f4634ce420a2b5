// Alipay for the contract suite: the sandbox's own server, driven through its control API.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { alipay } from '../../src/wallets/alipay/wallet.ts'
import type {
  NextAction,
  Observation,
  RawNotification,
  WalletAccount,
} from '../../src/wallets/wallet.ts'
import { eventually } from '../stack.ts'
import type { Misbehavior, WalletCase, World } from './case.ts'

const FAULT: Record<Misbehavior, string> = {
  error_after_commit: 'gateway_20000_after',
  answer_lost: 'gateway_lost_after',
  unsigned: 'gateway_missing_sign',
  wrong_key: 'gateway_wrong_key',
  garbage: 'gateway_html_502',
}

export function alipayCase(mode: 'key' | 'certificate', encrypted = false): WalletCase {
  return {
    name: `alipay, ${mode} mode${encrypted ? ', encrypted content' : ''}`,
    wallet: alipay,
    cannot: {},
    open: () => open(mode, encrypted),
  }
}

async function open(mode: 'key' | 'certificate', encrypted: boolean): Promise<World> {
  const sandbox = await startSandbox({ port: 0 })
  const network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url] })
  const received = await receiver()
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
  const buyers = async (): Promise<{ id: string; balance: string; frozen: boolean }[]> => {
    const answer = await fetch(`${sandbox.url}/control/alipay/buyers`)
    return JSON.parse(await answer.text()).buyers
  }
  const payerId = async () => {
    const able = (await buyers()).find((b) => Number(b.balance) > 1000 && !b.frozen)
    return able?.id ?? ''
  }
  const account = async () =>
    readAccount(await post('/control/alipay/applications', { mode, content_key: encrypted }))
  return {
    ports: { clock: { now: Date.now }, random: systemRandom, log: testLog(), network },
    account: await account(),
    stranger: await account(),
    notifyUrl: received.url,
    async pay(started) {
      // Inside the app only the payer for whom the order was made can pay it.
      const buyer = started.nextAction?.type === 'sheet' ? { buyer: await payerId() } : {}
      await post('/control/alipay/trades/pay', { ...payable(started), ...buyer })
    },
    async look(started) {
      await post('/control/alipay/trades/decline', payable(started))
    },
    async payerCode(funds) {
      const buyer = (await buyers()).find(({ balance, frozen }) =>
        funds === 'enough' ? Number(balance) > 1000 && !frozen : Number(balance) < 10 && !frozen,
      )
      const shown = await post('/control/alipay/barcodes', { buyer: buyer?.id })
      return String(shown.auth_code)
    },
    payerId,
    notification: (reference) => eventually(async () => received.take(reference)),
    async misbehave(how, reference) {
      await post('/control/faults', { wallet: 'alipay', kind: FAULT[how], out_trade_no: reference })
    },
    async close() {
      await network.close()
      await sandbox.close()
      await received.close()
    },
  }
}

function readAccount(given: Record<string, unknown>): WalletAccount {
  const fields: Record<string, unknown> = {
    app_id: given.app_id,
    seller_id: given.seller_id,
    mode: given.mode,
    private_key: given.app_private_key,
    ...(given.mode === 'key'
      ? { alipay_public_key: given.alipay_public_key }
      : {
          app_cert: given.app_certificate,
          alipay_cert: given.alipay_certificate,
          alipay_root_cert: given.root_certificate,
        }),
    ...(given.content_key !== undefined && { content_key: given.content_key }),
    gateway: given.gateway_url,
    environment: 'test',
  }
  const texts = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, String(value)]),
  )
  const read = alipay.readAccount(texts)
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}

/** What a device would open. */
function payable({ nextAction, walletReference }: Observation): Record<string, string> {
  return nextAction ? byAction(nextAction) : { out_trade_no: walletReference ?? '' }
}

function byAction(action: NextAction): Record<string, string> {
  switch (action.type) {
    case 'qr':
      return { qr: action.content }
    case 'redirect':
      return { url: action.url }
    case 'form':
      return { url: `${action.action}&${new URLSearchParams(action.fields)}` }
    case 'app':
      return { order_string: action.link }
    case 'sheet':
      return { trade_no: action.parameters.tradeNO ?? '' }
    case 'address':
    case 'none':
      return {}
  }
}

async function receiver() {
  const arrived: RawNotification[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    arrived.push({
      contentType: request.headers['content-type'] ?? '',
      headers: {},
      body: Buffer.concat(chunks),
    })
    response.end('success')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}/notify/alipay/wac_test`,
    take: (reference: string) => arrived.find(({ body }) => Buffer.from(body).includes(reference)),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
