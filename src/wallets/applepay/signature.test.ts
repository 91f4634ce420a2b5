import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  issue,
  opensslVerifies,
  ROOT_PEM,
  vectorKeys,
} from '../../../test/oracles/applepay-certificates.ts'
import { makeToken, plaintextOf, type TokenWish } from '../../../test/oracles/applepay-tokens.ts'
import { TokenRefused } from './refusal.ts'
import { verifySignature } from './signature.ts'
import { readSheetToken } from './token.ts'

const root = { certificate_pem: ROOT_PEM, private_key_pem: vectorKeys.root_private_key_pem }
const LEAF = '1.2.840.113635.100.6.29=DER:0500'
const INTERMEDIATE = '1.2.840.113635.100.6.2.14=DER:0500'
const caExtensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']
const leafExtensions = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature']

function stageOf(wish: Partial<TokenWish>, sandboxSigner = true): string {
  const { token } = readSheetToken(makeToken({ plaintext: plaintextOf(), ...wish }).text)
  try {
    const now = Date.now()
    const limits = { maxAgeMs: 300_000, maxAheadMs: 300_000 }
    verifySignature(token, { root: new X509Certificate(ROOT_PEM), now, ...limits, sandboxSigner })
    return 'taken'
  } catch (error) {
    assert.ok(error instanceof TokenRefused, String(error))
    return error.stage
  }
}

interface ChainWish {
  leaf?: Partial<Parameters<typeof issue>[0]>
  intermediate?: Partial<Parameters<typeof issue>[0]>
  /** More certificates in the set. */
  more?: string
}

function chain({ leaf, intermediate, more = '' }: ChainWish): Partial<TokenWish> {
  const middle = issue({
    issuer: root,
    name: 'Test Integration CA',
    extensions: [...caExtensions, INTERMEDIATE],
    ...intermediate,
  })
  const end = issue({
    issuer: middle,
    name: 'ecc-smp-broker-sign_UC4-TEST',
    extensions: [...leafExtensions, LEAF],
    ...leaf,
  })
  return { chain: { leaf: end, intermediate: middle.certificate_pem + more } }
}

describe('a token signed as Apple signs is taken', () => {
  test('with lengths counted and with lengths left open', () => {
    assert.equal(stageOf({ indefinite: false }), 'taken')
    assert.equal(stageOf({ indefinite: true }), 'taken')
  })
  test('by an RSA certificate under the same chain', () => {
    assert.equal(stageOf({ leaf: 'leaf_rsa' }), 'taken')
  })
  test('by any chain to the pinned root that carries the markers', () => {
    assert.equal(stageOf(chain({})), 'taken')
    assert.equal(stageOf(chain({ more: ROOT_PEM })), 'taken')
  })
})

describe('a signature made in another way is refused', () => {
  const signed = { indefinite: false }
  const cases: [string, string, Partial<TokenWish>][] = [
    ['with content of its own', 'signature', { ...signed, words: ['-nodetach'] }],
    ['without signed attributes, and so without a time', 'signature', { words: ['-noattr'] }],
    ['with SHA-1', 'signature', { words: ['-md', 'sha1'] }],
    ['with SHA-512', 'signature', { words: ['-md', 'sha512'] }],
    ['naming the signer by its key', 'signature', { words: ['-keyid'] }],
    ['by two signers', 'signature', { words: ['-signer', 'other.pem', '-inkey', 'other.key'] }],
    ['over another kind of content', 'signature', { words: ['-econtent_type', '1.2.3.4'] }],
  ]
  for (const [name, stage, wish] of cases) {
    test(name, () => assert.equal(stageOf(wish), stage))
  }
})

describe('a chain that is not right is refused', () => {
  const cases: [string, string, ChainWish][] = [
    ['leaf expired when it signed', 'chain', { leaf: { to: '20250101000000Z' } }],
    ['leaf not valid yet when it signed', 'chain', { leaf: { from: '20330101000000Z' } }],
    ['intermediate expired when it signed', 'chain', { intermediate: { to: '20250101000000Z' } }],
    [
      'intermediate that is no authority',
      'chain',
      { intermediate: { extensions: ['basicConstraints=critical,CA:FALSE', INTERMEDIATE] } },
    ],
    ['leaf that is an authority', 'chain', { leaf: { extensions: [...caExtensions, LEAF] } }],
    [
      'leaf that may not sign',
      'chain',
      {
        leaf: {
          extensions: [
            'basicConstraints=critical,CA:FALSE',
            'keyUsage=critical,keyAgreement',
            LEAF,
          ],
        },
      },
    ],
    ['leaf issued by the root itself', 'chain', { leaf: { issuer: root } }],
    [
      'leaf that demands something nobody understands',
      'chain',
      { leaf: { extensions: [...leafExtensions, LEAF, '1.2.3.4=critical,DER:0500'] } },
    ],
    ['leaf without its marker', 'certificate_oid', { leaf: { extensions: leafExtensions } }],
    [
      'intermediate without its marker',
      'certificate_oid',
      { intermediate: { extensions: caExtensions } },
    ],
    [
      'one certificate with both markers',
      'certificate_oid',
      { leaf: { extensions: [...leafExtensions, LEAF, INTERMEDIATE] } },
    ],
    [
      'a stranger in the set',
      'certificate_oid',
      { more: vectorKeys.trust_roots.untrusted_root.certificate_pem },
    ],
    ['two leaves', 'certificate_oid', { more: vectorKeys.leaf_rsa.certificate_pem }],
  ]
  for (const [name, stage, wish] of cases) {
    test(name, () => assert.equal(stageOf(chain(wish)), stage))
  }
})

test("a token of Apple's sandbox does not pass where money is real", () => {
  const sandbox = chain({ leaf: { name: 'ecc-smp-broker-sign_UC4-SANDBOX' } })
  assert.equal(stageOf(sandbox, true), 'taken')
  assert.equal(stageOf(sandbox, false), 'chain')
})

test('no CMS at all is a fault of the form', () => {
  const made = makeToken({ plaintext: plaintextOf() })
  for (const bytes of [
    Buffer.of(0),
    Buffer.from('300506', 'hex'),
    Buffer.from('3080', 'hex'),
    Buffer.alloc(2000, 0x30),
  ]) {
    const paymentData = { ...made.paymentData, signature: bytes.toString('base64') }
    const { token } = readSheetToken(JSON.stringify({ paymentData }))
    const policy = {
      root: new X509Certificate(ROOT_PEM),
      now: Date.now(),
      maxAgeMs: 1,
      maxAheadMs: 1,
    }
    assert.throws(
      () => verifySignature(token, { ...policy, sandboxSigner: true }),
      (error) => error instanceof TokenRefused && error.stage === 'format',
    )
  }
  assert.equal(opensslVerifies(Buffer.of(0), Buffer.of(0), Date.now()), false)
})
