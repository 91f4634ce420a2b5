// The guarded way out with a certificate of our own, against a real TLS server that asks for one.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { type ClientCertificate, NetworkError } from '../ports.ts'
import { createNetwork, type OpenNetwork } from './network.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const folder = mkdtempSync(join(tmpdir(), 'tongbao-mtls-'))
const file = (name: string) => readFileSync(join(folder, name), 'utf8')

function openssl(...words: string[]) {
  const { status, stderr } = spawnSync('openssl', words, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

function makeCertificate(name: string, subject: string, ...more: string[]): ClientCertificate {
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', subject]
  openssl(...made, '-keyout', `${name}.key`, '-out', `${name}.crt`, ...more)
  return { certificate: file(`${name}.crt`), key: file(`${name}.key`) }
}

const site = makeCertificate('site', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1')
const first = makeCertificate('first', '/CN=merchant.first')
const second = makeCertificate('second', '/CN=merchant.second')

const servers: Server[] = []
let network: OpenNetwork
let forgiving = ''
let strict = ''
let strict12 = ''

async function listen(options: object): Promise<string> {
  const server = createServer(
    { cert: site.certificate, key: site.key, requestCert: true, ...options },
    (request, response) => {
      assert.ok(request.socket instanceof TLSSocket)
      response.end(request.socket.getPeerCertificate().subject?.CN ?? 'nobody')
    },
  )
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `https://127.0.0.1:${address.port}`
}

before(async () => {
  forgiving = await listen({ rejectUnauthorized: false })
  const demand = { rejectUnauthorized: true, ca: [first.certificate] }
  strict = await listen(demand)
  strict12 = await listen({ ...demand, maxVersion: 'TLSv1.2' })
  network = createNetwork({
    log,
    allowPrivate: [forgiving, strict, strict12],
    authorities: [site.certificate],
  })
})
after(async () => {
  await network.close()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

async function ask(url: string, clientCertificate?: ClientCertificate): Promise<string> {
  const more = clientCertificate ? { clientCertificate } : {}
  const answer = await network.send({ method: 'GET', url, headers: {}, ...more })
  return Buffer.from(answer.body).toString()
}

const refusedBy =
  (...reasons: string[]) =>
  (error: unknown) =>
    error instanceof NetworkError && reasons.includes(error.reason)

test('a request is sent under its own certificate', async () => {
  assert.equal(await ask(strict, first), 'merchant.first')
})

test('connections of one certificate are never used for another or for none', async () => {
  const asked = [first, second, undefined, first, undefined, second]
  const names = ['merchant.first', 'merchant.second', 'nobody']
  const heard: string[] = []
  for (const certificate of asked) heard.push(await ask(forgiving, certificate))
  assert.deepEqual(heard, [names[0], names[1], names[2], names[0], names[2], names[1]])
})

test('a server that demands a certificate refuses none and a foreign one', async () => {
  for (const url of [strict, strict12]) {
    await assert.rejects(ask(url), refusedBy('tls', 'reset'))
    await assert.rejects(ask(url, second), refusedBy('tls', 'reset'))
  }
})

test('a key of another certificate is refused before anything is sent', async () => {
  await assert.rejects(
    ask(strict, { certificate: first.certificate, key: second.key }),
    (error) => error instanceof NetworkError && error.reason === 'tls' && !error.sent,
  )
})

test('a certificate opens no way to a host that is not public', async () => {
  await assert.rejects(ask('https://127.0.0.1:1', first), refusedBy('forbidden'))
})
