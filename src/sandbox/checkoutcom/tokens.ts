// Checkout.com's one-time tokens: a wallet's card, put away for a quarter of an hour.
import { type Books, integer, optionalText, text } from '../books.ts'
import type { CardData } from '../cards/card-data.ts'
import { cardByNumber, NETWORK_NAMES } from '../cards/test-cards.ts'
import { letters } from '../cards/world.ts'
import type { JsonObject } from '../json.ts'

export interface Tokens {
  make(merchant: string, card: CardData, now: number): JsonObject
  /** The card, once, or why not. */
  use(merchant: string, id: string, now: number): CardData | 'invalid' | 'used' | 'expired'
}

const LIFE_MS = 15 * 60_000
const TABLE = `
  CREATE TABLE IF NOT EXISTS checkoutcom_tokens (
    id TEXT PRIMARY KEY, merchant TEXT NOT NULL, wallet TEXT NOT NULL, number TEXT NOT NULL,
    month INTEGER NOT NULL, year INTEGER NOT NULL, cryptogram TEXT, token TEXT NOT NULL,
    until INTEGER NOT NULL, used INTEGER NOT NULL
  ) STRICT;
`

export function openTokens(books: Books): Tokens {
  books.define(TABLE)
  return {
    make(merchant, card, now) {
      const id = `tok_${letters(26, 'abcdefghijklmnopqrstuvwxyz234567')}`
      books.run(
        'INSERT INTO checkoutcom_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)',
        id,
        merchant,
        card.wallet,
        card.number,
        card.expiry.month,
        card.expiry.year,
        card.cryptogram ?? null,
        card.tokenId,
        now + LIFE_MS,
      )
      const known = cardByNumber(card.number)
      return {
        type: card.wallet,
        token: id,
        expires_on: new Date(now + LIFE_MS).toISOString(),
        expiry_month: card.expiry.month,
        expiry_year: card.expiry.year,
        scheme: known ? NETWORK_NAMES[known.network] : 'Unknown',
        last4: card.number.slice(-4),
        bin: card.number.slice(0, 6),
        card_type: 'CREDIT',
        token_format: card.cryptogram === undefined ? 'pan_only' : 'cryptogram_3ds',
      }
    },
    use(merchant, id, now) {
      const row = books.get(
        'SELECT * FROM checkoutcom_tokens WHERE id = ? AND merchant = ?',
        id,
        merchant,
      )
      if (!row) return 'invalid'
      if (row.used !== 0n) return 'used'
      if (integer(row, 'until') <= now) return 'expired'
      books.run('UPDATE checkoutcom_tokens SET used = 1 WHERE id = ?', id)
      return {
        wallet: text(row, 'wallet') === 'applepay' ? 'applepay' : 'googlepay',
        number: text(row, 'number'),
        expiry: { month: integer(row, 'month'), year: integer(row, 'year') },
        cryptogram: optionalText(row, 'cryptogram'),
        tokenId: text(row, 'token'),
      }
    },
  }
}
