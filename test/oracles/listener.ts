// For oracle tests only: a server on this machine that keeps what an official client sends and
// answers as it is told.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Heard {
  method: string
  /** Path and query. */
  path: string
  headers: Record<string, string>
  body: string
}

export interface Listener {
  port: number
  heard: Heard[]
  /** What every further request is answered with. */
  answer: { status: number; body: unknown }
  close(): Promise<void>
}

export async function listen(): Promise<Listener> {
  const listener: Omit<Listener, 'port' | 'close'> = {
    heard: [],
    answer: { status: 200, body: {} },
  }
  const server = createServer(async (request, reply) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
    listener.heard.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(headers),
      body: Buffer.concat(chunks).toString('utf8'),
    })
    reply.writeHead(listener.answer.status, { 'content-type': 'application/json' })
    reply.end(JSON.stringify(listener.answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port }: AddressInfo = address
  return Object.assign(listener, {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}
