// Signatures: making those of this sandbox's payers, and checking whatever is handed in
// (BIP 143 for segwit, BIP 341 for taproot, and the older way).
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { counted, hash160, hash256, int64, sha256, uint32, unshown } from './bytes.ts'
import { keyHashScript, kindOf, operationsOf } from './script.ts'
import { type Draft, finish, type Input, type Output, writeOutput } from './transaction.ts'

const ALL = 1

export interface Key {
  secret: Uint8Array
  publicKey: Uint8Array
  /** P2WPKH. */
  script: Buffer
}

export function keyOf(secret: Uint8Array): Key {
  const publicKey = secp256k1.getPublicKey(secret)
  return { secret, publicKey, script: keyHashScript(hash160(publicKey)) }
}

/** Signs every input with the key; all of them spend its P2WPKH coins. */
export function signAll(draft: Draft, spent: readonly Output[], key: Key): Draft {
  const inputs = draft.inputs.map((input, index) => {
    const digest = segwitDigest(draft, index, at(spent, index).sat, hash160(key.publicKey))
    const signature = secp256k1.sign(digest, key.secret, { prehash: false, format: 'der' })
    const witness = [Buffer.concat([signature, Buffer.of(ALL)]), Buffer.from(key.publicKey)]
    return { ...input, witness }
  })
  return { ...draft, inputs }
}

/** Why an input may not spend its coin, in a node's words; undefined when it may. */
export function refusedInput(
  draft: Draft,
  index: number,
  spent: readonly Output[],
): string | undefined {
  const { script: coin, sat } = at(spent, index)
  const input = at(draft.inputs, index)
  const kind = kindOf(coin)
  if (kind === 'witness_v0_keyhash') return byWitness(draft, index, sat, coin.subarray(2))
  if (kind === 'scripthash') {
    const [push, ...rest] = operationsOf(input.script) ?? []
    const redeem = push?.data
    if (rest.length > 0 || !redeem || !hash160(redeem).equals(coin.subarray(2, 22)))
      return WRONG_SCRIPT
    if (kindOf(redeem) !== 'witness_v0_keyhash') return UNSUPPORTED
    return byWitness(draft, index, sat, redeem.subarray(2))
  }
  if (kind === 'pubkeyhash') return byScript(draft, index, coin)
  if (kind === 'witness_v1_taproot') return byTaproot(draft, index, spent)
  return UNSUPPORTED
}

const WRONG_SCRIPT =
  'Script evaluated without error but finished with a false/empty top stack element'
const FALSE = 'Signature must be zero for failed CHECK(MULTI)SIG operation'
/** The sandbox checks single signatures only. */
const UNSUPPORTED = 'the sandbox cannot check this kind of script'

function byWitness(draft: Draft, index: number, sat: bigint, keyHash: Buffer): string | undefined {
  const [signature, publicKey, ...rest] = at(draft.inputs, index).witness
  if (!signature || !publicKey || rest.length > 0) {
    return 'Witness program was passed an empty witness'
  }
  if (!hash160(publicKey).equals(keyHash)) {
    return 'Script failed an OP_EQUALVERIFY operation'
  }
  const type = signature.at(-1)
  if (type !== ALL) return 'Signature hash type missing or not understood'
  return verifies(signature, segwitDigest(draft, index, sat, keyHash), publicKey)
}

function byScript(draft: Draft, index: number, coin: Buffer): string | undefined {
  const [signature, publicKey, ...rest] = (operationsOf(at(draft.inputs, index).script) ?? []).map(
    ({ data }) => data,
  )
  if (!signature || !publicKey || rest.length > 0) {
    return 'Operation not valid with the current stack size'
  }
  if (!hash160(publicKey).equals(coin.subarray(3, 23))) {
    return 'Script failed an OP_EQUALVERIFY operation'
  }
  if (signature.at(-1) !== ALL) return 'Signature hash type missing or not understood'
  return verifies(signature, plainDigest(draft, index, coin), publicKey)
}

function byTaproot(draft: Draft, index: number, spent: readonly Output[]): string | undefined {
  const [signature, ...rest] = at(draft.inputs, index).witness
  if (!signature) return 'Witness program was passed an empty witness'
  if (rest.length > 0) return UNSUPPORTED
  const type = signature.length === 65 ? signature.at(-1) : 0
  if (signature.length !== 64 && !(signature.length === 65 && type === ALL)) {
    return 'Invalid Schnorr signature size'
  }
  const digest = taprootDigest(draft, index, spent, type ?? 0)
  const outputKey = at(spent, index).script.subarray(2)
  return schnorr.verify(signature.subarray(0, 64), digest, outputKey)
    ? undefined
    : 'Invalid Schnorr signature'
}

// A number outside its range makes the library throw; to a node it is one more bad signature.
function verifies(signature: Buffer, digest: Buffer, publicKey: Buffer): string | undefined {
  try {
    const options = { prehash: false, format: 'der', lowS: true } as const
    const der = signature.subarray(0, -1)
    return secp256k1.verify(der, digest, publicKey, options) ? undefined : FALSE
  } catch {
    return 'Non-canonical DER signature'
  }
}

function outpoints(inputs: readonly Input[]): Buffer {
  return Buffer.concat(inputs.map(({ txid, vout }) => Buffer.concat([unshown(txid), uint32(vout)])))
}

function sequences(inputs: readonly Input[]): Buffer {
  return Buffer.concat(inputs.map(({ sequence }) => uint32(sequence)))
}

/** What a P2WPKH input signs with SIGHASH_ALL (BIP 143). */
export function segwitDigest(draft: Draft, index: number, sat: bigint, keyHash: Buffer): Buffer {
  const { version, inputs, outputs, locktime } = draft
  const input = at(inputs, index)
  const code = Buffer.of(0x76, 0xa9, 20, ...keyHash, 0x88, 0xac)
  return hash256(
    Buffer.concat([
      uint32(version),
      hash256(outpoints(inputs)),
      hash256(sequences(inputs)),
      outpoints([input]),
      counted(code),
      int64(sat),
      uint32(input.sequence),
      hash256(Buffer.concat(outputs.map(writeOutput))),
      uint32(locktime),
      uint32(ALL),
    ]),
  )
}

function plainDigest(draft: Draft, index: number, coin: Buffer): Buffer {
  const inputs = draft.inputs.map((input, i) => ({
    ...input,
    script: i === index ? coin : Buffer.alloc(0),
    witness: [],
  }))
  return hash256(Buffer.concat([finish({ ...draft, inputs }).raw, uint32(ALL)]))
}

/** What a taproot key signs (BIP 341, key path, no annex). */
function taprootDigest(
  { version, inputs, outputs, locktime }: Draft,
  index: number,
  spent: readonly Output[],
  type: number,
): Buffer {
  const message = Buffer.concat([
    Buffer.of(0, type),
    uint32(version),
    uint32(locktime),
    sha256(outpoints(inputs)),
    sha256(Buffer.concat(spent.map(({ sat }) => int64(sat)))),
    sha256(Buffer.concat(spent.map(({ script }) => counted(script)))),
    sha256(sequences(inputs)),
    sha256(Buffer.concat(outputs.map(writeOutput))),
    Buffer.of(0),
    uint32(index),
  ])
  const tag = sha256(Buffer.from('TapSighash'))
  return sha256(Buffer.concat([tag, tag, message]))
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new RangeError(`there is no input ${index}`)
  return value
}
