// What a merchant enters at the hub to use this sandbox: by the names that the hub's form gives the
// fields. The keys come from a seed that everybody knows.
import { HDKey } from '@scure/bip32'
import type { FastifyInstance } from 'fastify'
import { sha256 } from './bytes.ts'
import { EXCHANGES } from './prices.ts'
import type { World } from './world.ts'

const SEED = sha256(Buffer.from('tongbao sandbox merchant seed'))
const TEST_VERSIONS = { private: 0x04358394, public: 0x043587cf }
const MAX_ACCOUNT = 2 ** 31 - 1

type Query = { Querystring: { account?: string; sources?: string } }

export function addHubAccount(app: FastifyInstance, world: World): void {
  app.get<Query>('/control/bitcoin/hub-account', async ({ query }, reply) => {
    const number = Number(query.account ?? 0)
    if (!(Number.isInteger(number) && number >= 0 && number <= MAX_ACCOUNT)) {
      return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER' } })
    }
    const wanted = (query.sources ?? 'core,esplora').split(',')
    const at = `${world.platform.address()}/bitcoin`
    const { user, password } = world.rpc
    const fields = {
      network: 'regtest',
      key: merchantDescriptor(number),
      ...(wanted.includes('core') && {
        core_urls: `${at}/rpc`,
        core_user: user,
        core_password: password,
      }),
      ...(wanted.includes('esplora') && { esplora_urls: `${at}/esplora` }),
      confirmations: '0.01:1 0.1:2 *:3',
      rate_sources: EXCHANGES.map((name) => `${name}=${at}/rates/${name}`).join(' '),
      fx_source: `ecb=${at}/rates/ecb`,
      environment: 'test',
    }
    return { wallet: 'bitcoin', name: 'Sandbox Bitcoin 沙箱比特币', fields }
  })
}

/** `wpkh([fingerprint/84h/1h/0h]tpub…/<0;1>/*)` of the test merchant's account. */
export function merchantDescriptor(account: number): string {
  const master = HDKey.fromMasterSeed(SEED, TEST_VERSIONS)
  const fingerprint = master.fingerprint.toString(16).padStart(8, '0')
  const key = master.derive(`m/84'/1'/${account}'`).publicExtendedKey
  return `wpkh([${fingerprint}/84h/1h/${account}h]${key}/<0;1>/*)`
}
