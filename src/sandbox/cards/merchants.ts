// The merchants of an acquirer: their keys, and where their webhooks go.
import { type Books, type Row, text } from '../books.ts'
import { parseTexts } from '../json.ts'

export type AcquirerName = 'adyen' | 'stripe' | 'checkoutcom'

export interface Merchant {
  acquirer: AcquirerName
  /** The acquirer's own name of the account. */
  id: string
  /** Keys and settings by the names that the acquirer's console gives them. */
  settings: Record<string, string>
  webhooks: readonly string[]
}

export interface Merchants {
  add(merchant: Merchant): void
  list(acquirer: AcquirerName): Merchant[]
  byId(acquirer: AcquirerName, id: string): Merchant | undefined
  /** The merchant that has `value` in this setting. */
  bySetting(acquirer: AcquirerName, name: string, value: string): Merchant | undefined
  change(
    merchant: Merchant,
    to: { webhooks?: readonly string[] | undefined; settings?: Record<string, string> | undefined },
  ): Merchant
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS card_merchants (
    acquirer TEXT NOT NULL, id TEXT NOT NULL, settings TEXT NOT NULL, webhooks TEXT NOT NULL,
    PRIMARY KEY (acquirer, id)
  ) STRICT;
`

export function openMerchants(books: Books): Merchants {
  books.define(TABLE)
  const list = (acquirer: AcquirerName) =>
    books
      .all('SELECT * FROM card_merchants WHERE acquirer = ? ORDER BY rowid', acquirer)
      .map((row) => readMerchant(acquirer, row))
  const save = ({ acquirer, id, settings, webhooks }: Merchant) => {
    books.run(
      `INSERT INTO card_merchants VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET settings = excluded.settings, webhooks = excluded.webhooks`,
      acquirer,
      id,
      JSON.stringify(settings),
      webhooks.join('\n'),
    )
  }
  return {
    add: save,
    list,
    byId(acquirer, id) {
      const row = books.get(
        'SELECT * FROM card_merchants WHERE acquirer = ? AND id = ?',
        acquirer,
        id,
      )
      return row && readMerchant(acquirer, row)
    },
    bySetting: (acquirer, name, value) =>
      list(acquirer).find(({ settings }) => settings[name] === value),
    change(merchant, { webhooks, settings }) {
      const changed = {
        ...merchant,
        settings: { ...merchant.settings, ...settings },
        webhooks: webhooks ?? merchant.webhooks,
      }
      save(changed)
      return changed
    },
  }
}

function readMerchant(acquirer: AcquirerName, row: Row): Merchant {
  return {
    acquirer,
    id: text(row, 'id'),
    settings: parseTexts(text(row, 'settings')),
    webhooks: text(row, 'webhooks')
      .split('\n')
      .filter((url) => url !== ''),
  }
}
