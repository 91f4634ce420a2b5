// What every source of the chain does, and how it says that it cannot.

import { decodeUtf8 } from '../../encoding/utf8.ts'
import type {
  NetworkError as Failure,
  OutgoingAnswer,
  OutgoingRequest,
  Ports,
} from '../../ports.ts'
import { NetworkError } from '../../ports.ts'
import type { Folded, Look, SeenTransaction } from './invoice.ts'
import type { Network } from './networks.ts'

/** A block that was looked at, with everything before it. */
export interface Cursor {
  height: number
  hash: string
}

/** What is already known of a script when a source is asked about it. */
export interface Known {
  script: Buffer
  address: string
  transactions: readonly SeenTransaction[]
  /** Of transactions that are known, and not kept one by one. */
  folded: Pick<Folded, 'height' | 'blocks'>
  cursor: Cursor
  /** Hashes of blocks that are said to hold something for it. */
  hints: readonly string[]
}

export interface Looked {
  look: Omit<Look, 'catchUp'>
  /** Up to here everything is known. */
  cursor: Cursor
  /** False when there is more to look at than one question may cost; the next one goes on. */
  complete: boolean
}

export interface SourceStatus {
  tip: Cursor
}

export interface ChainSource {
  kind: 'core' | 'esplora'
  /** Its origin, for findings and the log; never with a password. */
  name: string
  /** Throws {@link SourceError} unless it follows this network's best chain right now. */
  status(ports: Ports): Promise<SourceStatus>
  /** Everything it knows about the script. Throws {@link SourceError}. */
  lookAt(ports: Ports, known: Known): Promise<Looked>
  /** Whether this transaction stands in this block of its best chain. Throws {@link SourceError}. */
  holds(ports: Ports, txid: string, block: { hash: string; height: number }): Promise<boolean>
  /** The hash of the block at a height, or undefined above the tip. Throws {@link SourceError}. */
  hashAt(ports: Ports, height: number): Promise<string | undefined>
  /** A block's bytes. Throws {@link SourceError}. */
  rawBlock(ports: Ports, hash: string): Promise<Buffer>
  /** Ids of unconfirmed transactions that pay one of these scripts, by script in hex. */
  mempoolOf?(ports: Ports, scripts: readonly Buffer[]): Promise<ReadonlyMap<string, string[]>>
}

export type SourceFault =
  | 'unreachable'
  | 'busy'
  | 'unauthorized'
  | 'not_ready'
  | 'wrong_network'
  | 'too_old'
  | 'pruned'
  /** An answer that breaks the protocol or contradicts itself. */
  | 'malformed'

export class SourceError extends Error {
  readonly fault: SourceFault

  constructor(fault: SourceFault, message: string) {
    super(message)
    this.name = 'SourceError'
    this.fault = fault
  }
}

/** On mainnet a tip this old means that the source is cut off (sheet 3.3). */
const MAX_TIP_AGE_SEC = 90 * 60

/** Throws `not_ready` for a tip so old that newer blocks must exist. */
export function refuseStaleTip(ports: Ports, network: Network, tipTime: number): void {
  const age = ports.clock.now() / 1000 - tipTime
  // Test networks may have no block for days.
  if (network === 'main' && age > MAX_TIP_AGE_SEC) {
    throw new SourceError('not_ready', `the newest block is ${Math.round(age / 60)} minutes old`)
  }
}

/**
 * Throws `not_ready` for a tip below a block that another source has shown: to this one, what stands
 * in that block would look as if it were gone. For sources that never saw that block.
 */
export function refuseLagging(tip: Cursor, seen: Cursor): void {
  if (tip.height < seen.height) {
    throw new SourceError('not_ready', `the tip is ${seen.height - tip.height} blocks behind`)
  }
}

/** Sends, and says in one word why there is no answer. */
export async function ask(ports: Ports, request: OutgoingRequest): Promise<OutgoingAnswer> {
  try {
    return await ports.network.send(request)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const fault = error.reason === 'overloaded' ? 'busy' : 'unreachable'
    throw new SourceError(fault, describe(error))
  }
}

function describe(error: Failure): string {
  return `${error.reason}: ${error.message}`
}

/** The answer's text; throws `malformed` for bytes that are not UTF-8. */
export function textOf(answer: OutgoingAnswer): string {
  const text = decodeUtf8(answer.body)
  if (text === undefined) throw new SourceError('malformed', 'the answer is not UTF-8')
  return text
}

/** The value if it is there; throws `malformed` otherwise. */
export function must<T>(value: T | undefined | false | null, what: string): T {
  if (value === undefined || value === false || value === null) {
    throw new SourceError('malformed', `the answer has no usable ${what}`)
  }
  return value
}
