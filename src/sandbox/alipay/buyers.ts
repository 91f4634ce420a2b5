// The people who pay in the sandbox: balances, codes to pay with, and the barcodes they show.
import { randomInt } from 'node:crypto'
import { amount, type Books, integer, type Row, text } from '../books.ts'

export interface Buyer {
  userId: string
  openId: string
  /** Masked as Alipay shows it to merchants. */
  logonId: string
  name: string
  nameEn: string
  /** In fen. */
  balance: bigint
  /** Six digits. */
  code: string
  frozen: boolean
}

export interface Buyers {
  byId(userId: string): Buyer | undefined
  byOpenId(openId: string): Buyer | undefined
  list(): Buyer[]
  /** Adds `fen`, which may be negative, to a balance. */
  book(userId: string, fen: bigint): void
  change(
    userId: string,
    change: { balance?: bigint | undefined; frozen?: boolean | undefined },
  ): void
  /** A new barcode, good once and for about a minute (sheet section 8). */
  showBarcode(userId: string, now: number): { authCode: string; expiresAt: number }
  /** Whose barcode this is; a barcode works once and not after its time. */
  useBarcode(authCode: string, now: number): Buyer | undefined
}

export const BARCODE_LIFE_MS = 60_000

/** Pays for the control API when it names nobody: rich enough for any load test. */
export const DEFAULT_BUYER = '2088102100000005'

const PREPARED: readonly Buyer[] = [
  buyer('2088102100000001', 'lin***@example.com', '林晓', 'Lin Xiao', 5_000_000n),
  buyer('2088102100000002', '138******21', '陈一鸣', 'Chen Yiming', 268_850n),
  buyer('2088102100000003', 'zha***@example.com', '赵小满', 'Zhao Xiaoman', 120n),
  buyer('2088102100000004', '159******07', '孙静', 'Sun Jing', 800_000n, true),
  buyer(DEFAULT_BUYER, 'tes***@example.com', '周远', 'Zhou Yuan', 900_000_000_00n),
]

const TABLES = `
  CREATE TABLE IF NOT EXISTS alipay_buyers (
    user_id TEXT PRIMARY KEY, open_id TEXT NOT NULL UNIQUE, logon_id TEXT NOT NULL,
    name TEXT NOT NULL, name_en TEXT NOT NULL, balance INTEGER NOT NULL CHECK (balance >= 0),
    code TEXT NOT NULL, frozen INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS alipay_barcodes (
    auth_code TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
`

function buyer(
  userId: string,
  logonId: string,
  name: string,
  nameEn: string,
  balance: bigint,
  frozen = false,
): Buyer {
  const openId = `0${userId.slice(4)}SandboxOpenId${userId.slice(-4)}`
  return { userId, openId, logonId, name, nameEn, balance, code: '123456', frozen }
}

export function openBuyers(books: Books): Buyers {
  books.define(TABLES)
  for (const each of PREPARED) {
    books.run(
      'INSERT INTO alipay_buyers VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      each.userId,
      each.openId,
      each.logonId,
      each.name,
      each.nameEn,
      each.balance,
      each.code,
      each.frozen ? 1 : 0,
    )
  }
  const find = (sql: string, value: string) => {
    const row = books.get(sql, value)
    return row && readRow(row)
  }
  const byId = (userId: string) => find('SELECT * FROM alipay_buyers WHERE user_id = ?', userId)

  return {
    byId,
    byOpenId: (openId) => find('SELECT * FROM alipay_buyers WHERE open_id = ?', openId),
    list: () => books.all('SELECT * FROM alipay_buyers ORDER BY user_id').map(readRow),
    book(userId, fen) {
      books.run('UPDATE alipay_buyers SET balance = balance + ? WHERE user_id = ?', fen, userId)
    },
    change(userId, { balance, frozen }) {
      if (balance !== undefined) {
        books.run('UPDATE alipay_buyers SET balance = ? WHERE user_id = ?', balance, userId)
      }
      if (frozen !== undefined) {
        books.run('UPDATE alipay_buyers SET frozen = ? WHERE user_id = ?', frozen ? 1 : 0, userId)
      }
    },
    showBarcode(userId, now) {
      const authCode = `28${String(randomInt(1e8)).padStart(8, '0')}${String(randomInt(1e8)).padStart(8, '0')}`
      const expiresAt = now + BARCODE_LIFE_MS
      books.run('INSERT INTO alipay_barcodes VALUES (?, ?, ?)', authCode, userId, expiresAt)
      return { authCode, expiresAt }
    },
    useBarcode(authCode, now) {
      const row = books.get('SELECT * FROM alipay_barcodes WHERE auth_code = ?', authCode)
      if (!row) return undefined
      books.run('DELETE FROM alipay_barcodes WHERE auth_code = ?', authCode)
      return integer(row, 'expires_at') > now ? byId(text(row, 'user_id')) : undefined
    },
  }
}

function readRow(row: Row): Buyer {
  return {
    userId: text(row, 'user_id'),
    openId: text(row, 'open_id'),
    logonId: text(row, 'logon_id'),
    name: text(row, 'name'),
    nameEn: text(row, 'name_en'),
    balance: amount(row, 'balance'),
    code: text(row, 'code'),
    frozen: row.frozen === 1n,
  }
}
