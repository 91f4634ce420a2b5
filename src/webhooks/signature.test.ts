// Signatures are those of Standard Webhooks: the published check value, and two verifiers of others.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook as Standard } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'
import { newSecret, signatures } from './signature.ts'

const random = { bytes: (size: number) => randomBytes(size) }

test('the check value of PRODUCT AP-39', () => {
  const signed = signatures(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
  })
  assert.equal(signed, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test('a secret is whsec_ and 32 random bytes', () => {
  const secret = newSecret(random)
  assert.match(secret, /^whsec_[0-9A-Za-z+/]{43}=$/)
  assert.equal(Buffer.from(secret.slice(6), 'base64').length, 32)
  assert.notEqual(secret, newSecret(random))
})

test('standardwebhooks and svix verify any body, and refuse an altered one', () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (body, old) => {
      const secrets = [newSecret(random), newSecret(random)]
      const timestamp = Math.floor(Date.now() / 1_000)
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatures(secrets, { id: 'evt_1', timestamp, body }),
      }
      const secret = secrets[old ? 1 : 0] ?? ''
      for (const verifier of [new Standard(secret), new Svix(secret)]) {
        assert.deepEqual(verifier.verify(body, headers), JSON.parse(body))
        assert.throws(() => verifier.verify(`${body} `, headers))
        assert.throws(() => verifier.verify(body, { ...headers, 'webhook-id': 'evt_2' }))
        const later = { ...headers, 'webhook-timestamp': String(timestamp + 1) }
        assert.throws(() => verifier.verify(body, later))
      }
      assert.throws(() => new Standard(newSecret(random)).verify(body, headers))
    }),
    { numRuns: 50 },
  )
})
