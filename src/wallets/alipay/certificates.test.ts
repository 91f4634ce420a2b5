import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { certificateSn, rootCertificateSn } from './certificate-number.ts'
import { chainsToRoot, proveDownload, readCertificates } from './certificates.ts'
import { accountOf, certificateFields, NOW, pem } from './testing.ts'

const [leaf] = readCertificates(pem('certs', 'alipay_leaf'))
const intermediates = readCertificates(pem('certs', 'sub_ca'))
const roots = readCertificates(pem('certs', 'root_bundle'))
assert.ok(leaf)

describe('the chain to the pinned root', () => {
  test('holds with its intermediate', () => {
    assert.equal(chainsToRoot(leaf, { roots, intermediates }, NOW), true)
  })

  test('does not hold without intermediate, under other roots, or outside its time', () => {
    assert.equal(chainsToRoot(leaf, { roots, intermediates: [] }, NOW), false)
    assert.equal(chainsToRoot(leaf, { roots: [], intermediates }, NOW), false)
    const [rsa, ...others] = roots
    assert.ok(rsa)
    assert.equal(chainsToRoot(leaf, { roots: others, intermediates }, NOW), false)
    for (const time of ['2026-01-01', '2037-01-01']) {
      assert.equal(chainsToRoot(leaf, { roots, intermediates }, Date.parse(time)), false)
    }
  })

  test('an authority is no leaf', () => {
    const [authority] = intermediates
    assert.ok(authority)
    assert.equal(chainsToRoot(authority, { roots, intermediates }, NOW), false)
  })
})

test('a merchant’s certificate is never taken for Alipay’s, whatever its number', () => {
  const trust = accountOf(certificateFields()).certificates?.trust
  assert.ok(trust)
  const file = pem('certs', 'app_leaf') + pem('certs', 'sub_ca')
  const content = Buffer.from(file).toString('base64')
  const sn = pem('certs', 'app_leaf_sn')
  assert.equal(proveDownload(content, { trust, sn, now: NOW }), undefined)
  const [own] = readCertificates(file)
  assert.ok(own && chainsToRoot(own, { roots, intermediates }, NOW), 'though its chain holds')
})

test('files that are no certificates have no number', () => {
  for (const text of [
    '',
    'x',
    pem('app', 'public'),
    '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----',
  ]) {
    assert.equal(certificateSn(text), undefined)
    assert.equal(rootCertificateSn(text), undefined)
    assert.deepEqual(readCertificates(text), [])
  }
})

test('a damaged certificate never throws', () => {
  const der = leaf.raw
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(der)
      changed[at] = byte
      const text = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----`
      certificateSn(text)
      readCertificates(text)
    }),
    { numRuns: 500 },
  )
})
