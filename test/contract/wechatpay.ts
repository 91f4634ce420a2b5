// WeChat Pay for the contract suite: the sandbox's own server, driven through its control API.

import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import type { Observation, RawNotification, WalletAccount } from '../../src/wallets/wallet.ts'
import { wechatpay } from '../../src/wallets/wechatpay/wallet.ts'
import { eventually } from '../stack.ts'
import type { Misbehavior, WalletCase, World } from './case.ts'

const FAULT: Record<Misbehavior, string> = {
  error_after_commit: 'gateway_busy_after',
  answer_lost: 'gateway_lost_after',
  unsigned: 'gateway_missing_sign',
  wrong_key: 'gateway_wrong_key',
  garbage: 'gateway_html_200',
}

const RICH = 'wxid_wu_tong'
const POOR = 'wxid_gao_ming'
// Nobody listens there; what was sent stands in the sandbox's books.
const NOTIFY_URL = 'http://127.0.0.1:9/notify/wechatpay/wac_test'

export type Mode = 'public_key' | 'certificate' | 'migrating'

export function wechatpayCase(mode: Mode, codePay: 'v3' | 'v2' = 'v3'): WalletCase {
  return {
    name: `wechatpay, ${mode} mode${codePay === 'v2' ? ', codes by APIv2' : ''}`,
    wallet: wechatpay,
    cannot: {
      'closing what nobody has begun says so':
        'every order exists at WeChat Pay as soon as its first answer does',
    },
    untilPayerActs: [],
    open: () => open(mode, codePay),
  }
}

type Fields = Record<string, unknown>

async function open(mode: Mode, codePay: 'v3' | 'v2'): Promise<World> {
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
  const merchant = async () => {
    const { mchid } = await control('wechatpay/merchants', {
      mode,
      // While it changes: answers by public key, notifications still by certificate.
      public_key_share: 0,
    })
    const given = await control(`wechatpay/hub-account?mchid=${mchid}`)
    return { mchid, account: readAccount({ ...fieldsOf(given), code_pay: codePay }) }
  }
  const { mchid, account } = await merchant()
  const openId = async () => {
    const { buyers } = await control(`wechatpay/buyers?mchid=${mchid}`)
    return openIdOf(buyers, RICH)
  }
  return {
    ports: { clock: { now: Date.now }, random: systemRandom, log: testLog(), network },
    account,
    stranger: (await merchant()).account,
    notifyUrl: NOTIFY_URL,
    pay: async (started) => void (await control('wechatpay/orders/pay', payable(started))),
    look: async (started) => void (await control('wechatpay/orders/decline', payable(started))),
    async payerCode(funds) {
      const buyer = funds === 'enough' ? RICH : POOR
      return String((await control('wechatpay/auth-codes', { buyer })).auth_code)
    },
    payerId: openId,
    payer: async () => ({ openId: await openId() }),
    notification: (reference) =>
      eventually(async () =>
        delivered(await control(`wechatpay/notifications?out_trade_no=${reference}`)),
      ),
    async misbehave(how, reference) {
      const rule = { wallet: 'wechatpay', kind: FAULT[how], out_trade_no: reference }
      await control('faults', rule)
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

function fieldsOf({ fields }: Fields): Record<string, string> {
  if (!isFields(fields)) throw new Error('the sandbox gives no fields')
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
}

function readAccount(fields: Record<string, string>): WalletAccount {
  const read = wechatpay.readAccount(fields)
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}

/** The openid for the merchant's first app, the official account. */
function openIdOf(buyers: unknown, id: string): string {
  const openids = listOf(buyers).find((buyer) => buyer.id === id)?.openids
  const [first] = isFields(openids) ? Object.values(openids) : []
  if (first === undefined) throw new Error(`${id} has no openid`)
  return String(first)
}

/** What a device would open. */
function payable({ nextAction, walletReference }: Observation): object {
  switch (nextAction?.type) {
    case 'qr':
      return { text: nextAction.content }
    case 'redirect':
      return { text: nextAction.url }
    case 'sheet':
      return { parameters: nextAction.parameters }
    case 'app':
      return { text: nextAction.link }
    default:
      return { out_trade_no: walletReference }
  }
}

/** The first delivery, as it went over the line. */
function delivered({ notifications }: Fields): RawNotification | undefined {
  const [delivery] = listOf(listOf(notifications)[0]?.deliveries)
  if (!delivery) return undefined
  const sent: Record<string, string> = JSON.parse(String(delivery.headers))
  const headers = Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value])
  return {
    contentType: sent['Content-Type'] ?? '',
    headers: Object.fromEntries(headers),
    body: Buffer.from(String(delivery.body)),
  }
}
