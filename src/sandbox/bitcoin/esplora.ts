// Esplora's REST interface to the same chain (Blockstream/esplora, API.md).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { breakDown, cutOff, HTML, wait } from './breakdown.ts'
import { fromHex, isHash, sha256 } from './bytes.ts'
import { blockOfHash, type Chain, type Found, find, tipOf } from './chain.ts'
import {
  historyOf,
  viewBlock,
  viewBlockStatus,
  viewCoins,
  viewProof,
  viewSpend,
  viewStatus,
  viewSums,
  viewTransaction,
} from './esplora-views.ts'
import { scriptOf } from './script.ts'
import { isCoinbase, parseTransaction, vsizeOf } from './transaction.ts'
import type { World } from './world.ts'

const DEFAULT_SILENCE_SECONDS = 40
const MEMPOOL_CAP = 50
const PAGE = 25
const BLOCKS = 10
const MAIN_GENESIS = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

type Body = string | Buffer | object

/** A refusal as the server words it. */
class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Question {
  world: World
  chain: Chain
  /** The parts of the path. */
  parts: readonly string[]
  struck(kind: string): boolean
}

/** Serves `/bitcoin/esplora/*`. In a scope of its own: what is posted is a text. */
export function addEsplora(app: FastifyInstance, world: World): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  const path = '/bitcoin/esplora/*'
  app.get(path, (request, reply) => answer(world, request, reply, ask))
  app.post(path, (request, reply) =>
    answer(world, request, reply, (question) => {
      if (question.parts.join('/') !== 'tx') throw new Refused(404, 'endpoint does not exist')
      return broadcast(question.world, String(request.body ?? ''))
    }),
  )
}

async function answer(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  perform: (question: Question) => Body,
): Promise<FastifyReply> {
  const [path = ''] = request.url.slice('/bitcoin/esplora/'.length).split('?')
  const parts = path.split('/').filter((part) => part !== '')
  const operation = parts[0] ?? ''
  const struck = (kind: string) => world.struck(kind, operation)
  const silence = struck('esplora_hangs')
  if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
  if (struck('esplora_down')) return breakDown(reply)
  const text = (status: number, words: string) => reply.code(status).type('text/plain').send(words)
  if (struck('esplora_429')) return text(429, 'Too Many Requests')
  if (struck('esplora_404')) return text(404, 'Not found')
  if (struck('esplora_5xx')) return reply.code(502).type('text/html').send(HTML)
  if (struck('esplora_garbage')) return reply.type('text/html').send(HTML)
  try {
    const chain = world.seenBy('esplora', operation)
    const is = (kind: string) => struck(kind) !== undefined
    const body = perform({ world, chain, parts, struck: is })
    if (struck('esplora_lost_after')) return breakDown(reply)
    if (struck('esplora_cut'))
      return cutOff(reply, typeof body === 'string' ? body : JSON.stringify(body))
    if (Buffer.isBuffer(body)) return reply.type('application/octet-stream').send(body)
    if (typeof body === 'string') return reply.type('text/plain').send(body)
    return reply.type('application/json').send(JSON.stringify(body))
  } catch (error) {
    if (error instanceof Refused) return text(error.status, error.message)
    throw error
  }
}

function broadcast({ node }: World, hex: string): string {
  const transaction = parseTransaction(fromHex(hex.trim()) ?? Buffer.alloc(0))
  const refused = (code: number, message: string) =>
    new Refused(400, `sendrawtransaction RPC error: ${JSON.stringify({ code, message })}`)
  if (!transaction) {
    throw refused(-22, 'TX decode failed. Make sure the tx has at least one input.')
  }
  const verdict = node.submit(transaction)
  if (!('code' in verdict)) return verdict.txid
  const { reason, detail } = verdict
  throw refused(verdict.code, detail === undefined ? reason : `${reason}, ${detail}`)
}

function ask(question: Question): Body {
  switch (question.parts[0]) {
    case 'blocks':
      return askBlocks(question)
    case 'block':
      return askBlock(question)
    case 'block-height':
      return askHeight(question)
    case 'tx':
      return askTransaction(question)
    case 'address':
    case 'scripthash':
      return askScript(question)
    case 'mempool':
      return askMempool(question)
    case 'fee-estimates':
      return FEE_ESTIMATES
    default:
      throw new Refused(404, 'endpoint does not exist')
  }
}

/** Satoshi per virtual byte by the blocks one is ready to wait. */
const FEE_ESTIMATES = { 1: 10, 2: 5, 3: 5, 6: 2, 12: 1, 25: 1, 144: 1, 1008: 1 }

function askBlocks({ chain, parts: [, first, second] }: Question): Body {
  const tip = tipOf(chain)
  if (first === 'tip') return second === 'hash' ? tip.hash : String(tip.height)
  const top = first === undefined ? tip.height : Math.min(Number(first), tip.height)
  if (!Number.isSafeInteger(top) || top < 0) throw new Refused(400, 'Invalid block height')
  const heights = Array.from({ length: Math.min(BLOCKS, top + 1) }, (_, i) => top - i)
  return heights.map((each) => viewBlock(chain, blockOfHash(chain, chain.best[each] ?? '')))
}

function askHeight({ chain, parts: [, written = ''], struck }: Question): Body {
  const hash = /^\d{1,9}$/.test(written) ? chain.best[Number(written)] : undefined
  if (hash === undefined) throw new Refused(404, 'Block not found')
  return written === '0' && struck('esplora_wrong_network') ? MAIN_GENESIS : hash
}

function askBlock({ chain, parts: [, hash = '', what, more] }: Question): Body {
  const block = chain.blocks.get(hashIn(hash))
  if (!block) throw new Refused(404, 'Block not found')
  const found = block.transactions.map((transaction) => ({ transaction, block }))
  switch (what) {
    case undefined:
      return viewBlock(chain, block)
    case 'status':
      return viewBlockStatus(chain, block)
    case 'header':
      return block.header.toString('hex')
    case 'raw':
      return block.raw
    case 'txids':
      return block.transactions.map(({ txid }) => txid)
    case 'txid': {
      const transaction = block.transactions[Number(more)]
      if (!transaction) throw new Refused(404, 'tx not found')
      return transaction.txid
    }
    case 'txs': {
      const start = Number(more ?? 0)
      if (start % PAGE !== 0)
        throw new Refused(400, `start index must be a multipication of ${PAGE}`)
      return found.slice(start, start + PAGE).map((each) => viewTransaction(chain, each))
    }
    default:
      throw new Refused(404, 'endpoint does not exist')
  }
}

function askTransaction({ chain, parts, struck }: Question): Body {
  const [, written = '', what, more] = parts
  const found = find(chain, hashIn(written))
  // Who spent an output may be asked of outputs nobody ever saw.
  if (what === 'outspend') return viewSpend(chain, written, Number(more ?? -1))
  if (!found) throw new Refused(404, 'Transaction not found')
  const { transaction } = found
  const shown = struck('esplora_lies') ? { ...found, block: found.block ?? tipOf(chain) } : found
  switch (what) {
    case undefined:
      return viewTransaction(chain, shown)
    case 'status':
      return viewStatus(shown.block)
    case 'hex':
      return (struck('esplora_other_bytes') ? otherThan(chain, found) : transaction).raw.toString(
        'hex',
      )
    case 'raw':
      return transaction.raw
    case 'outspends':
      return transaction.outputs.map((_, vout) => viewSpend(chain, transaction.txid, vout))
    case 'merkle-proof': {
      if (!shown.block) throw new Refused(404, 'Transaction not found or is unconfirmed')
      const proof = viewProof(shown.block, transaction.txid)
      const isFalse = struck('esplora_false_proof')
      return isFalse ? { ...proof, merkle: [...proof.merkle, transaction.txid] } : proof
    }
    default:
      throw new Refused(404, 'endpoint does not exist')
  }
}

function otherThan(chain: Chain, { transaction }: Found) {
  const all = tipOf(chain).transactions
  return all.find(({ txid }) => txid !== transaction.txid) ?? transaction
}

function askScript({ chain, parts, struck }: Question): Body {
  const [kind, name = '', what, more, last] = parts
  const script = kind === 'address' ? scriptOf(decodeURIComponent(name)) : hashed(chain, name)
  if (!script && kind === 'address') throw new Refused(400, 'Invalid Bitcoin address')
  const { waiting, confirmed } = script ? historyOf(chain, script) : NOTHING
  const show = (found: Found) =>
    viewTransaction(
      chain,
      struck('esplora_lies') ? { ...found, block: found.block ?? tipOf(chain) } : found,
    )
  const latest = waiting.slice(0, MEMPOOL_CAP)
  if (what === undefined) {
    return {
      [kind ?? '']: name,
      chain_stats: viewSums(chain, confirmed, script ?? Buffer.alloc(0)),
      mempool_stats: viewSums(chain, waiting, script ?? Buffer.alloc(0)),
    }
  }
  if (what === 'utxo') return script ? viewCoins(chain, script) : []
  if (what !== 'txs') throw new Refused(404, 'endpoint does not exist')
  if (more === 'mempool') return latest.map(show)
  if (more === 'chain') {
    const at = last === undefined ? -1 : confirmed.findIndex((f) => f.transaction.txid === last)
    if (last !== undefined && at < 0) return []
    return confirmed.slice(at + 1, at + 1 + PAGE).map(show)
  }
  return [...latest, ...confirmed.slice(0, PAGE)].map(show)
}

const NOTHING = { waiting: [], confirmed: [] }

/** The script with this SHA-256, as far as anything ever paid it. */
function hashed(chain: Chain, hash: string): Buffer | undefined {
  const wanted = hashIn(hash)
  const waiting = [...chain.mempool.values()].flatMap(({ transaction }) => transaction.outputs)
  const known = [...chain.history.keys(), ...waiting.map(({ script }) => script.toString('hex'))]
  const found = known.find((hex) => sha256(Buffer.from(hex, 'hex')).toString('hex') === wanted)
  return found === undefined ? undefined : Buffer.from(found, 'hex')
}

function askMempool({ chain, parts: [, what] }: Question): Body {
  const all = [...chain.mempool.values()].filter(({ transaction }) => !isCoinbase(transaction))
  if (what === 'txids') return all.map(({ transaction }) => transaction.txid)
  if (what === 'recent') {
    return all
      .slice(-10)
      .reverse()
      .map(({ transaction, fee }) => ({
        txid: transaction.txid,
        fee: Number(fee),
        vsize: vsizeOf(transaction),
        value: transaction.outputs.reduce((sum, { sat }) => sum + Number(sat), 0),
      }))
  }
  return {
    count: all.length,
    vsize: all.reduce((sum, { transaction }) => sum + vsizeOf(transaction), 0),
    total_fee: all.reduce((sum, { fee }) => sum + Number(fee), 0),
    fee_histogram: [],
  }
}

function hashIn(text: string): string {
  if (isHash(text)) return text
  throw new Refused(400, 'Invalid hex string')
}
