// From an account's descriptor to the address of one payment (BIP 32, 44, 49, 84, 86, 341).

import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { HDKey } from '@scure/bip32'
import { addressOf, pubKeyHashScript, scriptHashScript, witnessScript } from './address.ts'
import { hash160, sha256 } from './bytes.ts'
import type { Descriptor } from './descriptor.ts'
import type { ScriptType } from './extended-key.ts'
import type { Network } from './networks.ts'

export interface Derived {
  publicKey: Buffer
  script: Buffer
  address: string
}

export type Branch = 'receive' | 'change'

// One step below the branch is the price of an address; the way there is walked once per account.
const branches = new WeakMap<Descriptor, Map<Branch, HDKey>>()

/**
 * The address number `index` of a branch. Undefined where BIP 32 has no such key (one chance in
 * 2^127), where the index is out of range, or where the descriptor has no change branch.
 */
export function derive(
  descriptor: Descriptor,
  network: Network,
  index: number,
  branch: Branch = 'receive',
): Derived | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= 0x8000_0000) return undefined
  const publicKey = branchKey(descriptor, branch)?.deriveChild(index).publicKey
  if (!publicKey) return undefined
  const script = scriptOf(publicKey, descriptor.scriptType)
  const address = addressOf(script, network)
  return address === undefined ? undefined : { publicKey: Buffer.from(publicKey), script, address }
}

function branchKey(descriptor: Descriptor, branch: Branch): HDKey | undefined {
  const path = descriptor[branch]
  if (!path) return undefined
  const known = branches.get(descriptor) ?? new Map<Branch, HDKey>()
  branches.set(descriptor, known)
  const key =
    known.get(branch) ?? path.reduce((at, step) => at.deriveChild(step), descriptor.key.key())
  known.set(branch, key)
  return key
}

function scriptOf(publicKey: Uint8Array, type: ScriptType): Buffer {
  switch (type) {
    case 'p2pkh':
      return pubKeyHashScript(hash160(publicKey))
    case 'p2wpkh':
      return witnessScript(0, hash160(publicKey))
    case 'p2sh-p2wpkh':
      return scriptHashScript(hash160(witnessScript(0, hash160(publicKey))))
    case 'p2tr':
      return witnessScript(1, outputKey(publicKey.subarray(1)))
  }
}

const TAP_TWEAK = sha256(Buffer.from('TapTweak'))

/** The key of an output that only the key path can spend: P + hash(P) * G (BIP 341, 86). */
function outputKey(xOnly: Uint8Array): Uint8Array {
  const tweak = sha256(Buffer.concat([TAP_TWEAK, TAP_TWEAK, xOnly])).toString('hex')
  // A key of 32 bytes stands for the point with an even second coordinate (BIP 340).
  const internal = secp256k1.Point.fromBytes(Buffer.concat([Uint8Array.of(2), xOnly]))
  const point = internal.add(secp256k1.Point.BASE.multiply(BigInt(`0x${tweak}`)))
  return point.toBytes(true).subarray(1)
}
