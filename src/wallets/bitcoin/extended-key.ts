// Extended keys as wallets export them (sheet 1.1; BIP 32, SLIP-132). Only public ones are taken.

import { base58 } from '@scure/base'
import { HDKey } from '@scure/bip32'
import { readBase58Check } from './address.ts'
import { doubleSha256 } from './bytes.ts'
import type { Network } from './networks.ts'

export type ScriptType = 'p2pkh' | 'p2sh-p2wpkh' | 'p2wpkh' | 'p2tr'

/** Why a key or a descriptor is refused (sheet 8, "key form"). */
export type KeyRefusal =
  | 'bad_checksum'
  | 'private_key'
  | 'wrong_network'
  | 'not_ranged'
  | 'hardened_from_xpub'
  | 'multisig_key'
  | 'unsupported_script'
  | 'unsupported_multipath'
  | 'invalid'

export interface ExtendedKey {
  /** Written as xpub or tpub, whatever it came as. */
  text: string
  /** A function, so that what is written as JSON by mistake holds no object that refuses to be. */
  key: () => HDKey
  depth: number
  parentFingerprint: string
  childNumber: number
  /** What the prefix implies (ypub, zpub); an xpub says nothing. */
  scriptType: ScriptType | undefined
  /** True when it is not the key of an account, which has depth 3. */
  notAccountLevel: boolean
}

interface Version {
  mainnet: boolean
  use: ScriptType | 'any' | 'multisig' | 'private'
}

const VERSIONS: Readonly<Record<string, Version>> = {
  '0488b21e': { mainnet: true, use: 'any' },
  '049d7cb2': { mainnet: true, use: 'p2sh-p2wpkh' },
  '04b24746': { mainnet: true, use: 'p2wpkh' },
  '043587cf': { mainnet: false, use: 'any' },
  '044a5262': { mainnet: false, use: 'p2sh-p2wpkh' },
  '045f1cf6': { mainnet: false, use: 'p2wpkh' },
  '0295b43f': { mainnet: true, use: 'multisig' },
  '02aa7ed3': { mainnet: true, use: 'multisig' },
  '024289ef': { mainnet: false, use: 'multisig' },
  '02575483': { mainnet: false, use: 'multisig' },
  '0488ade4': { mainnet: true, use: 'private' },
  '049d7878': { mainnet: true, use: 'private' },
  '04b2430c': { mainnet: true, use: 'private' },
  '04358394': { mainnet: false, use: 'private' },
  '044a4e28': { mainnet: false, use: 'private' },
  '045f18bc': { mainnet: false, use: 'private' },
  // Private keys of multisig cosigners (SLIP-132).
  '0295b005': { mainnet: true, use: 'private' },
  '02aa7a99': { mainnet: true, use: 'private' },
  '024285b5': { mainnet: false, use: 'private' },
  '02575048': { mainnet: false, use: 'private' },
}

const XPUB = Buffer.from('0488b21e', 'hex')
const TPUB = Buffer.from('043587cf', 'hex')

/**
 * Whether the text holds something that can spend: an extended private key, a private key in WIF or
 * as 64 hex digits, or seed words. Loose on purpose, so that a mistyped secret is not kept either.
 */
export function holdsPrivateKey(text: string): boolean {
  if (/(^|[^0-9A-Za-z])[xyztuvYZUV]prv[0-9A-Za-z]/.test(text)) return true
  const words = text.trim().toLowerCase().split(/\s+/)
  if (words.length >= 12 && words.every((word) => /^\p{L}{1,10}$/u.test(word))) return true
  return text.split(/[^0-9A-Za-z]+/).some(isPlainPrivateKey)
}

function isPlainPrivateKey(token: string): boolean {
  if (/^[0-9a-fA-F]{64}$/.test(token)) return true
  if (token.length < 50 || token.length > 53) return false
  const payload = readBase58Check(token)
  const isWif = payload?.[0] === 0x80 || payload?.[0] === 0xef
  return isWif && (payload?.length === 33 || payload?.length === 34)
}

/** One extended public key of this network. The text is taken as it stands, without outer space. */
export function readExtendedKey(
  entered: string,
  network: Network,
): { key: ExtendedKey } | { refusal: KeyRefusal } {
  const text = entered.trim()
  if (holdsPrivateKey(text)) return { refusal: 'private_key' }
  const payload = readBase58Check(text)
  if (!payload) return { refusal: looksLikeKey(text) ? 'bad_checksum' : 'invalid' }
  const version = VERSIONS[payload.subarray(0, 4).toString('hex')]
  if (payload.length !== 78 || !version) return { refusal: 'invalid' }
  if (version.use === 'private') return { refusal: 'private_key' }
  const canonical = Buffer.concat([version.mainnet ? XPUB : TPUB, payload.subarray(4)])
  const key = readPublicKey(canonical)
  if (!key) return { refusal: 'invalid' }
  if (version.use === 'multisig') return { refusal: 'multisig_key' }
  if (version.mainnet !== (network === 'main')) return { refusal: 'wrong_network' }
  return {
    key: {
      text: base58.encode(Buffer.concat([canonical, doubleSha256(canonical).subarray(0, 4)])),
      key: () => key,
      depth: key.depth,
      parentFingerprint: canonical.subarray(5, 9).toString('hex'),
      childNumber: canonical.readUInt32BE(9),
      scriptType: version.use === 'any' ? undefined : version.use,
      notAccountLevel: key.depth !== 3,
    },
  }
}

function readPublicKey(canonical: Buffer): HDKey | undefined {
  const depth = canonical.readUInt8(4)
  const isRoot = depth === 0
  if (isRoot && canonical.subarray(5, 13).some((byte) => byte !== 0)) return undefined
  const publicKey = canonical.subarray(45)
  if (publicKey[0] !== 2 && publicKey[0] !== 3) return undefined
  try {
    return new HDKey({
      depth,
      index: canonical.readUInt32BE(9),
      parentFingerprint: canonical.readUInt32BE(5),
      chainCode: canonical.subarray(13, 45),
      publicKey,
    })
  } catch (error) {
    // The library says in this way that the point is not on the curve.
    if (error instanceof Error) return undefined
    throw error
  }
}

function looksLikeKey(text: string): boolean {
  return /^[xyztuvYZUV]pub[1-9A-HJ-NP-Za-km-z]{107}$/.test(text)
}
