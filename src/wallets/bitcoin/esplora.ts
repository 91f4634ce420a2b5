// An Esplora server as source of the chain (sheet 3.4). It is somebody else's node: transactions are
// parsed here, and a confirmation counts only with a proof that leads to its block.

import { isObject, type JsonObject, type JsonValue, parseJson } from '../../encoding/json.ts'
import type { OutgoingAnswer, Ports } from '../../ports.ts'
import { merkleRootFrom, parseHeader } from './block.ts'
import { isHash, readHex } from './bytes.ts'
import { isFolded, type SeenTransaction } from './invoice.ts'
import { type Network, PARAMETERS } from './networks.ts'
import {
  ask,
  type ChainSource,
  type Known,
  type Looked,
  must,
  refuseLagging,
  refuseStaleTip,
  SourceError,
  type SourceStatus,
  textOf,
} from './source.ts'
import { parseTransaction } from './transaction.ts'
import { type LookedTransaction, seenIn } from './watched.ts'

/** The server shows no more unconfirmed transactions of one address than this. */
const MEMPOOL_CAP = 50
const PAGE = 25
/** Pages of older transactions that one question may cost. */
const MAX_PAGES = 40
const TIMEOUT_MS = 10_000
/** How long a server is taken to follow the same chain: public ones count the questions. */
const GENESIS_MS = 3_600_000

export function createEsplora(baseUrl: string, network: Network): ChainSource {
  const base = baseUrl.replace(/\/+$/, '')

  async function get(ports: Ports, path: string, maxBytes?: number): Promise<OutgoingAnswer> {
    const answer = await ask(ports, {
      method: 'GET',
      url: `${base}${path}`,
      headers: { accept: '*/*' },
      timeoutMs: TIMEOUT_MS,
      ...(maxBytes !== undefined && { maxBytes }),
    })
    if (answer.status === 429) throw new SourceError('busy', 'the server answers 429')
    if ([401, 403].includes(answer.status)) {
      throw new SourceError('unauthorized', `the server answers ${answer.status}`)
    }
    if (answer.status !== 200 && answer.status !== 404) {
      throw new SourceError('unreachable', `the server answers ${answer.status}`)
    }
    return answer
  }

  /** The text at a path, or undefined for 404. */
  async function text(ports: Ports, path: string): Promise<string | undefined> {
    const answer = await get(ports, path)
    return answer.status === 200 ? textOf(answer).trim() : undefined
  }

  async function json(ports: Ports, path: string): Promise<JsonValue | undefined> {
    const answer = await get(ports, path, 4 * 1024 * 1024)
    if (answer.status === 404) return undefined
    return must(parseJson(textOf(answer)), 'JSON')
  }

  async function hashAt(ports: Ports, height: number): Promise<string | undefined> {
    const hash = await text(ports, `/block-height/${height}`)
    return isHash(hash) ? hash : undefined
  }

  async function blockHeader(ports: Ports, hash: string) {
    const bytes = readHex(must(await text(ports, `/block/${hash}/header`), 'header'))
    const header = must(bytes && parseHeader(bytes), 'header')
    if (header.hash !== hash) throw new SourceError('malformed', 'another header than asked for')
    return header
  }

  let genesisSeenAt = Number.NEGATIVE_INFINITY

  async function checkGenesis(ports: Ports): Promise<void> {
    const now = ports.clock.now()
    if (now >= genesisSeenAt && now < genesisSeenAt + GENESIS_MS) return
    if ((await hashAt(ports, 0)) !== PARAMETERS[network].genesis) {
      throw new SourceError('wrong_network', 'the server has another first block')
    }
    genesisSeenAt = now
  }

  async function status(ports: Ports): Promise<SourceStatus> {
    await checkGenesis(ports)
    const hash = must(await text(ports, '/blocks/tip/hash'), 'tip')
    const height = Number(must(await text(ports, '/blocks/tip/height'), 'height'))
    if (!isHash(hash) || !Number.isSafeInteger(height) || height < 0) {
      throw new SourceError('malformed', 'the tip cannot be read')
    }
    if (network === 'main') refuseStaleTip(ports, network, (await blockHeader(ports, hash)).time)
    return { tip: { height, hash } }
  }

  async function lookAt(ports: Ports, known: Known): Promise<Looked> {
    const { tip } = await status(ports)
    const isLower = tip.height < known.cursor.height
    if (isLower && (await json(ports, `/block/${known.cursor.hash}`)) === undefined) {
      refuseLagging(tip, known.cursor)
    }
    const { entries, complete, isWhole } = await history(ports, known)
    const left = await leftBehind(ports, known)
    const blocks = known.folded.blocks.filter(({ hash }) => !left.has(hash))
    const folded = { ...known.folded, blocks }
    const transactions: LookedTransaction[] = []
    for (const entry of entries) {
      transactions.push(...(await readEntry(ports, entry, { ...known, folded })))
    }
    const shown = new Set(transactions.map(({ txid }) => txid))
    const gone = known.transactions.filter(({ txid }) => !shown.has(txid))
    const spentBy = new Map<string, 'mempool' | 'chain'>()
    for (const each of gone) {
      const place = await whereIs(ports, each)
      // The list was cut, or older than the pages that were read.
      if (place.in !== 'nowhere') transactions.push({ ...each, place })
      else if (place.spentBy !== 'nobody') spentBy.set(each.txid, place.spentBy)
    }
    const look = { tipHeight: tip.height, transactions, spentBy, left }
    return { look, cursor: isWhole ? tip : known.cursor, complete }
  }

  /** Blocks of known transactions that are not kept one by one, and that stand no more. */
  async function leftBehind(ports: Ports, { folded }: Known): Promise<Set<string>> {
    const left = new Set<string>()
    for (const hash of new Set(folded.blocks.map((each) => each.hash))) {
      if (hash !== '' && !(await isOnBestChain(ports, hash))) left.add(hash)
    }
    return left
  }

  async function isOnBestChain(ports: Ports, hash: string): Promise<boolean> {
    const answer = await json(ports, `/block/${hash}/status`)
    return isObject(answer) && answer.in_best_chain === true
  }

  /** The address's transactions, newest first, back to the block up to which all are known. */
  async function history(ports: Ports, known: Known) {
    const first = await page(ports, `/address/${known.address}/txs`)
    let entries = [...first]
    let confirmed = first.filter(({ block }) => block !== undefined)
    const unconfirmed = first.length - confirmed.length
    let through: number | undefined
    let isWhole = confirmed.length < PAGE
    for (let pages = 1; !isWhole && pages < MAX_PAGES; pages += 1) {
      const last = confirmed.at(-1)
      through ??= (await isOnBestChain(ports, known.cursor.hash)) ? known.cursor.height : -1
      isWhole = !last?.block || last.block.height <= through
      if (isWhole || !last) break
      confirmed = await page(ports, `/address/${known.address}/txs/chain/${last.txid}`)
      entries.push(...confirmed)
      isWhole = confirmed.length < PAGE
    }
    if (!isWhole) {
      // A block whose transactions are not all there is left for the next question.
      const lowest = entries.at(-1)?.block?.height
      entries = entries.filter(({ block }) => !block || block.height !== lowest)
    }
    // Somebody who sends dust could hide a payment behind the end of the list.
    return { entries, complete: isWhole && unconfirmed < MEMPOOL_CAP, isWhole }
  }

  async function page(ports: Ports, path: string): Promise<Entry[]> {
    const answer = must(await json(ports, path), 'list of transactions')
    return must(Array.isArray(answer) && answer, 'list of transactions').map(readListed)
  }

  async function readEntry(ports: Ports, entry: Entry, known: Known): Promise<LookedTransaction[]> {
    const before = known.transactions.find(({ txid }) => txid === entry.txid)
    if (!before && entry.block && isFolded(known.folded, { in: 'block', ...entry.block })) return []
    const place = await placeOf(ports, entry, before)
    if (before) return [{ ...before, place }]
    const raw = await text(ports, `/tx/${entry.txid}/hex`)
    // Gone since the list was made.
    if (raw === undefined) return []
    const bytes = must(readHex(raw), 'transaction')
    const transaction = must(parseTransaction(bytes), 'transaction')
    if (transaction.txid !== entry.txid) {
      throw new SourceError('malformed', 'another transaction than asked for')
    }
    return seenIn(transaction, known.script, place)
  }

  async function placeOf(ports: Ports, entry: Entry, before: SeenTransaction | undefined) {
    const { block, txid } = entry
    if (!block) return { in: 'mempool' } as const
    const proven = before?.place.in === 'block' && before.place.hash === block.hash
    const time = proven && before.place.in === 'block' ? before.place.time : undefined
    if (time !== undefined) {
      await refuseStale(ports, block.hash)
      return { in: 'block', ...block, time } as const
    }
    return { in: 'block', ...block, time: await prove(ports, txid, block) } as const
  }

  async function refuseStale(ports: Ports, hash: string): Promise<void> {
    if (!(await isOnBestChain(ports, hash))) {
      throw new SourceError('busy', 'the server names a block outside its best chain')
    }
  }

  /** Follows the branch from the transaction to its block's header; the block's time. */
  async function prove(ports: Ports, txid: string, block: { hash: string; height: number }) {
    await refuseStale(ports, block.hash)
    const proof = must(await json(ports, `/tx/${txid}/merkle-proof`), 'proof')
    const { block_height: height, merkle, pos } = isObject(proof) ? proof : {}
    const branch = must(Array.isArray(merkle) && merkle, 'branch').map((each) =>
      must(isHash(each) && each, 'branch'),
    )
    const { merkleRoot, time } = await blockHeader(ports, block.hash)
    const root = typeof pos === 'number' ? merkleRootFrom(txid, pos, branch) : undefined
    if (height !== block.height || root !== merkleRoot) {
      throw new SourceError('malformed', 'the proof does not lead to the block')
    }
    return time
  }

  /** Where a known transaction stands that the list does not show. */
  async function whereIs(ports: Ports, each: SeenTransaction): Promise<SeenTransaction['place']> {
    const answer = await json(ports, `/tx/${each.txid}/status`)
    if (answer !== undefined) {
      const entry = readListed({ txid: each.txid, status: answer })
      return placeOf(ports, entry, each)
    }
    for (const outpoint of each.coinbase ? [] : each.inputs) {
      const [txid, vout] = outpoint.split(':')
      const spend = await json(ports, `/tx/${txid}/outspend/${vout}`)
      if (!isObject(spend) || spend.spent !== true || spend.txid === each.txid) continue
      const inChain = isObject(spend.status) && spend.status.confirmed === true
      return { in: 'nowhere', spentBy: inChain ? 'chain' : 'mempool' }
    }
    return { in: 'nowhere', spentBy: 'nobody' }
  }

  async function holds(ports: Ports, txid: string, block: { hash: string; height: number }) {
    const answer = await json(ports, `/tx/${txid}/status`)
    if (answer === undefined) return false
    const { block: told } = readListed({ txid, status: answer })
    if (told?.hash !== block.hash) return false
    await prove(ports, txid, block)
    return true
  }

  async function rawBlock(ports: Ports, hash: string): Promise<Buffer> {
    const answer = await get(ports, `/block/${hash}/raw`, 5 * 1024 * 1024)
    if (answer.status !== 200) throw new SourceError('malformed', 'the server has no such block')
    return Buffer.from(answer.body)
  }

  return { kind: 'esplora', name: new URL(base).origin, status, lookAt, holds, hashAt, rawBlock }
}

interface Entry {
  txid: string
  /** Undefined while unconfirmed. */
  block: { height: number; hash: string } | undefined
}

function readListed(value: JsonValue): Entry {
  const entry = must(isObject(value) && value, 'transaction')
  const txid = must(isHash(entry.txid) && entry.txid, 'transaction id')
  const status: JsonObject = must(isObject(entry.status) && entry.status, 'status')
  if (status.confirmed === false) return { txid, block: undefined }
  const { block_height: height, block_hash: hash } = status
  if (status.confirmed !== true || !isHash(hash) || typeof height !== 'number') {
    throw new SourceError('malformed', 'a status that says nothing')
  }
  return { txid, block: { height, hash } }
}
