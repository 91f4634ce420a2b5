// What a call's parameters are, or the words in which a node refuses them (measured).
import type { Block } from './block.ts'
import { fromHex, isHash } from './bytes.ts'
import type { Chain } from './chain.ts'
import { readDescriptor } from './descriptor.ts'
import type { Node } from './node.ts'
import { scriptOf } from './script.ts'
import { parseTransaction, type Transaction } from './transaction.ts'

/** A node's own refusal: its number and its words. */
export class RpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface Call {
  /** What the asked source sees; what is sent goes to {@link node}. */
  chain: Chain
  node: Node
  params: readonly unknown[]
  /** What the sandbox pretends, by the names of its faults. */
  struck(kind: string): boolean
}

export function blockAsked(chain: Chain, value: unknown, name: string): Block {
  const block = chain.blocks.get(hashAsked(value, name))
  if (!block) throw new RpcError(-5, 'Block not found')
  return block
}

export function hashAsked(value: unknown, name: string): string {
  const text = textAsked(value, name)
  if (text.length !== 64) {
    throw new RpcError(-8, `${name} must be of length 64 (not ${text.length}, for '${text}')`)
  }
  const hash = text.toLowerCase()
  if (!isHash(hash)) throw new RpcError(-8, `${name} must be hexadecimal string (not '${text}')`)
  return hash
}

export function transactionAsked(value: unknown): Transaction {
  const transaction = parseTransaction(fromHex(textAsked(value, 'hexstring')) ?? Buffer.alloc(0))
  if (transaction) return transaction
  throw new RpcError(-22, 'TX decode failed. Make sure the tx has at least one input.')
}

export function scriptAsked(text: string): Buffer {
  const read = readDescriptor(text)
  if ('wrong' in read) throw new RpcError(-5, read.wrong)
  return read
}

export function addressAsked(value: unknown): Buffer {
  const script = scriptOf(textAsked(value, 'address'))
  if (!script) throw new RpcError(-5, 'Error: Invalid address')
  return script
}

export function textAsked(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw wrongType(value, name, 'string')
}

export function countAsked(value: unknown, name: string): number {
  if (typeof value !== 'number') throw wrongType(value, name, 'number')
  if (!Number.isInteger(value)) throw new RpcError(-1, 'JSON integer out of range')
  return value
}

export function listAsked(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrongType(value, name, 'array')
}

function wrongType(value: unknown, name: string, expected: string): RpcError {
  const kind = value === null || value === undefined ? 'null' : typeof value
  const told = Array.isArray(value) ? 'array' : kind === 'boolean' ? 'bool' : kind
  const words = `"Position 1 (${name})": "JSON value of type ${told} is not of expected type ${expected}"`
  return new RpcError(-3, `Wrong type passed:\n{\n    ${words}\n}`)
}
