// Nothing that a merchant enters as a webhook URL leads anywhere but the public internet
// (PRODUCT SE-16 to SE-20).

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { after, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { NetworkError } from '../ports.ts'
import { isPublicAddress } from './addresses.ts'
import { createGuard, ForbiddenDestination, type Rule } from './guard.ts'
import { createWebhookNetwork } from './network.ts'
import { createResolver } from './resolver.ts'
import { TEST_CERTIFICATE } from './testing.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

// Listens on every address of this machine and counts who comes.
let arrivals = 0
const listener = createServer((socket) => {
  arrivals += 1
  socket.destroy()
})
listener.listen(0, '::')
await once(listener, 'listening')
after(() => listener.close())
const PORT = portOf(listener)

// With `{port}` the port that counts; the guard allows it, so that nothing else protects it.
const HOSTILE: Record<Rule, string[]> = {
  form: [
    '',
    'https://',
    'https:///',
    'https://:443/',
    'https://[::1',
    'https://256.1.1.1/',
    'https://1.2.3.4.5/',
    'https://0x7f.1.2.3.4/',
    'https://exa mple.com/',
    'https://a<b>.com/',
    '//127.0.0.1/',
    '/hook',
    'localhost',
    'https://[fe80::1%25eth0]/',
    'https://127.0.0.1:99999/',
  ],
  scheme: [
    'http://127.0.0.1:{port}/',
    'http://hooks.shop.com/',
    'ftp://127.0.0.1/',
    'ws://127.0.0.1:{port}/',
    'gopher://127.0.0.1:{port}/_x',
    'HTTP://LOCALHOST:{port}/',
  ],
  user_info: [
    'https://127.0.0.1@hooks.shop.com:{port}/',
    'https://hooks.shop.com@127.0.0.1:{port}/',
    'https://hooks.shop.com%40x:y@127.0.0.1:{port}/',
    'https://user:pass@[::1]:{port}/',
  ],
  port: [],
  name: [
    'https://localhost:{port}/',
    'https://localhost.:{port}/',
    'https://LOCALHOST:{port}/',
    'https://x.localhost:{port}/',
    'https://ｌｏｃａｌｈｏｓｔ:{port}/',
    'https://localhost.localdomain:{port}/',
    'https://ip6-localhost:{port}/',
    'https://db:{port}/',
    'https://metadata:{port}/',
    'https://metadata.google.internal:{port}/',
    'https://printer.local:{port}/',
    'https://nas.lan:{port}/',
    'https://router.home.arpa:{port}/',
    'https://x.onion:{port}/',
    'https://a.test:{port}/',
    'https://hooks.shop.com.:{port}/',
    'https://hooks..com:{port}/',
    'https://1.0.0.127.in-addr.arpa:{port}/',
  ],
  address: [
    // IPv4 in every spelling that a URL takes
    'https://127.0.0.1:{port}/',
    'https://127.1:{port}/',
    'https://127.0.1:{port}/',
    'https://2130706433:{port}/',
    'https://0x7f000001:{port}/',
    'https://0x7f.0x0.0x0.0x1:{port}/',
    'https://0177.0.0.01:{port}/',
    'https://017700000001:{port}/',
    'https://127.0.0.1.:{port}/',
    'https://１２７.０.０.１:{port}/',
    'https://①②⑦.⓪.⓪.①:{port}/',
    'https://127。0。0。1:{port}/',
    'https://%31%32%37.0.0.1:{port}/',
    'https://0:{port}/',
    'https://0.0.0.0:{port}/',
    'https://127.255.255.254:{port}/',
    // other ranges
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://2852039166/',
    'https://100.64.0.1/',
    'https://100.100.100.200/',
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    'https://192.0.2.1/',
    'https://192.88.99.1/',
    'https://198.18.0.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    // IPv6, and IPv4 inside it
    'https://[::1]:{port}/',
    'https://[::]:{port}/',
    'https://[0:0:0:0:0:0:0:1]:{port}/',
    'https://[::ffff:127.0.0.1]:{port}/',
    'https://[::ffff:7f00:1]:{port}/',
    'https://[::127.0.0.1]:{port}/',
    'https://[::ffff:0:127.0.0.1]:{port}/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::127.0.0.1]:{port}/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[ff02::1]/',
    'https://[100::1]/',
    'https://[2001:db8::1]/',
    'https://[3fff::1]/',
    'https://[5f00::1]/',
    'https://[4000::1]/',
    // public names with private addresses
    'https://loopback.shop.com:{port}/',
    'https://loopback6.shop.com:{port}/',
    'https://mixed.shop.com:{port}/',
    'https://metadata.shop.com/',
    'https://mapped.shop.com:{port}/',
    'https://empty.shop.com:{port}/',
    'https://127.0.0.1.nip.shop.com:{port}/',
    'https://hooks.shop.com\\@127.0.0.1:{port}/@',
  ],
}

const NAMES: Record<string, string[]> = {
  'loopback.shop.com': ['127.0.0.1'],
  'loopback6.shop.com': ['::1'],
  'mixed.shop.com': ['8.8.8.8', '127.0.0.1'],
  'metadata.shop.com': ['169.254.169.254'],
  'mapped.shop.com': ['::ffff:127.0.0.1'],
  'empty.shop.com': [],
  '127.0.0.1.nip.shop.com': ['127.0.0.1'],
  'hooks.shop.com': ['127.0.0.1'],
}

const resolve = async (hostname: string) => NAMES[hostname] ?? ['127.0.0.1']
const guard = createGuard({ ports: 'any', resolve })
const network = createWebhookNetwork({ log, guard })
after(() => network.close())

test('no hostile URL is accepted and no packet reaches this machine', async () => {
  let count = 0
  for (const [rule, urls] of Object.entries(HOSTILE)) {
    for (const written of urls) {
      const url = written.replaceAll('{port}', String(PORT))
      const refused = (error: unknown) => {
        assert.ok(error instanceof ForbiddenDestination, `${url}: ${error}`)
        assert.deepEqual([url, error.rule, error.sent], [url, rule, false])
        return true
      }
      await assert.rejects(guard.check(url), refused)
      await assert.rejects(network.send({ method: 'POST', url, headers: {}, body: '{}' }), refused)
      count += 1
    }
  }
  assert.ok(count >= 60, `${count} hostile URLs`)
  assert.equal(arrivals, 0)
})

test('only port 443 and the listed ports are allowed', () => {
  const strict = createGuard({ ports: [443, 8443] })
  for (const port of [22, 25, 80, 5432, 6379, 8080]) {
    assert.throws(() => strict.checkForm(`https://hooks.shop.com:${port}/`), { rule: 'port' })
  }
  for (const url of [
    'https://hooks.shop.com/x',
    'https://hooks.shop.com:443/',
    'https://hooks.shop.com:8443/',
  ]) {
    strict.checkForm(url)
  }
  assert.throws(() => createGuard().checkForm('https://hooks.shop.com:8443/'), { rule: 'port' })
})

test('public names and addresses are allowed', async () => {
  const open = createGuard({ resolve: async () => ['8.8.8.8', '2606:4700::1111'] })
  for (const url of [
    'https://hooks.shop.com/x?y=1',
    'https://商店.中国/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://a_b.shop.co.uk/',
    'https://HOOKS.Shop.COM/',
    'https://hooks.localhost.shop.com/',
  ]) {
    await open.check(url)
  }
  assert.ok(isPublicAddress('100.63.255.255') && isPublicAddress('172.32.0.1'))
})

test('only the exact origin is exempt', () => {
  const exempt = createGuard({ exempt: ['http://127.0.0.1:7003'] })
  exempt.checkForm('http://127.0.0.1:7003/any/path')
  exempt.checkForm('http://0x7f.1:7003/')
  for (const url of [
    'http://127.0.0.1:7004/',
    'https://127.0.0.1:7003/',
    'http://localhost:7003/',
    'http://127.0.0.2:7003/',
    'http://u:p@127.0.0.1:7003/',
    'http://127.0.0.1/',
    'http://[::ffff:127.0.0.1]:7003/',
  ]) {
    assert.throws(() => exempt.checkForm(url), ForbiddenDestination, url)
  }
  assert.throws(() => createGuard({ exempt: ['http://127.0.0.1:7003/'] }), RangeError)
})

test('a name that turns to loopback after the check is refused when it is used', async () => {
  const dns = await nameServer((query) => (query < 2 ? [8, 8, 8, 8] : [127, 0, 0, 1]))
  const resolver = createResolver({ servers: [`127.0.0.1:${dns.port}`] })
  const rebound = createGuard({ ports: 'any', resolve: resolver })
  const url = `https://rebind.shop.com:${PORT}/`
  await rebound.check(url)
  const asked = dns.queries()
  const sender = createWebhookNetwork({ log, guard: rebound })
  await assert.rejects(sender.send({ method: 'POST', url, headers: {} }), { rule: 'address' })
  // One look-up (A and AAAA) per connection: what was checked is what would be connected to.
  assert.equal(dns.queries() - asked, 2)
  assert.equal(arrivals, 0)
  await sender.close()
  dns.close()
})

test('an unknown name is told apart from a forbidden one', async () => {
  const dns = await nameServer(() => undefined)
  const resolver = createResolver({ servers: [`127.0.0.1:${dns.port}`] })
  const unknown = createGuard({ resolve: resolver }).check('https://nowhere.shop.com/')
  await assert.rejects(unknown, (error) => error instanceof NetworkError && error.reason === 'dns')
  dns.close()
})

test('TLS asks for the host of the URL, not for the address, and verifies it', async () => {
  const asked: (string | false | null | undefined)[] = []
  const server = createTlsServer(TEST_CERTIFICATE, (socket) => {
    asked.push(socket.servername)
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const permissive = createGuard({
    ports: 'any',
    resolve: async () => ['127.0.0.1'],
    allows: () => true,
  })
  const trusting = createWebhookNetwork({
    log,
    guard: permissive,
    authorities: [TEST_CERTIFICATE.cert],
  })
  const careful = createWebhookNetwork({ log, guard: permissive })
  const to = (host: string) =>
    ({
      method: 'POST',
      url: `https://${host}:${portOf(server)}/`,
      headers: {},
      body: '{}',
    }) as const
  assert.equal((await trusting.send(to(TEST_CERTIFICATE.host))).status, 204)
  assert.deepEqual(asked, [TEST_CERTIFICATE.host])
  const refused = { name: 'NetworkError', reason: 'tls', sent: false }
  await assert.rejects(trusting.send(to('other.tongbao-shop.com')), refused)
  await assert.rejects(careful.send(to(TEST_CERTIFICATE.host)), refused)
  await trusting.close()
  await careful.close()
  server.close()
})

// Answers A queries with what `answer` says for the n-th query, everything else with "no such name".
async function nameServer(answer: (query: number) => number[] | undefined) {
  let queries = 0
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const end = message.indexOf(0, 12) + 5
    const type = message.readUInt16BE(end - 4)
    const address = answer(queries++)
    const found = address && type === 1
    const head = Buffer.from(message.subarray(0, 12))
    head.writeUInt16BE(address ? 0x8180 : 0x8183, 2)
    head.writeUInt16BE(found ? 1 : 0, 6)
    head.writeUInt32BE(0, 8)
    const record = found
      ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address])
      : Buffer.alloc(0)
    socket.send(Buffer.concat([head, message.subarray(12, end), record]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, queries: () => queries, close: () => socket.close() }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}
