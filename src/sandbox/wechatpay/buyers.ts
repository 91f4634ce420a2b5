// The people who pay with the sandbox's WeChat Pay: balances, codes, openids, the codes they show.
import { createHash } from 'node:crypto'
import { amount, type Books, integer, type Row, text } from '../books.ts'
import { digits } from './crypto.ts'

export interface Buyer {
  id: string
  name: string
  nameEn: string
  /** In fen. */
  balance: bigint
  /** Six digits. */
  code: string
  frozen: boolean
}

export interface AuthCode {
  buyerId: string
  expiresAt: number
  used: boolean
}

export interface Buyers {
  byId(id: string): Buyer | undefined
  byOpenid(appid: string, openid: string): Buyer | undefined
  list(): Buyer[]
  /** Adds `fen`, which may be negative, to a balance. */
  book(id: string, fen: bigint): void
  change(id: string, change: { balance?: bigint | undefined; frozen?: boolean | undefined }): void
  /** A new payment code, good once and for about a minute (sheet section 3.6). */
  showCode(id: string, now: number): { authCode: string; expiresAt: number }
  findCode(authCode: string): AuthCode | undefined
  useCode(authCode: string): void
}

export const CODE_LIFE_MS = 60_000

/** Pays for the control API when it names nobody: rich enough for any load test. */
export const DEFAULT_BUYER = 'wxid_he_rui'

const PREPARED: readonly Buyer[] = [
  buyer('wxid_wu_tong', '吴桐', 'Wu Tong', 5_000_000n),
  buyer('wxid_xu_lan', '许岚', 'Xu Lan', 268_850n),
  buyer('wxid_gao_ming', '高明', 'Gao Ming', 120n),
  buyer('wxid_tang_yi', '唐逸', 'Tang Yi', 800_000n, true),
  buyer(DEFAULT_BUYER, '何睿', 'He Rui', 900_000_000_00n),
]

const TABLES = `
  CREATE TABLE IF NOT EXISTS wechatpay_buyers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL,
    balance INTEGER NOT NULL CHECK (balance >= 0), code TEXT NOT NULL, frozen INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS wechatpay_auth_codes (
    auth_code TEXT PRIMARY KEY, buyer_id TEXT NOT NULL, expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
`

function buyer(id: string, name: string, nameEn: string, balance: bigint, frozen = false): Buyer {
  return { id, name, nameEn, balance, code: '123456', frozen }
}

/** How one of a merchant's apps knows a buyer: 28 characters, another in each app. */
export function openidOf(buyerId: string, appid: string): string {
  return `o${createHash('sha256').update(`${buyerId}|${appid}`).digest('base64url').slice(0, 27)}`
}

export function openBuyers(books: Books): Buyers {
  books.define(TABLES)
  for (const each of PREPARED) {
    books.run(
      'INSERT INTO wechatpay_buyers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      each.id,
      each.name,
      each.nameEn,
      each.balance,
      each.code,
      each.frozen ? 1 : 0,
    )
  }
  const list = () => books.all('SELECT * FROM wechatpay_buyers ORDER BY rowid').map(readRow)

  return {
    byId(id) {
      const row = books.get('SELECT * FROM wechatpay_buyers WHERE id = ?', id)
      return row && readRow(row)
    },
    byOpenid: (appid, openid) => list().find(({ id }) => openidOf(id, appid) === openid),
    list,
    book(id, fen) {
      books.run('UPDATE wechatpay_buyers SET balance = balance + ? WHERE id = ?', fen, id)
    },
    change(id, { balance, frozen }) {
      if (balance !== undefined) {
        books.run('UPDATE wechatpay_buyers SET balance = ? WHERE id = ?', balance, id)
      }
      if (frozen !== undefined) {
        books.run('UPDATE wechatpay_buyers SET frozen = ? WHERE id = ?', frozen ? 1 : 0, id)
      }
    },
    showCode(id, now) {
      const authCode = `13${digits(16)}`
      const expiresAt = now + CODE_LIFE_MS
      books.run('INSERT INTO wechatpay_auth_codes VALUES (?, ?, ?, 0)', authCode, id, expiresAt)
      return { authCode, expiresAt }
    },
    findCode(authCode) {
      const row = books.get('SELECT * FROM wechatpay_auth_codes WHERE auth_code = ?', authCode)
      return (
        row && {
          buyerId: text(row, 'buyer_id'),
          expiresAt: integer(row, 'expires_at'),
          used: row.used === 1n,
        }
      )
    },
    useCode(authCode) {
      books.run('UPDATE wechatpay_auth_codes SET used = 1 WHERE auth_code = ?', authCode)
    },
  }
}

function readRow(row: Row): Buyer {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    nameEn: text(row, 'name_en'),
    balance: amount(row, 'balance'),
    code: text(row, 'code'),
    frozen: row.frozen === 1n,
  }
}
