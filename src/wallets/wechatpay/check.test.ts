import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import type { OutgoingRequest } from '../../ports.ts'
import { check } from './check.ts'
import { decryptField, encryptField } from './cipher.ts'
import {
  accountOf,
  answer,
  bodyOf,
  fieldsOf,
  lost,
  merchantKeys,
  NOW,
  type PlatformName,
  privateKeyOf,
  refusedConnection,
  type Step,
  script,
  seal,
  unsigned,
  vectorKeys,
} from './testing.ts'

const { pubkey, cert_new: certNew } = vectorKeys.platform
const none = answer(404, { code: 'RESOURCE_NOT_EXISTS', message: '无可用的平台证书' })
const text = (value: unknown) => String(value)

/** The other side of the echo: opens the field with its key and seals it for the merchant. */
const echo = (by: PlatformName) => (request: OutgoingRequest) => {
  const { echo_message, encrypted_echo_message: sealed } = bodyOf(request)
  const { private_key_pem: pem } = vectorKeys.platform[by]
  const opened = decryptField(text(sealed), privateKeyOf(pem)) ?? 'not opened'
  const merchant = createPublicKey(merchantKeys.public_key_pem)
  const encrypted_echo_message = encryptField(opened, merchant)
  return answer(200, { echo_message, encrypted_echo_message }, { by })
}

const list = (names: readonly PlatformName[], by: PlatformName, key?: string) =>
  answer(
    200,
    {
      data: names.map((name) => ({
        serial_no: vectorKeys.platform[name].id,
        encrypt_certificate: seal(vectorKeys.platform[name].cert_pem ?? '', 'certificate', key),
      })),
    },
    { by },
  )

async function codes(fields: Record<string, string>, steps: Step[], now = NOW) {
  const played = script(...steps)
  played.clock.time = now
  const findings = await check(played.ports, accountOf(fields))
  return { codes: findings.map(({ code }) => code), findings, sent: played.sent }
}

test('a working account of the public key is connected, fields encrypted both ways', async () => {
  const { codes: found, sent } = await codes(fieldsOf(['pubkey']), [none, echo('pubkey')])
  assert.deepEqual(found, ['connected'])
  assert.match(sent[1]?.url ?? '', /\/v3\/security\/echo$/)
  assert.equal(sent[1]?.headers['wechatpay-serial'], pubkey.id)
})

test('an account without anything of WeChat Pay fetches the certificates and names the newest', async () => {
  const steps = [list(['cert_old', 'cert_new'], 'cert_old'), echo('cert_new')]
  const { codes: found, sent } = await codes(fieldsOf([]), steps)
  assert.deepEqual(found, ['connected'])
  assert.equal(sent[1]?.headers['wechatpay-serial'], certNew.id)
})

test('certificates about to expire are told, each under its field', async () => {
  const only = [list(['cert_old'], 'cert_old'), echo('cert_old')]
  const { findings } = await codes(fieldsOf([]), only)
  assert.deepEqual(
    findings.map(({ code, level, param }) => [code, level, param]),
    [
      ['connected', 'ok', undefined],
      ['certificate_expires_soon', 'warning', '/platform_certs'],
    ],
  )
  const late = Date.parse('2030-05-20T00:00:00Z')
  const at = (step: (request: OutgoingRequest) => ReturnType<typeof answer>) => step
  const answers = [
    answer(404, { code: 'RESOURCE_NOT_EXISTS' }, { now: late }),
    at((request) => answer(200, { echo_message: bodyOf(request).echo_message }, { now: late })),
  ]
  const own = await codes(fieldsOf(['pubkey']), answers, late)
  assert.deepEqual(own.codes, ['connected', 'certificate_expires_soon'])
  assert.equal(own.findings[1]?.param, '/merchant_cert')
  const over = Date.parse('2030-06-20T00:00:00Z')
  const expired = await codes(fieldsOf(['pubkey']), [lost, lost], over)
  assert.deepEqual(expired.codes, ['unreachable', 'certificate_expired'])
})

const refusals: readonly [string, Step, string][] = [
  ['a wrong key of ours', unsigned(401, { code: 'SIGN_ERROR', message: '' }), 'signature_refused'],
  ['a merchant that is not known', answer(400, { code: 'MCH_NOT_EXISTS' }), 'merchant_unknown'],
  ['a product that is not open', answer(403, { code: 'NO_AUTH' }), 'permission_missing'],
  ['another refusal', answer(400, { code: 'PARAM_ERROR' }), 'refused'],
  ['an echo that is another', answer(200, { echo_message: 'x' }), 'answer_not_verified'],
  ['an echo that is not signed', unsigned(200, { echo_message: 'x' }), 'answer_not_verified'],
  ['silence', lost, 'unreachable'],
]
for (const [what, step, code] of refusals) {
  test(`tells ${what}`, async () => {
    assert.deepEqual((await codes(fieldsOf(['pubkey']), [none, step])).codes, [code])
  })
}

test('tells that nobody is there', async () => {
  const nobody = Array<Step>(4).fill(refusedConnection)
  assert.deepEqual((await codes(fieldsOf(['pubkey']), nobody)).codes, ['unreachable'])
})

test('tells that the APIv3 key is wrong, which notifications would only show later', async () => {
  const other = list(['cert_old'], 'cert_old', vectorKeys.merchants.m2.api_v3_key)
  const { codes: found } = await codes(fieldsOf(['pubkey', 'cert_old']), [other, echo('pubkey')])
  assert.deepEqual(found, ['connected', 'api_v3_key_wrong'])
})

test('tells that there are no certificates where everything rests on them', async () => {
  const { codes: found } = await codes(fieldsOf(['cert_new']), [none, lost])
  assert.deepEqual(found, ['unreachable'])
  const fresh = answer(404, { code: 'RESOURCE_NOT_EXISTS' }, { by: 'cert_new' })
  const again = await codes(fieldsOf(['cert_new']), [fresh, lost])
  assert.deepEqual(again.codes, ['unreachable', 'no_platform_certificate'])
})

test('warns when a field that was encrypted for us cannot be opened', async () => {
  const odd = (request: OutgoingRequest) =>
    answer(200, { echo_message: bodyOf(request).echo_message, encrypted_echo_message: 'AAAA' })
  const { codes: found } = await codes(fieldsOf(['pubkey']), [none, odd])
  assert.deepEqual(found, ['connected', 'field_encryption_unproven'])
})
