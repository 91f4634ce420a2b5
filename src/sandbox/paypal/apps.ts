// The REST apps of merchants: their credentials, and the webhook of each.
import { randomBytes } from 'node:crypto'
import { type Books, type Row, text } from '../books.ts'

export interface App {
  clientId: string
  secret: string
  /** PayPal's number of the merchant. */
  merchantId: string
  webhookId: string
  /** Empty while nobody has told. */
  webhookUrl: string
  events: readonly string[]
}

export interface Apps {
  make(): App
  list(): App[]
  byClient(clientId: string): App | undefined
  byWebhook(webhookId: string): App | undefined
  setWebhook(
    app: App,
    to: { url?: string | undefined; events?: readonly string[] | undefined },
  ): App
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS paypal_apps (
    client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, merchant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL UNIQUE, webhook_url TEXT NOT NULL, events TEXT NOT NULL
  ) STRICT;
`

export function openApps(books: Books): Apps {
  books.define(TABLE)
  const one = (column: 'client_id' | 'webhook_id', value: string) => {
    const row = books.get(`SELECT * FROM paypal_apps WHERE ${column} = ?`, value)
    return row && readApp(row)
  }
  return {
    make() {
      const app: App = {
        clientId: `A${randomBytes(39).toString('base64url')}`,
        secret: `E${randomBytes(39).toString('base64url')}`,
        merchantId: letters(13),
        webhookId: letters(17),
        webhookUrl: '',
        events: ['*'],
      }
      books.run(
        'INSERT INTO paypal_apps VALUES (?, ?, ?, ?, ?, ?)',
        app.clientId,
        app.secret,
        app.merchantId,
        app.webhookId,
        app.webhookUrl,
        app.events.join(' '),
      )
      return app
    },
    list: () => books.all('SELECT * FROM paypal_apps ORDER BY rowid').map(readApp),
    byClient: (clientId) => one('client_id', clientId),
    byWebhook: (webhookId) => one('webhook_id', webhookId),
    setWebhook(app, { url = app.webhookUrl, events = app.events }) {
      books.run(
        'UPDATE paypal_apps SET webhook_url = ?, events = ? WHERE client_id = ?',
        url,
        events.join(' '),
        app.clientId,
      )
      return { ...app, webhookUrl: url, events }
    },
  }
}

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRSTUVWXY'

/** Capital letters and digits by chance, as PayPal numbers things. */
export function letters(count: number): string {
  return Array.from(randomBytes(count), (byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('')
}

function readApp(row: Row): App {
  return {
    clientId: text(row, 'client_id'),
    secret: text(row, 'secret'),
    merchantId: text(row, 'merchant_id'),
    webhookId: text(row, 'webhook_id'),
    webhookUrl: text(row, 'webhook_url'),
    events: text(row, 'events').split(' '),
  }
}
