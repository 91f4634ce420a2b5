// A Bitcoin Core node as source of the chain, without its wallet (sheet 3.3). The node says where to
// look; what pays is read from the raw bytes.

import { isObject, type JsonObject, type JsonValue } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import { parseBlock } from './block.ts'
import { hex, isHash, readHex } from './bytes.ts'
import type { Look, SeenTransaction } from './invoice.ts'
import { type Network, PARAMETERS } from './networks.ts'
import { call, callMany, type RpcServer, tryCall } from './rpc.ts'
import {
  type ChainSource,
  type Cursor,
  type Known,
  type Looked,
  must,
  refuseLagging,
  refuseStaleTip,
  SourceError,
  type SourceStatus,
} from './source.ts'
import { parseTransaction } from './transaction.ts'
import { type LookedTransaction, seenIn } from './watched.ts'

/** How the node names each network. */
const CHAIN: Readonly<Record<Network, string>> = {
  main: 'main',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
}

/** getdescriptoractivity came with version 29. */
const MIN_VERSION = 290_000

/** Two days of blocks in one question; the node reads each of them from its disk. */
const MAX_BLOCKS = 288

/** A cursor's block that the node never saw: go back this far instead. */
const BLIND_STEP_BACK = 100

/** Deeper reorganizations than this are looked into by a person. */
const MAX_REORG = 2016

export function createCore(server: RpcServer, network: Network): ChainSource {
  const rpc = (ports: Ports, method: string, params: JsonValue[] = []) =>
    call(ports, server, method, params)

  async function status(ports: Ports): Promise<SourceStatus> {
    const info = must(object(await rpc(ports, 'getblockchaininfo')), 'chain state')
    if (info.chain !== CHAIN[network]) {
      throw new SourceError('wrong_network', `the node follows ${JSON.stringify(info.chain)}`)
    }
    const height = must(count(info.blocks), 'height')
    const headers = must(count(info.headers), 'count of headers')
    const hash = must(isHash(info.bestblockhash) && info.bestblockhash, 'block hash')
    const tipTime = must(count(info.time), 'time')
    if (info.initialblockdownload !== false || headers - height > 2) {
      throw new SourceError('not_ready', `the node has ${height} of ${headers} blocks`)
    }
    refuseStaleTip(ports, network, tipTime)
    return { tip: { height, hash } }
  }

  async function header(ports: Ports, hash: string): Promise<Header | undefined> {
    const answer = await tryCall(ports, server, 'getblockheader', [hash])
    return 'result' in answer ? readHeader(answer.result) : undefined
  }

  /** The block that both the cursor and the best chain descend from. */
  async function fork(ports: Ports, cursor: Cursor, tip: Cursor): Promise<number> {
    let at = await header(ports, cursor.hash)
    if (!at) {
      refuseLagging(tip, cursor)
      return Math.max(0, cursor.height - BLIND_STEP_BACK)
    }
    for (let steps = 0; at.confirmations < 1; steps += 1) {
      if (steps > MAX_REORG) throw new SourceError('malformed', 'no common block')
      at = must(await header(ports, must(at.previous, 'previous block')), 'header')
    }
    return at.height
  }

  async function hashes(ports: Ports, from: number, to: number): Promise<string[]> {
    const heights = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    const calls = heights.map((height) => ({ method: 'getblockhash', params: [height] }))
    const answers = await callMany(ports, server, calls)
    return answers.map((answer) =>
      must('result' in answer && isHash(answer.result) && answer.result, 'block hash'),
    )
  }

  async function lookAt(ports: Ports, known: Known): Promise<Looked> {
    for (const isLast of [false, true]) {
      const looked = await lookOnce(ports, known)
      // A block that came meanwhile takes transactions out of the mempool: they are not gone.
      const { tip, missing, look } = looked
      if (missing.length === 0) return { ...looked, look }
      if ((await rpc(ports, 'getbestblockhash')) === tip.hash) {
        const spentBy = await findSpenders(ports, missing)
        return { ...looked, look: { ...look, spentBy } }
      }
      if (isLast) break
    }
    throw new SourceError('busy', 'the chain moved while it was looked at')
  }

  async function lookOnce(ports: Ports, known: Known) {
    const { tip } = await status(ports)
    const from = (await fork(ports, known.cursor, tip)) + 1
    const to = Math.min(tip.height, from + MAX_BLOCKS - 1)
    const range = await hashes(ports, from, to)
    const hints = await onBestChain(ports, known.hints)
    const scanned = [...new Set([...hints, ...range])]
    const found = await activity(ports, scanned, [known.script], true)
    const complete = to === tip.height
    // The range was asked for by height: another tip would be the start of a gap.
    if (complete && range.length > 0 && range.at(-1) !== tip.hash) {
      throw new SourceError('busy', 'the chain moved while it was looked at')
    }
    const stillThere = await confirmedAgain(ports, known.transactions)
    const fromBlocks = await readBlocks(ports, found.blocks, known.script)
    const unconfirmed = await readMempool(ports, found.mempool, known)
    const byId = new Map([...unconfirmed, ...stillThere, ...fromBlocks].map((t) => [t.txid, t]))
    const absent = known.transactions.filter(({ txid }) => !byId.has(txid))
    // What left the mempool may stand in a block that is yet to be looked at.
    if (!complete) for (const each of waiting(absent)) byId.set(each.txid, each)
    const missing = complete ? absent : []
    const look: Omit<Look, 'catchUp'> = {
      tipHeight: tip.height,
      transactions: [...byId.values()],
      spentBy: complete ? new Map() : spendersKnown(absent),
      left: await leftBehind(ports, known),
    }
    const last = range.at(-1)
    const cursor = last === undefined ? tip : { height: to, hash: last }
    return { look, cursor, complete, tip, missing }
  }

  async function onBestChain(ports: Ports, blocks: readonly string[]): Promise<string[]> {
    const calls = blocks.map((hash) => ({ method: 'getblockheader', params: [hash] }))
    const headers = await callMany(ports, server, calls)
    return blocks.filter((_, i) => {
      const answer = headers[i]
      return answer && 'result' in answer && readHeader(answer.result).confirmations > 0
    })
  }

  /** Blocks of known transactions that are not kept one by one, and that stand no more. */
  async function leftBehind(ports: Ports, { folded }: Known): Promise<Set<string>> {
    const hashes = [...new Set(folded.blocks.map(({ hash }) => hash))].filter((hash) => hash !== '')
    const stand = new Set(await onBestChain(ports, hashes))
    return new Set(hashes.filter((hash) => !stand.has(hash)))
  }

  /** Known transactions whose blocks still stand. */
  async function confirmedAgain(
    ports: Ports,
    transactions: readonly SeenTransaction[],
  ): Promise<LookedTransaction[]> {
    const placed = transactions.flatMap((each) =>
      each.place.in === 'block' ? [{ ...each, place: each.place }] : [],
    )
    const blocks = [...new Set(placed.map(({ place }) => place.hash))]
    const standing = new Set(await onBestChain(ports, blocks))
    return placed.filter(({ place }) => standing.has(place.hash))
  }

  /** Which blocks and unconfirmed transactions pay one of the scripts. */
  async function activity(
    ports: Ports,
    blocks: readonly string[],
    scripts: readonly Buffer[],
    mempool: boolean,
  ) {
    const descriptors = scripts.map((script) => `raw(${hex(script)})`)
    const answer = object(
      await rpc(ports, 'getdescriptoractivity', [[...blocks], descriptors, mempool]),
    )
    const entries = must(Array.isArray(answer?.activity) && answer.activity, 'activity')
    const receives = entries.filter(isObject).filter(({ type }) => type === 'receive')
    const inBlocks = new Set<string>()
    const unconfirmed = new Map<string, Set<string>>()
    for (const { blockhash, txid, output_spk: output } of receives) {
      const script = must(isObject(output) && text(output.hex), 'script')
      const id = must(isHash(txid) && txid, 'transaction id')
      if (blockhash === undefined) {
        unconfirmed.set(script, (unconfirmed.get(script) ?? new Set()).add(id))
      } else inBlocks.add(must(isHash(blockhash) && blockhash, 'block hash'))
    }
    return { blocks: [...inBlocks], mempool: unconfirmed }
  }

  async function rawBlock(ports: Ports, hash: string): Promise<Buffer> {
    return must(readHex(must(text(await rpc(ports, 'getblock', [hash, 0])), 'block')), 'block')
  }

  async function readBlocks(
    ports: Ports,
    blocks: readonly string[],
    script: Buffer,
  ): Promise<LookedTransaction[]> {
    const all: LookedTransaction[] = []
    for (const hash of blocks) {
      const block = must(parseBlock(await rawBlock(ports, hash)), 'block')
      const { height } = must(await header(ports, hash), 'header')
      if (block.hash !== hash) throw new SourceError('malformed', 'another block than asked for')
      const place = { in: 'block', height, hash, time: block.time } as const
      all.push(...block.transactions.flatMap((each) => seenIn(each, script, place)))
    }
    return all
  }

  async function readMempool(
    ports: Ports,
    found: ReadonlyMap<string, ReadonlySet<string>>,
    known: Known,
  ): Promise<LookedTransaction[]> {
    const all: LookedTransaction[] = []
    for (const txid of found.get(hex(known.script)) ?? []) {
      const before = known.transactions.find((each) => each.txid === txid)
      if (before) all.push({ ...before, place: { in: 'mempool' } })
      else {
        const answer = await tryCall(ports, server, 'getrawtransaction', [txid, 0])
        // It may have left since; the next question sees where it went.
        if ('error' in answer) continue
        const bytes = must(readHex(must(text(answer.result), 'transaction')), 'transaction')
        const transaction = must(parseTransaction(bytes), 'transaction')
        if (transaction.txid !== txid) {
          throw new SourceError('malformed', 'another transaction than asked for')
        }
        all.push(...seenIn(transaction, known.script, { in: 'mempool' }))
      }
    }
    return all
  }

  /** Where the coins of transactions that are gone were spent instead. */
  async function findSpenders(ports: Ports, gone: readonly SeenTransaction[]) {
    const spentBy = new Map<string, 'mempool' | 'chain'>()
    for (const { txid, inputs, coinbase } of gone) {
      if (coinbase) continue
      const place = await spenderOf(ports, inputs.map(readOutpoint))
      if (place) spentBy.set(txid, place)
    }
    return spentBy
  }

  async function spenderOf(ports: Ports, inputs: readonly Outpoint[]) {
    const answer = await rpc(ports, 'gettxspendingprevout', [inputs.map((each) => ({ ...each }))])
    const spends = must(Array.isArray(answer) && answer, 'spends')
    if (spends.some((each) => isObject(each) && isHash(each.spendingtxid))) return 'mempool'
    const calls = inputs.map(({ txid, vout }) => ({
      method: 'gettxout',
      params: [txid, vout, false],
    }))
    const outputs = await callMany(ports, server, calls)
    const absent = inputs.filter((_, i) => {
      const output = outputs[i]
      return output && 'result' in output && output.result === null
    })
    // A coin of an unconfirmed parent is not in the chain's set either, and is not spent for that.
    const parents = await callMany(
      ports,
      server,
      absent.map(({ txid }) => ({ method: 'getmempoolentry', params: [txid] })),
    )
    return parents.some((parent) => 'error' in parent) ? 'chain' : undefined
  }

  async function holds(ports: Ports, txid: string, block: { hash: string; height: number }) {
    if ((await onBestChain(ports, [block.hash])).length === 0) return false
    const parsed = parseBlock(await rawBlock(ports, block.hash))
    return parsed?.hash === block.hash && parsed.transactions.some((each) => each.txid === txid)
  }

  async function hashAt(ports: Ports, height: number) {
    const answer = await tryCall(ports, server, 'getblockhash', [height])
    return 'result' in answer && isHash(answer.result) ? answer.result : undefined
  }

  async function mempoolOf(ports: Ports, scripts: readonly Buffer[]) {
    const { mempool } = await activity(ports, [], scripts, true)
    return new Map([...mempool].map(([script, ids]) => [script, [...ids]]))
  }

  async function checkedStatus(ports: Ports): Promise<SourceStatus> {
    const known = await status(ports)
    const version = count(object(await rpc(ports, 'getnetworkinfo'))?.version)
    if ((version ?? 0) < MIN_VERSION) throw new SourceError('too_old', `version ${version}`)
    if ((await hashAt(ports, 0)) !== PARAMETERS[network].genesis) {
      throw new SourceError('wrong_network', 'the node has another first block')
    }
    return known
  }

  const name = new URL(server.url).origin
  return { kind: 'core', name, status: checkedStatus, lookAt, holds, hashAt, rawBlock, mempoolOf }
}

/** Those that were live, as waiting. */
function waiting(transactions: readonly SeenTransaction[]): LookedTransaction[] {
  return transactions
    .filter(({ place }) => place.in !== 'nowhere')
    .map((each) => ({ ...each, place: { in: 'mempool' } }))
}

function spendersKnown(transactions: readonly SeenTransaction[]) {
  const known = new Map<string, 'mempool' | 'chain'>()
  for (const { txid, place } of transactions) {
    if (place.in === 'nowhere' && place.spentBy !== 'nobody') known.set(txid, place.spentBy)
  }
  return known
}

interface Header {
  height: number
  confirmations: number
  previous: string | undefined
}

interface Outpoint {
  txid: string
  vout: number
}

function readHeader(value: JsonValue | undefined): Header {
  const header = must(object(value), 'header')
  const { confirmations, previousblockhash } = header
  return {
    height: must(count(header.height), 'height'),
    confirmations: must(typeof confirmations === 'number' && confirmations, 'confirmations'),
    previous: isHash(previousblockhash) ? previousblockhash : undefined,
  }
}

function readOutpoint(outpoint: string): Outpoint {
  const [txid = '', vout] = outpoint.split(':')
  return { txid, vout: Number(vout) }
}

function object(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function count(value: JsonValue | undefined): number | undefined {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 ? value : undefined
}
