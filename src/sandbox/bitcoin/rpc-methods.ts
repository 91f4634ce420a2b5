// The calls of a node's RPC that a watch-only merchant and a test need (sheet 3.3).
import { isObject } from '../json.ts'
import { fromHex, unshown } from './bytes.ts'
import { find, tipOf } from './chain.ts'
import { checksumOf } from './descriptor.ts'
import { coinOf, judge, type Refusal } from './mempool.ts'
import {
  addressAsked,
  blockAsked,
  type Call,
  countAsked,
  hashAsked,
  listAsked,
  RpcError,
  scriptAsked,
  textAsked,
  transactionAsked,
} from './rpc-asked.ts'
import { getBlockchainInfo, mempoolInfo, networkInfo } from './rpc-info.ts'
import { btc, type Value } from './rpc-json.ts'
import {
  type View,
  viewActivity,
  viewBlock,
  viewCoin,
  viewHeader,
  viewRaw,
  viewScript,
  viewTips,
  viewTransaction,
  viewWaiting,
} from './rpc-views.ts'
import { kindOf, scriptOf } from './script.ts'
import { outpoint, parseTransaction, vsizeOf } from './transaction.ts'

export interface Method {
  names: readonly string[]
  run(call: Call): Value
}

const method = (names: string, run: (call: Call) => Value): Method => ({
  names: names.split(' ').filter((name) => name !== ''),
  run,
})

const MAIN_GENESIS = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

export const METHODS: Readonly<Record<string, Method>> = {
  getblockchaininfo: method('', getBlockchainInfo),
  getnetworkinfo: method('', ({ struck }) => networkInfo(struck('core_old_version'))),
  getblockcount: method('', ({ chain }) => tipOf(chain).height),
  getbestblockhash: method('', ({ chain }) => tipOf(chain).hash),
  getblockhash: method('height', getBlockHash),
  getblockheader: method('blockhash verbose', ({ chain, params }) => {
    const block = blockAsked(chain, params[0], 'hash')
    if (params[1] === false) return block.header.toString('hex')
    return viewHeader(chain, block)
  }),
  getblock: method('blockhash verbosity', getBlock),
  getchaintips: method('', ({ chain }) => viewTips(chain)),
  getdescriptoractivity: method('blockhashes scanobjects include_mempool', getActivity),
  getdescriptorinfo: method('descriptor', ({ params }) => {
    const text = textAsked(params[0], 'descriptor')
    const [body = ''] = text.split('#')
    scriptAsked(text)
    return {
      descriptor: `${body}#${checksumOf(body)}`,
      checksum: checksumOf(body),
      isrange: false,
      issolvable: false,
      hasprivatekeys: false,
    }
  }),
  getrawmempool: method('verbose mempool_sequence', getRawMempool),
  getmempoolentry: method('txid', ({ chain, params }) => {
    const waiting = chain.mempool.get(hashAsked(params[0], 'parameter 1'))
    if (!waiting) throw new RpcError(-5, 'Transaction not in mempool')
    return viewWaiting(chain, waiting)
  }),
  getmempoolinfo: method('', ({ chain }) => mempoolInfo(chain)),
  getrawtransaction: method('txid verbosity blockhash', getRawTransaction),
  decoderawtransaction: method('hexstring', ({ params }) => {
    const transaction = parseTransaction(fromHex(textAsked(params[0], 'hexstring')) ?? NOTHING)
    if (!transaction) throw new RpcError(-22, 'TX decode failed')
    return viewTransaction(undefined, transaction)
  }),
  gettxout: method('txid n include_mempool', getTxOut),
  gettxspendingprevout: method('outputs', getSpending),
  scantxoutset: method('action scanobjects', scanCoins),
  scanblocks: method('action scanobjects', () => {
    throw new RpcError(-1, 'Index is not enabled for filtertype basic')
  }),
  testmempoolaccept: method('rawtxs maxfeerate', testAccept),
  sendrawtransaction: method('hexstring maxfeerate', send),
  estimatesmartfee: method('conf_target', ({ params }) => {
    const blocks = countAsked(params[0], 'conf_target')
    return { feerate: btc(blocks <= 1 ? 10_000n : blocks <= 3 ? 5_000n : 1_000n), blocks }
  }),
  validateaddress: method('address', ({ params }) =>
    validateAddress(textAsked(params[0], 'address')),
  ),
  getindexinfo: method('', ({ chain }) => ({
    txindex: { synced: true, best_block_height: tipOf(chain).height },
  })),
  getzmqnotifications: method('', () => []),
  getconnectioncount: method('', () => 0),
  generatetoaddress: method('nblocks address', ({ node, params }) => {
    const payTo = addressAsked(params[1])
    const count = Math.min(countAsked(params[0], 'nblocks'), 1_000)
    return node.change(() =>
      Array.from({ length: count }, () => node.mine({ payTo, everything: true }).hash),
    )
  }),
  generateblock: method('output transactions', generateBlock),
  invalidateblock: method('blockhash', ({ node, params }) => {
    const block = blockAsked(node.chain, params[0], 'blockhash')
    if (block.height === 0) throw new RpcError(-8, 'Genesis block is not invalidatable')
    node.invalidate(block.hash)
    return null
  }),
  reconsiderblock: method('blockhash', ({ node, params }) => {
    node.reconsider(blockAsked(node.chain, params[0], 'blockhash').hash)
    return null
  }),
}

const NOTHING = Buffer.alloc(0)

function getBlockHash({ chain, params, struck }: Call): Value {
  const height = countAsked(params[0], 'height')
  const hash = chain.best[height]
  if (hash === undefined) throw new RpcError(-8, 'Block height out of range')
  return height === 0 && struck('core_wrong_network') ? MAIN_GENESIS : hash
}

function getBlock({ chain, params, struck }: Call): Value {
  const block = blockAsked(chain, params[0], 'blockhash')
  if (struck('core_pruned')) throw new RpcError(-1, 'Block not available (pruned data)')
  const verbosity = params[1] === false ? 0 : Number(params[1] ?? 1)
  return verbosity === 0 ? block.raw.toString('hex') : viewBlock(chain, block, verbosity)
}

function getActivity({ chain, params }: Call): Value {
  const [hashes, objects, mempool = true] = params
  const blocks = listAsked(hashes, 'blockhashes').map((hash) => {
    const block = blockAsked(chain, hash, 'blockhash')
    if (chain.best[block.height] !== block.hash) {
      throw new RpcError(-5, 'Block is not in main chain')
    }
    return block
  })
  const scripts = new Set(
    listAsked(objects, 'scanobjects').map((each) => {
      const text = isObject(each) ? each.desc : each
      return scriptAsked(textAsked(text, 'scanobjects')).toString('hex')
    }),
  )
  return { activity: viewActivity(chain, blocks, scripts, mempool !== false) }
}

function getRawMempool({ chain, params }: Call): Value {
  const [verbose = false, sequence = false] = params
  const txids = [...chain.mempool.keys()]
  if (verbose === true) {
    return Object.fromEntries(
      [...chain.mempool].map(([txid, waiting]) => [txid, viewWaiting(chain, waiting)]),
    )
  }
  return sequence === true ? { txids, mempool_sequence: chain.mempoolSequence } : txids
}

function getRawTransaction({ chain, params }: Call): Value {
  const txid = hashAsked(params[0], 'parameter 1')
  const verbosity = params[1] === true ? 1 : Number(params[1] ?? 0)
  const found = find(chain, txid)
  if (!found) {
    throw new RpcError(
      -5,
      'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.',
    )
  }
  if (verbosity === 0) return found.transaction.raw.toString('hex')
  return viewRaw(chain, txid, verbosity >= 2 ? 3 : 1) ?? null
}

function getTxOut({ chain, params }: Call): Value {
  const [given, n, mempool = true] = params
  const txid = hashAsked(given, 'txid')
  const vout = countAsked(n, 'n')
  const key = outpoint(txid, vout)
  if (mempool === false) {
    const coin = chain.coins.get(key)
    return coin ? viewCoin(chain, coin) : null
  }
  if (chain.mempoolSpends.has(key)) return null
  const waiting = chain.mempool.get(txid)?.transaction.outputs[vout]
  const coin = waiting ?? coinOf(chain, txid, vout)
  return coin ? viewCoin(chain, coin) : null
}

function getSpending({ chain, params }: Call): Value {
  const outputs = listAsked(params[0], 'outputs')
  if (outputs.length === 0) throw new RpcError(-8, 'Invalid parameter, outputs are missing')
  return outputs.map((each) => {
    const { txid: given, vout } = isObject(each) ? each : {}
    const txid = hashAsked(given, 'txid')
    if (typeof vout !== 'number' || vout < 0) {
      throw new RpcError(-8, 'Invalid parameter, vout cannot be negative')
    }
    return { txid, vout, spendingtxid: chain.mempoolSpends.get(outpoint(txid, vout)) }
  })
}

function scanCoins({ chain, params }: Call): Value {
  const [action, objects] = params
  if (action !== 'start') return action === 'status' ? null : false
  const scripts = new Map(
    listAsked(objects, 'scanobjects').map((each) => {
      const text = textAsked(isObject(each) ? each.desc : each, 'scanobjects')
      return [scriptAsked(text).toString('hex'), text]
    }),
  )
  const tip = tipOf(chain)
  const order = (place: string) => unshown(place.slice(0, 64)).toString('hex')
  const found = [...chain.coins]
    .filter(([, { script }]) => scripts.has(script.toString('hex')))
    .sort(([a], [b]) => (order(a) < order(b) ? -1 : 1))
  return {
    success: true,
    txouts: chain.coins.size,
    height: tip.height,
    bestblock: tip.hash,
    unspents: found.map(([place, coin]) => ({
      txid: place.slice(0, 64),
      vout: Number(place.slice(65)),
      scriptPubKey: coin.script.toString('hex'),
      desc: viewScript(coin.script).desc,
      amount: btc(coin.sat),
      coinbase: coin.coinbase,
      height: coin.height,
      blockhash: chain.best[coin.height],
      confirmations: chain.best.length - coin.height,
    })),
    total_amount: btc(found.reduce((sum, [, { sat }]) => sum + sat, 0n)),
  }
}

function send({ node, params }: Call): Value {
  const transaction = transactionAsked(params[0])
  const verdict = node.submit(transaction)
  if (!('code' in verdict)) return verdict.txid
  throw new RpcError(verdict.code, wordsOf(verdict))
}

function wordsOf({ reason, detail }: Refusal): string {
  return detail === undefined ? reason : `${reason}, ${detail}`
}

function testAccept({ chain, params }: Call): Value {
  return listAsked(params[0], 'rawtxs').map((raw) => {
    const hex = textAsked(raw, 'rawtx')
    const transaction = parseTransaction(fromHex(hex) ?? NOTHING)
    if (!transaction) {
      const words = `TX decode failed: ${hex} Make sure the tx has at least one input.`
      throw new RpcError(-22, words)
    }
    const { txid, wtxid } = transaction
    const named = { txid, wtxid, usage: 656 }
    const verdict = judge(chain, transaction)
    if (!('code' in verdict)) {
      const vsize = vsizeOf(transaction)
      const rate = btc((verdict.fee * 1_000n) / BigInt(vsize))
      const fees = {
        base: btc(verdict.fee),
        'effective-feerate': rate,
        'effective-includes': [wtxid],
      }
      return { ...named, allowed: true, vsize, fees }
    }
    // Here the node speaks in other words.
    if (verdict.reason === 'bad-txns-inputs-missingorspent') {
      return { ...named, allowed: false, 'reject-reason': 'missing-inputs' }
    }
    const reason = verdict.code === -27 ? 'txn-already-known' : verdict.reason
    const details = verdict.code === -27 ? reason : wordsOf(verdict)
    return { ...named, allowed: false, 'reject-reason': reason, 'reject-details': details }
  })
}

function generateBlock({ node, params }: Call): Value {
  const payTo = addressAsked(params[0])
  const first = listAsked(params[1] ?? [], 'transactions').map((each) => {
    const text = textAsked(each, 'transaction')
    const waiting = node.chain.mempool.get(text)?.transaction
    const transaction = waiting ?? transactionAsked(text)
    const verdict = waiting ? undefined : judge(node.chain, transaction, true)
    if (verdict && 'code' in verdict) {
      throw new RpcError(-25, `TestBlockValidity failed: ${verdict.reason}`)
    }
    return transaction
  })
  return { hash: node.mine({ payTo, first, empty: true }).hash }
}

function validateAddress(address: string): View {
  const script = scriptOf(address)
  if (!script) {
    return {
      isvalid: false,
      error_locations: [],
      error: 'Invalid checksum or length of Base58 address (P2PKH or P2SH)',
    }
  }
  const kind = kindOf(script)
  const iswitness = kind.startsWith('witness')
  return {
    isvalid: true,
    address,
    scriptPubKey: script.toString('hex'),
    isscript: kind === 'scripthash' || kind === 'witness_v0_scripthash',
    iswitness,
    ...(iswitness && {
      witness_version: script[0] === 0 ? 0 : (script[0] ?? 0) - 0x50,
      witness_program: script.subarray(2).toString('hex'),
    }),
  }
}

/** Calls about a node's own wallet, which this one does not have. */
export const WALLET_METHODS: readonly string[] = [
  ...['getbalance', 'getnewaddress', 'gettransaction', 'listsinceblock', 'listunspent'],
  ...['importdescriptors', 'walletcreatefundedpsbt'],
]
export const NO_SUCH_WALLET = new RpcError(-18, 'Requested wallet does not exist or is not loaded')
export const NO_WALLET = new RpcError(
  -18,
  'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. (Note: A default wallet is no longer automatically created)',
)
export const UNKNOWN_METHOD = new RpcError(-32601, 'Method not found')
