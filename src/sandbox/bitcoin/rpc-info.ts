// What a node tells of itself: its chain, its network, its mempool.
import { blockOfHash, type Chain, medianTime, tipOf } from './chain.ts'
import type { Call } from './rpc-asked.ts'
import { btc } from './rpc-json.ts'
import { PROOF, type View, workOf } from './rpc-views.ts'
import { vsizeOf } from './transaction.ts'

const RELAY = btc(1_000n)
const VERSION = 290_403

export function getBlockchainInfo({ chain, struck }: Call): View {
  const tip = tipOf(chain)
  const size = chain.best.reduce((sum, hash) => sum + blockOfHash(chain, hash).raw.length + 8, 0)
  return {
    chain: struck('core_wrong_network') ? 'main' : 'regtest',
    blocks: tip.height,
    headers: tip.height + (struck('core_headers_ahead') ? 5 : 0),
    bestblockhash: tip.hash,
    ...PROOF,
    time: tip.time,
    mediantime: medianTime(chain, tip),
    verificationprogress: 1,
    initialblockdownload: struck('core_downloading'),
    chainwork: workOf(tip),
    size_on_disk: size,
    pruned: struck('core_pruned'),
    warnings: [],
  }
}

export function networkInfo(isOld: boolean): View {
  const network = (name: string, limited: boolean): View => ({
    name,
    limited,
    reachable: !limited,
    proxy: '',
    proxy_randomize_credentials: false,
  })
  return {
    version: isOld ? 280_100 : VERSION,
    subversion: isOld ? '/Satoshi:28.1.0/' : '/Satoshi:29.4.3/Knots:20260508/',
    protocolversion: 70_016,
    localservices: '0000000010000c09',
    localservicesnames: ['NETWORK', 'WITNESS', 'NETWORK_LIMITED', 'P2P_V2', 'BLAKE2B?'],
    localrelay: true,
    timeoffset: 0,
    networkactive: true,
    connections: 0,
    connections_in: 0,
    connections_out: 0,
    networks: [
      network('ipv4', false),
      network('ipv6', false),
      network('onion', true),
      network('i2p', true),
      network('cjdns', true),
    ],
    relayfee: RELAY,
    incrementalfee: RELAY,
    localaddresses: [],
    warnings: [],
  }
}

export function mempoolInfo({ mempool }: Chain): View {
  const all = [...mempool.values()]
  return {
    loaded: true,
    size: all.length,
    bytes: all.reduce((sum, { transaction }) => sum + vsizeOf(transaction), 0),
    usage: all.length * 1_200,
    total_fee: btc(all.reduce((sum, { fee }) => sum + fee, 0n)),
    maxmempool: 300_000_000,
    mempoolminfee: RELAY,
    minrelaytxfee: RELAY,
    incrementalrelayfee: RELAY,
    dustrelayfee: btc(3_000n),
    dustrelayfeefloor: btc(3_000n),
    dustdynamic: 'off',
    unbroadcastcount: all.length,
    fullrbf: true,
    rbf_policy: 'always',
    truc_policy: 'accept',
  }
}
