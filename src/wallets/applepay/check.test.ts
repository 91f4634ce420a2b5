import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  MERCHANT_ID,
  makeIdentity,
  vectorKeys,
} from '../../../test/oracles/applepay-certificates.ts'
import type { OutgoingAnswer, OutgoingRequest } from '../../ports.ts'
import { json } from '../testing.ts'
import { fieldsOf, script } from './testing.ts'
import { applepay } from './wallet.ts'

const hexFile = Buffer.from('{"pspId":"A","version":1,"createdOn":1,"signature":"30"}').toString(
  'hex',
)
const SESSION = {
  merchantSessionIdentifier: 'S',
  nonce: 'n',
  merchantIdentifier: 'm',
  signature: '30',
}

async function codesOf(
  more: Record<string, string>,
  answer: (request: OutgoingRequest) => OutgoingAnswer,
  days = 700,
): Promise<string[]> {
  const identity = makeIdentity(MERCHANT_ID, { days })
  const {
    gateway: _1,
    root_certificate: _2,
    ...fields
  } = fieldsOf({
    merchant_identity_certificate: identity.certificate_pem,
    merchant_identity_key: identity.private_key_pem,
    ...more,
  })
  const read = applepay.readAccount(fields)
  assert.ok('account' in read)
  const findings = await applepay.check(script(...Array(9).fill(answer)).ports, read.account)
  return findings.map(({ level, code, param }) => `${level} ${code} ${param ?? ''}`.trim())
}

/** Apple and the domains as they should be; Adyen knows no such key. */
function sound({ url }: OutgoingRequest): OutgoingAnswer {
  if (url.includes('paymentSession')) return json(SESSION)
  if (url.includes('.well-known'))
    return { status: 200, headers: {}, body: Buffer.from(`${hexFile}\n`) }
  return json({ status: 401, errorCode: '000', message: 'HTTP Status Response' }, 401)
}

test('a sound account is connected; the findings of the acquirer name its fields', async () => {
  const codes = await codesOf({ domain_association: hexFile }, sound)
  assert.equal(codes[0], 'ok connected')
  assert.equal(codes.filter((code) => code.includes('domain_file')).length, 0)
  const rest = codes.slice(1).join()
  assert.match(rest, /error/)
  assert.doesNotMatch(rest, / \/(?!acquirer_)/)
})

test('a domain that does not serve the file is named', async () => {
  const codes = await codesOf({ domain_association: hexFile }, (request) =>
    request.url.includes('//shop.')
      ? { status: 301, headers: { location: '/' }, body: Buffer.of() }
      : sound(request),
  )
  assert.equal(codes.filter((code) => code === 'warning domain_file_missing /domains').length, 1)
})

test("a refused session is an error, and Apple's silence a warning", async () => {
  const refused = await codesOf({}, (request) =>
    request.url.includes('paymentSession') ? json({ statusMessage: 'no' }, 417) : sound(request),
  )
  assert.equal(refused[0], 'error session_refused')
  const down = await codesOf({}, (request) =>
    request.url.includes('paymentSession') ? json({}, 500) : sound(request),
  )
  assert.equal(down[0], 'warning unreachable')
})

test('a certificate that ends within 60 days is announced', async () => {
  const codes = await codesOf({}, sound, 59)
  assert.ok(codes.includes('warning certificate_expires_soon /merchant_identity_certificate'))
  const valid = await codesOf(
    { processing_certificate: vectorKeys.merchant_keys.m1.certificate_pem },
    sound,
  )
  assert.ok(!valid.some((code) => code.includes('certificate_')))
})
