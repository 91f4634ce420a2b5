// Looks at ports from outside: is one free, does a program answer on it.

import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Whether a server could listen there now. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') return false
    if (code === 'EACCES')
      throw new Error(
        `Port ${port} may not be used by this user; choose one above 1023 with --port.`,
      )
    if (code === 'EADDRNOTAVAIL')
      throw new Error(`TONGBAO_HOST is "${host}", which is no address of this machine.`)
    throw error
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}

/** Settles when the address answers with 200; rejects with the signal's reason. */
export async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!(await answersOnce(url))) {
    signal.throwIfAborted()
    await delay(25)
  }
}

function answersOnce(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 2000, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}
