// Google's keys: roots that sign intermediates, intermediates that sign messages, and the keys of the
// gateways that messages are encrypted to. Made at first start and kept.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Books, readSetting, writeSetting } from '../books.ts'
import { isObject, parseObject } from '../json.ts'
import type { SigningKeys } from './seal.ts'

export interface Root {
  privateKey: KeyObject
  expiresAt: number
}

export interface GoogleKeys {
  /** What to sign with now. */
  signing(): SigningKeys & { root: Root }
  /** The list as `keys.json` shows it. */
  published(): object
  /** Public root keys that have not expired. */
  trusted(): KeyObject[]
  /** A new root signs from now on; the old ones stay listed unless `forget`. */
  rotate(forget: boolean): void
  /** The key of a gateway, or of nobody for forged messages. */
  gatewayKey(name: string): KeyObject
}

const DAY_MS = 86_400_000
const ROOT_LIFE_MS = 3_650 * DAY_MS
/** Google renews intermediates every few days. */
const INTERMEDIATE_LIFE_MS = 7 * DAY_MS

interface Kept {
  root: Root
  old: readonly Root[]
}

export function openKeys(books: Books, now: () => number): GoogleKeys {
  let intermediate: { privateKey: KeyObject; expiresAt: number } | undefined

  function keyOf(name: string): KeyObject {
    const kept = readSetting(books, `googlepay.key.${name}`)
    if (kept !== undefined) return createPrivateKey(kept)
    const fresh = newKey()
    writeSetting(books, `googlepay.key.${name}`, pemOf(fresh))
    return fresh
  }

  function roots(): Kept {
    const list = parseObject(readSetting(books, 'googlepay.roots') ?? '')?.roots
    const read = (Array.isArray(list) ? list : []).filter(isObject).map((entry) => ({
      privateKey: createPrivateKey(String(entry.key)),
      expiresAt: Number(entry.expires_at),
    }))
    const [root, ...old] = read
    return root ? { root, old } : save({ root: newRoot(), old: [] })
  }

  function save(kept: Kept): Kept {
    const list = [kept.root, ...kept.old].map(({ privateKey, expiresAt }) => ({
      key: pemOf(privateKey),
      expires_at: expiresAt,
    }))
    writeSetting(books, 'googlepay.roots', JSON.stringify({ roots: list }))
    return kept
  }

  function newRoot(): Root {
    return { privateKey: newKey(), expiresAt: now() + ROOT_LIFE_MS }
  }

  const listed = () => {
    const { root, old } = roots()
    return [root, ...old]
  }

  return {
    signing() {
      const { root } = roots()
      if (!intermediate || intermediate.expiresAt - now() < DAY_MS) {
        intermediate = { privateKey: newKey(), expiresAt: now() + INTERMEDIATE_LIFE_MS }
      }
      return {
        root,
        rootKey: root.privateKey,
        intermediateKey: intermediate.privateKey,
        intermediatePublic: publicText(intermediate.privateKey),
        intermediateExpiresAt: intermediate.expiresAt,
      }
    },
    published: () => ({
      keys: [
        // What else stands in Google's list and is not for these tokens (sheet section 1).
        { keyValue: publicText(keyOf('decoy')), protocolVersion: 'ECv1' },
        ...listed().flatMap(({ privateKey, expiresAt }) =>
          ['ECv2', 'ECv2SigningOnly'].map((protocolVersion) => ({
            keyValue: publicText(privateKey),
            protocolVersion,
            keyExpiration: String(expiresAt),
          })),
        ),
      ],
    }),
    trusted: () =>
      listed()
        .filter(({ expiresAt }) => expiresAt > now())
        .map(({ privateKey }) => createPublicKey(privateKey)),
    rotate(forget) {
      const { root, old } = roots()
      intermediate = undefined
      save({ root: newRoot(), old: forget ? [] : [root, ...old] })
    },
    gatewayKey: keyOf,
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function publicText(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')
}
