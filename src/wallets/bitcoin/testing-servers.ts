// For tests only: a node's RPC and an Esplora server over the chain of a recorded scenario, and ports
// that reach them.

import { createHash } from 'node:crypto'
import {
  type Milliseconds,
  NetworkError,
  type OutgoingAnswer,
  type OutgoingRequest,
  type Ports,
} from '../../ports.ts'
import { readAddress } from './address.ts'
import { PARAMETERS } from './networks.ts'
import { outpointOf, type TapeChain } from './testing.ts'
import { parseTransaction, type Transaction } from './transaction.ts'

export const NODE_URL = 'http://127.0.0.1:18443/'
export const ESPLORA_URL = 'http://127.0.0.1:3002/api'
/** Another server over the same chain. */
export const SECOND_ESPLORA_URL = 'http://127.0.0.1:3003/api'

export interface World {
  ports: Ports
  setTime(at: Milliseconds): void
  /** Answers by URL, before the chain's own. */
  answers: Map<string, string>
  /** URLs that give no answer. */
  down: Set<string>
  requests: OutgoingRequest[]
}

export function createWorld(chain: TapeChain): World {
  let now = 0
  const answers = new Map<string, string>()
  const down = new Set<string>()
  const requests: OutgoingRequest[] = []

  async function send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    requests.push(request)
    if ([...down].some((url) => request.url.startsWith(url))) {
      throw new NetworkError('refused', false, 'down')
    }
    const known = answers.get(request.url)
    if (known !== undefined) return answer(200, known)
    if (request.url === NODE_URL) return answerRpc(chain, request)
    for (const base of [ESPLORA_URL, SECOND_ESPLORA_URL]) {
      if (request.url.startsWith(base)) return esplora(chain, request.url.slice(base.length))
    }
    throw new NetworkError('refused', false, 'nobody there')
  }

  const quiet = () => undefined
  const ports: Ports = {
    clock: { now: () => now },
    random: { bytes: (size) => Buffer.alloc(size, 7) },
    network: { send },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  }
  const setTime = (at: Milliseconds) => {
    now = at
  }
  return { ports, setTime, answers, down, requests }
}

function answer(status: number, text: string): OutgoingAnswer {
  return { status, headers: {}, body: Buffer.from(text) }
}

interface Call {
  id: number
  method: string
  params: unknown[]
}

function answerRpc(chain: TapeChain, request: OutgoingRequest): OutgoingAnswer {
  const expected = `Basic ${Buffer.from('hub:secret').toString('base64')}`
  if (request.headers.authorization !== expected) return answer(401, '')
  const body: Call | Call[] = JSON.parse(String(request.body))
  const one = ({ id, method, params }: Call) => ({
    jsonrpc: '2.0',
    id,
    ...rpc(chain, method, params),
  })
  return answer(200, JSON.stringify(Array.isArray(body) ? body.map(one).reverse() : one(body)))
}

const notFound = (code: number) => ({ error: { code, message: 'not found' } })

function rpc(chain: TapeChain, method: string, params: unknown[]): object {
  const tip = chain.tip()
  const [first, second] = params
  switch (method) {
    case 'getblockchaininfo':
      return {
        result: {
          chain: 'regtest',
          blocks: tip.height,
          headers: tip.height,
          bestblockhash: tip.hash,
          time: tip.time,
          initialblockdownload: false,
        },
      }
    case 'getnetworkinfo':
      return { result: { version: 290_403, connections: 8 } }
    case 'getbestblockhash':
      return { result: tip.hash }
    case 'getblockhash': {
      const hash = hashAt(chain, Number(first))
      return hash === undefined ? notFound(-8) : { result: hash }
    }
    case 'getblockheader':
      return header(chain, String(first))
    case 'getblock': {
      const block =
        chain.blocks.find(({ hash }) => hash === first) ?? chain.stale.get(String(first))
      return block ? { result: block.hex } : notFound(-5)
    }
    case 'getdescriptoractivity':
      return { result: { activity: activity(chain, list(first), list(second)) } }
    case 'getrawtransaction': {
      const found = chain.mempool.get(String(first))
      return found ? { result: found.hex } : notFound(-5)
    }
    case 'gettxspendingprevout':
      return { result: Array.isArray(first) ? first.map((each) => spending(chain, each)) : [] }
    case 'gettxout': {
      const outpoint = `${first}:${second}`
      const spent = chain.blocks.some((block) =>
        block.transactions.some((t) => spends(t, outpoint)),
      )
      return { result: spent ? null : { value: 1 } }
    }
    case 'getmempoolentry':
      return chain.mempool.has(String(first)) ? { result: {} } : notFound(-5)
    default:
      return notFound(-32601)
  }
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function hashAt(chain: TapeChain, height: number): string | undefined {
  if (height === 0) return PARAMETERS.regtest.genesis
  if (height === chain.start.height) return chain.start.hash
  return chain.blocks.find((block) => block.height === height)?.hash
}

function header(chain: TapeChain, hash: string): object {
  const { height: top } = chain.tip()
  if (hash === chain.start.hash) {
    const { height } = chain.start
    return { result: { hash, height, confirmations: top - height + 1 } }
  }
  const block = chain.blocks.find((each) => each.hash === hash)
  const known = block ?? chain.stale.get(hash)
  if (!known) return notFound(-5)
  const { height, prev, time } = known
  const confirmations = block ? top - height + 1 : -1
  return { result: { hash, height, confirmations, time, previousblockhash: prev } }
}

function activity(chain: TapeChain, blocks: string[], descriptors: string[]): object[] {
  const wanted = new Set(descriptors.map((each) => each.slice('raw('.length, -1)))
  const of = (transaction: Transaction, where: object) =>
    transaction.outputs.flatMap(({ script, sat }, vout) => {
      const hex = script.toString('hex')
      const { txid } = transaction
      const common = { type: 'receive', amount: sat / 1e8, txid, vout, output_spk: { hex } }
      return wanted.has(hex) ? [{ ...common, ...where }] : []
    })
  return [
    ...chain.blocks
      .filter(({ hash }) => blocks.includes(hash))
      .flatMap(({ hash, height, transactions }) =>
        transactions.flatMap((each) => of(each, { blockhash: hash, height })),
      ),
    ...[...chain.mempool.values()].flatMap(({ transaction }) => of(transaction, {})),
  ]
}

function spends(transaction: Transaction, outpoint: string): boolean {
  return transaction.inputs.some((input) => outpointOf(input) === outpoint)
}

function spending(chain: TapeChain, { txid, vout }: { txid: string; vout: number }): object {
  const rival = [...chain.mempool.values()].find(({ transaction }) =>
    spends(transaction, `${txid}:${vout}`),
  )
  return { txid, vout, ...(rival && { spendingtxid: rival.transaction.txid }) }
}

function esplora(chain: TapeChain, path: string): OutgoingAnswer {
  const [, kind, name = '', what, more] = path.split('/')
  const tip = chain.tip()
  const json = (value: object) => answer(200, JSON.stringify(value))
  const missing = answer(404, 'Not found')
  if (path === '/blocks/tip/hash') return answer(200, tip.hash)
  if (path === '/blocks/tip/height') return answer(200, String(tip.height))
  if (kind === 'block-height') {
    const hash = hashAt(chain, Number(name))
    return hash === undefined ? missing : answer(200, hash)
  }
  if (kind === 'block') {
    const block = chain.blocks.find(({ hash }) => hash === name)
    if (what === 'status') return json({ in_best_chain: block !== undefined })
    const known = block ?? chain.stale.get(name)
    if (what === undefined) return known ? json({ id: name, height: known.height }) : missing
    if (!block) return missing
    if (what === 'header') return answer(200, block.hex.slice(0, 160))
    return { status: 200, headers: {}, body: Buffer.from(block.hex, 'hex') }
  }
  if (kind === 'address') {
    const script = readAddress(name, 'regtest')?.script
    const pays = ({ outputs }: Transaction) =>
      outputs.some((output) => script && output.script.equals(script))
    return json(
      everything(chain)
        .filter(({ transaction }) => pays(transaction))
        .map(({ transaction, status }) => ({ txid: transaction.txid, status })),
    )
  }
  const found = everything(chain).find(({ transaction }) => transaction.txid === name)
  if (what === 'outspend') {
    const spender = everything(chain).find(({ transaction }) =>
      spends(transaction, `${name}:${more}`),
    )
    if (!spender) return json({ spent: false })
    return json({ spent: true, txid: spender.transaction.txid, status: spender.status })
  }
  if (!found) return missing
  if (what === 'status') return json(found.status)
  if (what === 'hex') return answer(200, found.hex)
  return found.block ? json(proofOf(found.block.transactions, name, found.block.height)) : missing
}

/** Unconfirmed ones first, then the newest block. */
function everything(chain: TapeChain) {
  return [
    ...[...chain.mempool.values()].map(({ transaction, hex }) => ({
      transaction,
      hex,
      block: undefined,
      status: { confirmed: false },
    })),
    ...chain.blocks.toReversed().flatMap((block) =>
      block.transactions.map((transaction) => ({
        transaction,
        // The node keeps a confirmed transaction inside its block only.
        hex: chain.raw.get(transaction.txid) ?? rawFrom(block.hex, transaction),
        block,
        status: {
          confirmed: true,
          block_height: block.height,
          block_hash: block.hash,
          block_time: block.time,
        },
      })),
    ),
  ]
}

/** Cuts a transaction out of its block by trying where its id comes out. */
function rawFrom(block: string, { txid, weight, vsize }: Transaction): string {
  const bytes = Buffer.from(block, 'hex')
  for (let start = 81; start < bytes.length; start += 1) {
    for (
      let end = start + 60;
      end <= Math.min(bytes.length, start + Math.max(weight, vsize));
      end += 1
    ) {
      if (idOf(bytes.subarray(start, end)) === txid)
        return bytes.subarray(start, end).toString('hex')
    }
  }
  return ''
}

function idOf(raw: Buffer): string | undefined {
  return parseTransaction(raw)?.txid
}

function proofOf(transactions: readonly Transaction[], txid: string, height: number): object {
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  let level: Buffer[] = transactions.map((each) => Buffer.from(each.txid, 'hex').reverse())
  let at = transactions.findIndex((each) => each.txid === txid)
  const pos = at
  const merkle: string[] = []
  while (level.length > 1) {
    const other = level[at ^ 1] ?? level[at]
    if (other) merkle.push(Buffer.from(other).reverse().toString('hex'))
    const next: Buffer[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] ?? Buffer.alloc(0)
      next.push(hash(hash(Buffer.concat([left, level[i + 1] ?? left]))))
    }
    level = next
    at >>= 1
  }
  return { block_height: height, merkle, pos }
}

/** Fields of an account of the scenarios' key on regtest, with a node. */
export function nodeFields(key: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    network: 'regtest',
    key,
    core_urls: NODE_URL,
    core_user: 'hub',
    core_password: 'secret',
    ...more,
  }
}

/** Prices as the three tickers and the bank write them. */
export function setPrices(
  world: World,
  prices: { bid: string; ask: string; at: Milliseconds },
): void {
  const { bid, ask, at } = prices
  for (const currency of ['USD', 'EUR', 'GBP']) {
    const kraken = {
      error: [],
      result: { [`XXBTZ${currency}`]: { a: [ask, '1', '1'], b: [bid, '1', '1'] } },
    }
    world.answers.set(
      `https://api.kraken.com/0/public/Ticker?pair=XBT${currency}`,
      JSON.stringify(kraken),
    )
    world.answers.set(
      `https://www.bitstamp.net/api/v2/ticker/btc${currency.toLowerCase()}`,
      JSON.stringify({ bid, ask, timestamp: String(Math.floor(at / 1000)) }),
    )
    world.answers.set(
      `https://api.exchange.coinbase.com/products/BTC-${currency}/ticker`,
      JSON.stringify({ bid, ask, price: bid, time: new Date(at).toISOString() }),
    )
  }
  const day = new Date(at).toISOString().slice(0, 10)
  world.answers.set(
    'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml',
    `<gesmes:Envelope><Cube><Cube time='${day}'><Cube currency='CNY' rate='7.8125'/><Cube currency='JPY' rate='160.5'/></Cube></Cube></gesmes:Envelope>`,
  )
}
