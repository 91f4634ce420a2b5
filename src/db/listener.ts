// One connection that stays: it hears what other hubs committed, and holds the locks by which they
// see that this process lives.

import pg from 'pg'
import type { Log } from '../ports.ts'

export interface Listener {
  /** Holds an advisory lock until the returned function is called or this process ends. */
  hold(classId: number, name: string): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface ListenerOptions {
  log: Log
  /** Channel names and what to do with a message. */
  channels: Record<string, (payload: string) => void>
  /** The connection stands again after it was lost; messages of the time between are lost. */
  missed?(): void
}

const RECONNECT_MS = 500

export async function createListener(url: string, options: ListenerOptions): Promise<Listener> {
  const held: { classId: number; name: string }[] = []
  let client: pg.Client | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'tongbao listener',
      keepAlive: true,
    })
    next.on('notification', ({ channel, payload }) => options.channels[channel]?.(payload ?? ''))
    next.on('error', (error) =>
      options.log.warn({ error: error.message }, 'the listening connection broke'),
    )
    next.on('end', () => {
      if (client === next && !closed) reconnect()
    })
    await next.connect()
    for (const channel of Object.keys(options.channels))
      await next.query(`listen ${next.escapeIdentifier(channel)}`)
    for (const { classId, name } of held) await lock(next, classId, name)
    client = next
  }

  function reconnect(): void {
    client = undefined
    timer = setTimeout(() => {
      connect().then(options.missed, (error: unknown) => {
        options.log.warn(
          { error: String(error) },
          'the listening connection does not come back yet',
        )
        if (!closed) reconnect()
      })
    }, RECONNECT_MS)
  }

  await connect()
  return {
    async hold(classId, name) {
      const entry = { classId, name }
      held.push(entry)
      if (client) await lock(client, classId, name)
      return async () => {
        held.splice(held.indexOf(entry), 1)
        await client?.query('select pg_advisory_unlock_shared($1, hashtext($2))', [classId, name])
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end()
    },
  }
}

// Shared, so that waiting for a dead connection's lock never delays its successor.
async function lock(client: pg.Client, classId: number, name: string): Promise<void> {
  await client.query('select pg_advisory_lock_shared($1, hashtext($2))', [classId, name])
}
