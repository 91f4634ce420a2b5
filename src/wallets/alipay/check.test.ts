import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { check } from './check.ts'
import {
  accountOf,
  certificateFields,
  keyFields,
  pem,
  privateKey,
  type Step,
  script,
  signedAnswer,
} from './testing.ts'

const METHOD = 'alipay.trade.query'
const REFERENCE = `TBCHECK${Buffer.from(Uint8Array.from({ length: 12 }, (_, i) => i)).toString('hex')}`
const miss = (key = privateKey('alipay')) =>
  signedAnswer(
    METHOD,
    { code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST', out_trade_no: REFERENCE },
    { key },
  )
const plain = (code: string, sub_code: string) =>
  JSON.stringify({ alipay_trade_query_response: { code, sub_code } })

const found = async (fields: Record<string, string>, answer: Step, later = 0) => {
  const { ports, clock } = script(answer)
  clock.time += later
  return (await check(ports, accountOf(fields))).map(({ code, level }) => `${level} ${code}`)
}

test('an account that Alipay knows is connected', async () => {
  assert.deepEqual(await found(keyFields(), miss()), ['ok connected'])
  assert.deepEqual(await found(certificateFields(), miss()), ['ok connected'])
})

test('names what is wrong', async () => {
  const cases: [Step, string][] = [
    [new NetworkError('dns', false, 'x'), 'error unreachable'],
    [miss(privateKey('attacker')), 'error answer_not_verified'],
    ['<html>', 'error answer_not_verified'],
    [plain('40002', 'isv.invalid-app-id'), 'error application_unknown'],
    [plain('40002', 'isv.invalid-signature'), 'error signature_refused'],
    [plain('40002', 'isv.app-cert-not-exist'), 'error certificates_refused'],
    [plain('40006', 'isv.insufficient-isv-permissions'), 'error permission_missing'],
    [plain('40006', 'isv.ip-forbidden'), 'error permission_missing'],
    [plain('40001', 'isv.missing-timestamp'), 'error refused'],
    [plain('40004', 'ACQ.TRADE_NOT_EXIST'), 'error answer_not_verified'],
    [signedAnswer(METHOD, { code: '10000', out_trade_no: REFERENCE }), 'error answer_not_verified'],
  ]
  for (const [answer, expected] of cases) {
    assert.deepEqual(await found(keyFields(), answer), [expected])
  }
})

test('says when certificates end, have ended, or hang from nothing', async () => {
  const day = 86_400_000
  const almost = Date.parse('2036-11-01T00:00:00Z') - Date.parse('2027-01-01T00:00:00Z')
  assert.deepEqual(await found(certificateFields(), miss(), almost), [
    'ok connected',
    'warning certificate_expires_soon',
    'warning certificate_expires_soon',
  ])
  assert.deepEqual(await found(certificateFields(), miss(), almost + 30 * day), [
    'error answer_not_verified',
    'error certificate_expired',
    'error certificate_expired',
  ])
  const loose = certificateFields({ alipay_cert: pem('certs', 'alipay_leaf') })
  assert.deepEqual(await found(loose, miss()), [
    'ok connected',
    'warning certificate_chain_unproven',
  ])
})
