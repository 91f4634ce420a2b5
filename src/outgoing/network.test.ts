// The way to the wallets: what is known about a request that got no answer, and that hosts do not
// get into each other's way.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { NetworkError } from '../ports.ts'
import { createNetwork, type NetworkOptions, type OpenNetwork } from './network.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const servers: Server[] = []
const networks: OpenNetwork[] = []
after(async () => {
  for (const network of networks) await network.close()
  for (const server of servers) server.close()
})

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}`
}

const http = (listener: RequestListener) => listen(createHttpServer(listener))
const tcp = (listener: (socket: Socket) => unknown) =>
  listen(createServer((socket) => listener(socket.on('error', () => socket.destroy()))))

function networkTo(origins: string[], options: Partial<NetworkOptions> = {}): OpenNetwork {
  const network = createNetwork({ log, allowPrivate: origins, ...options })
  networks.push(network)
  return network
}

const lost = (reason: NetworkError['reason'], sent: boolean) => (error: unknown) => {
  assert.ok(error instanceof NetworkError, String(error))
  assert.deepEqual([error.reason, error.sent], [reason, sent], error.message)
  return true
}

test('an answer arrives whole, with status, headers and body', async () => {
  const origin = await http((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(418, {
        'x-echo': String(request.headers['x-a']),
        'set-cookie': ['a', 'b'],
      })
      response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`)
    })
  })
  const answer = await networkTo([origin]).send({
    method: 'POST',
    url: `${origin}/gateway.do?a=%E9%80%9A`,
    headers: { 'x-a': '1' },
    body: '宝',
  })
  assert.deepEqual(
    [answer.status, answer.headers['x-echo'], answer.headers['set-cookie']],
    [418, '1', 'a, b'],
  )
  assert.equal(Buffer.from(answer.body).toString(), 'POST /gateway.do?a=%E9%80%9A 宝')
})

test('a redirect is an answer, not followed', async () => {
  let requests = 0
  const origin = await http((_request, response) => {
    requests += 1
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const answer = await networkTo([origin]).send({ method: 'GET', url: `${origin}/`, headers: {} })
  assert.deepEqual([answer.status, requests], [302, 1])
})

test('proxy variables are not read', async () => {
  let proxied = 0
  const proxy = await http((_request, response) => {
    proxied += 1
    response.end()
  })
  const origin = await http((_request, response) => response.end('direct'))
  const before = { ...process.env }
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'])
    process.env[name] = proxy
  try {
    await networkTo([origin]).send({ method: 'GET', url: origin, headers: {} })
  } finally {
    process.env = before
  }
  assert.equal(proxied, 0)
})

test('refused, unknown and forbidden hosts: certainly not sent', async () => {
  const closed = createServer()
  const origin = await listen(closed)
  closed.close()
  await once(closed, 'close')
  const request = { method: 'POST', url: origin, headers: {}, body: 'x' } as const
  await assert.rejects(networkTo([origin]).send(request), lost('refused', false))
  await assert.rejects(networkTo([]).send(request), lost('forbidden', false))
  const resolve = () => Promise.reject(new NetworkError('dns', false, 'no such name'))
  const unknown = networkTo([], { resolve })
  await assert.rejects(
    unknown.send({ ...request, url: 'https://gone.shop.com/' }),
    lost('dns', false),
  )
  const inside = networkTo([], { resolve: async () => ['10.0.0.1'] })
  await assert.rejects(
    inside.send({ ...request, url: 'https://gateway.shop.com/' }),
    lost('forbidden', false),
  )
})

test('a host that speaks no TLS: certainly not sent', async () => {
  const plain = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  const origin = plain.replace('http:', 'https:')
  const request = { method: 'POST', url: origin, headers: {}, body: 'x' } as const
  await assert.rejects(networkTo([origin]).send(request), lost('tls', false))
})

test('a host that never finishes TLS: no connection in time, certainly not sent', async () => {
  const held: Socket[] = []
  const silent = await tcp((socket) => held.push(socket))
  const origin = silent.replace('http:', 'https:')
  const request = { method: 'POST', url: origin, headers: {}, connectTimeoutMs: 50 } as const
  await assert.rejects(networkTo([origin]).send(request), lost('connect_timeout', false))
  for (const socket of held) socket.destroy()
})

test('a host that never answers: perhaps sent', async () => {
  const origin = await tcp(() => undefined)
  const request = { method: 'POST', url: origin, headers: {}, timeoutMs: 50 } as const
  await assert.rejects(networkTo([origin]).send(request), lost('timeout', true))
})

test('a host that answers a drop at a time is given up at the total time', async () => {
  const origin = await tcp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 10)
    socket.on('close', () => clearInterval(drip))
  })
  const request = { method: 'POST', url: origin, headers: {}, timeoutMs: 80 } as const
  await assert.rejects(networkTo([origin]).send(request), lost('timeout', true))
})

test('a connection lost before or within the answer, or nonsense: perhaps sent', async () => {
  const answers = ['', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx', 'SSH-2.0-OpenSSH\r\n\r\n']
  for (const text of answers) {
    const origin = await tcp((socket) => socket.on('data', () => socket.end(text)))
    const request = { method: 'POST', url: origin, headers: {}, body: 'x' } as const
    await assert.rejects(networkTo([origin]).send(request), lost('reset', true))
  }
})

test('an answer larger than asked for is refused', async () => {
  const origin = await http((_request, response) => response.end('x'.repeat(1001)))
  const network = networkTo([origin])
  const request = { method: 'GET', url: origin, headers: {} } as const
  assert.equal((await network.send({ ...request, maxBytes: 1001 })).body.length, 1001)
  await assert.rejects(network.send({ ...request, maxBytes: 1000 }), lost('too_large', true))
})

test('a host that hangs fills its own queue and holds up nobody else', async () => {
  let arrived = 0
  const hanging = await http(() => {
    arrived += 1
  })
  const quick = await http((_request, response) => response.end('ok'))
  const network = networkTo([hanging, quick], { connections: 2, waiting: 3 })
  const limits = { timeoutMs: 400, connectTimeoutMs: 100 }
  const send = () => network.send({ method: 'POST', url: hanging, headers: {}, ...limits })
  const five = Array.from({ length: 5 }, () => send().catch((error: unknown) => error))
  await assert.rejects(send(), lost('overloaded', false))
  const answer = await network.send({ method: 'GET', url: quick, headers: {} })
  assert.equal(Buffer.from(answer.body).toString(), 'ok')
  const ends = (await Promise.all(five)).map((error) => {
    assert.ok(error instanceof NetworkError)
    return `${error.reason} ${error.sent}`
  })
  // Two were sent; three waited for a connection until their time to connect was over.
  assert.deepEqual(ends.sort(), [
    ...Array(3).fill('connect_timeout false'),
    ...Array(2).fill('timeout true'),
  ])
  assert.equal(arrived, 2)
  await assert.rejects(send(), lost('timeout', true))
})

test('connections are used again', async () => {
  const sockets = new Set<unknown>()
  const origin = await http((request, response) => {
    sockets.add(request.socket)
    response.end()
  })
  const network = networkTo([origin])
  for (let i = 0; i < 5; i++) await network.send({ method: 'GET', url: origin, headers: {} })
  // The first may still be finishing when the second request comes.
  assert.ok(sockets.size <= 2, `${sockets.size} connections`)
})
