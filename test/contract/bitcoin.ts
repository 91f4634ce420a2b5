// Bitcoin for the contract suite: the sandbox's chain, paid and mined through its control API.

import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { WalletAccount } from '../../src/wallets/wallet.ts'
import type { WalletCase, World } from './case.ts'

const NO_CODE = 'a payer hands out no code; the payer sends'
const NO_NOTIFICATION = 'nobody notifies of a payment on a public chain; the hub looks'
const ONLY_ASKS = 'starting a payment only asks questions; nothing can be half done'

/** Which of the sandbox's views of its chain the account asks. */
export type Sources = 'core' | 'esplora' | 'core,esplora'

export function bitcoinCase(sources: Sources): WalletCase {
  return {
    name: `bitcoin, by ${sources}`,
    wallet: bitcoin,
    cannot: {
      "takes a payment by the payer's code": NO_CODE,
      "a payer's code without funds is refused as insufficient_funds": NO_CODE,
      'an open order is closed and cannot be paid any more':
        'an address can be paid for ever; it stays watched and late money is held',
      'closing what nobody has begun says so':
        'whoever was shown an address may have paid; it ends as closed and is watched',
      'the notification of a payment is verified, and refused for another account': NO_NOTIFICATION,
      'a notification with any changed byte is never read as another payment': NO_NOTIFICATION,
      'an answer that is error_after_commit concludes nothing, and the next question tells':
        ONLY_ASKS,
      'an answer that is answer_lost concludes nothing, and the next question tells': ONLY_ASKS,
      'an answer that is unsigned concludes nothing, and the next question tells': ONLY_ASKS,
      'an answer that is wrong_key concludes nothing, and the next question tells': ONLY_ASKS,
      'an answer that is garbage concludes nothing, and the next question tells': ONLY_ASKS,
    },
    untilPayerActs: [],
    open: () => open(sources),
  }
}

async function open(sources: Sources): Promise<World> {
  const sandbox = await startSandbox({ port: 0 })
  const network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url] })
  const control = async (path: string, body?: object) => {
    const answer = await fetch(`${sandbox.url}/control/bitcoin/${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
  const account = async (number: number) =>
    readAccount((await control(`hub-account?account=${number}&sources=${sources}`)).fields)
  let index = -1
  return {
    ports: { clock: { now: Date.now }, random: systemRandom, log: testLog(), network },
    account: await account(0),
    stranger: await account(1),
    notifyUrl: sandbox.url,
    accountIndex() {
      index += 1
      return index
    },
    async pay({ nextAction }) {
      if (nextAction?.type !== 'address') throw new Error('there is no address to pay to')
      await control('pay', { uri: nextAction.qrText, mine: 1 })
    },
    // A payer who only reads the address leaves no trace anywhere.
    look: async () => {},
    payerCode: () => Promise.reject(new Error(NO_CODE)),
    payerId: () => Promise.reject(new Error(NO_CODE)),
    notification: () => Promise.reject(new Error(NO_NOTIFICATION)),
    misbehave: () => Promise.reject(new Error(ONLY_ASKS)),
    async close() {
      await network.close()
      await sandbox.close()
    },
  }
}

function readAccount(fields: Record<string, string>): WalletAccount {
  const read = bitcoin.readAccount(fields)
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}
