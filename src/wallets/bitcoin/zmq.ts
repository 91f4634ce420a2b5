// Messages of a node's ZeroMQ publisher (sheet 3.3). Hints only: what they say is asked for by RPC.

import { hex } from './bytes.ts'
import { parseTransaction } from './transaction.ts'

export type NodeMessage =
  | { topic: 'hashblock' | 'hashtx'; hash: string; counter: number }
  | { topic: 'rawtx'; txid: string; counter: number }
  | {
      topic: 'sequence'
      label: 'A' | 'C' | 'D' | 'R'
      meaning: 'mempool_add' | 'block_connect' | 'block_disconnect' | 'mempool_remove'
      hash: string
      mempoolSequence?: bigint
      counter: number
    }

const MEANINGS = {
  A: 'mempool_add',
  C: 'block_connect',
  D: 'block_disconnect',
  R: 'mempool_remove',
} as const

/** The three frames of one message, or undefined for anything else. */
export function readMessage(frames: readonly Buffer[]): NodeMessage | undefined {
  const [topicFrame, body, counterFrame] = frames
  if (frames.length !== 3 || !topicFrame || !body || counterFrame?.length !== 4) return undefined
  const topic = topicFrame.toString('latin1')
  const counter = counterFrame.readUInt32LE()
  if (topic === 'hashblock' || topic === 'hashtx') {
    return body.length === 32 ? { topic, hash: hex(body), counter } : undefined
  }
  if (topic === 'rawtx') {
    const txid = parseTransaction(body)?.txid
    return txid === undefined ? undefined : { topic, txid, counter }
  }
  return topic === 'sequence' ? readSequence(body, counter) : undefined
}

// On the wire a hash stands in the order people read it, though the documentation says otherwise.
function readSequence(body: Buffer, counter: number): NodeMessage | undefined {
  const label = body.subarray(32, 33).toString('latin1')
  const hash = hex(body.subarray(0, 32))
  if (label === 'C' || label === 'D') {
    if (body.length !== 33) return undefined
    return { topic: 'sequence', label, meaning: MEANINGS[label], hash, counter }
  }
  if ((label !== 'A' && label !== 'R') || body.length !== 41) return undefined
  const mempoolSequence = body.readBigUInt64LE(33)
  return { topic: 'sequence', label, meaning: MEANINGS[label], hash, mempoolSequence, counter }
}

/** Whether messages of a topic were lost between these two counters, or its publisher restarted. */
export function isGap(before: number, after: number): boolean {
  return after !== (before + 1) % 0x1_0000_0000
}
