// Stripe's one-time tokens: a wallet's card, put away until it is charged.
import { type Books, integer, optionalText, text } from '../books.ts'
import type { CardData } from '../cards/card-data.ts'
import { cardByNumber, NETWORK_NAMES } from '../cards/test-cards.ts'
import { letters } from '../cards/world.ts'
import type { JsonObject } from '../json.ts'

export interface Tokens {
  /** The token object, as Stripe answers it and as Google's sheet hands it out. */
  make(merchant: string, card: CardData, now: number): JsonObject
  /** The card, once; undefined for a token that is unknown or used. */
  use(merchant: string, id: string): CardData | undefined
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS stripe_tokens (
    id TEXT PRIMARY KEY, merchant TEXT NOT NULL, wallet TEXT NOT NULL, number TEXT NOT NULL,
    month INTEGER NOT NULL, year INTEGER NOT NULL, cryptogram TEXT, token TEXT NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
`

export function openTokens(books: Books): Tokens {
  books.define(TABLE)
  return {
    make(merchant, card, now) {
      const id = `tok_${letters(24)}`
      books.run(
        'INSERT INTO stripe_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)',
        id,
        merchant,
        card.wallet,
        card.number,
        card.expiry.month,
        card.expiry.year,
        card.cryptogram ?? null,
        card.tokenId,
      )
      return tokenObject(id, card, now)
    },
    use(merchant, id) {
      const row = books.get(
        'SELECT * FROM stripe_tokens WHERE id = ? AND merchant = ?',
        id,
        merchant,
      )
      if (row?.used !== 0n) return undefined
      books.run('UPDATE stripe_tokens SET used = 1 WHERE id = ?', id)
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

function tokenObject(id: string, card: CardData, now: number): JsonObject {
  const known = cardByNumber(card.number)
  const last4 = (known?.number ?? card.number).slice(-4)
  return {
    id,
    object: 'token',
    card: {
      id: `card_${id.slice(4)}`,
      object: 'card',
      brand: known ? NETWORK_NAMES[known.network] : 'Unknown',
      country: 'US',
      dynamic_last4: card.number.slice(-4),
      exp_month: card.expiry.month,
      exp_year: card.expiry.year,
      funding: 'credit',
      last4,
      metadata: {},
      name: null,
      tokenization_method: card.wallet === 'applepay' ? 'apple_pay' : 'android_pay',
    },
    client_ip: null,
    created: Math.floor(now / 1000),
    livemode: false,
    type: 'card',
    used: false,
  }
}
