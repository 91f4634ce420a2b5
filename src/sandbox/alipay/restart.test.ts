// The books survive kill -9 and a restart: trades, keys, balances, notifications still to send.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { clientOf, listen, listOf, orderNumber } from '../test-support.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname

const running = new Set<ChildProcess>()
after(() => {
  for (const child of running) child.kill('SIGKILL')
})

async function launch(folder: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, TONGBAO_SANDBOX_PORT: '0', TONGBAO_SANDBOX_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { url: String(parseObject(String(line))?.sandbox), child }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit')
  child.kill(signal)
  const [code] = await ended
  running.delete(child)
  return typeof code === 'number' ? code : null
}

async function control(url: string, path: string, body?: JsonObject): Promise<JsonObject> {
  const answer = await fetch(`${url}/control/${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const read: unknown = await answer.json()
  return isObject(read) ? read : {}
}

test('kill -9 loses nothing that was answered, and the notification still comes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-sandbox-'))
  await using merchant = await listen()
  merchant.answer = 'fail'
  const first = await launch(folder)
  const [raw = {}] = listOf(await control(first.url, 'alipay/applications'), 'applications')
  const { sdk } = clientOf(raw, first.url)
  const outTradeNo = orderNumber()
  const made = await sdk.exec('alipay.trade.precreate', {
    notifyUrl: merchant.url,
    bizContent: { outTradeNo, totalAmount: '88.50', subject: 'x' },
  })
  const paid = await control(first.url, 'alipay/trades/pay', {
    qr: String(made.qrCode),
    buyer: '2088102100000001',
  })
  assert.equal(paid.status, 'TRADE_SUCCESS')
  await control(first.url, 'faults', { kind: 'gateway_5xx_after', out_trade_no: 'another' })
  await merchant.arrived(1)
  await end(first.child, 'SIGKILL')

  merchant.answer = 'success'
  const second = await launch(folder)
  const [again = {}] = listOf(await control(second.url, 'alipay/applications'), 'applications')
  assert.equal(again.app_private_key, raw.app_private_key)
  assert.equal(again.alipay_public_key, raw.alipay_public_key)
  const [trade] = listOf(await control(second.url, 'alipay/books'), 'trades')
  const { return_to: _, ...told } = paid
  assert.deepEqual(trade, told)
  const [buyer] = listOf(await control(second.url, 'alipay/buyers'), 'buyers')
  assert.equal(buyer?.balance, '49911.50')
  assert.equal(listOf(await control(second.url, 'faults'), 'faults').length, 1)
  await control(second.url, 'clock/advance', { seconds: 86_400 })
  let state: unknown
  while (state !== 'acknowledged') {
    const [notice] = listOf(await control(second.url, 'alipay/notifications'), 'notifications')
    state = notice?.state
  }
  const ids = new Set(merchant.received.map((notification) => notification.notify_id))
  assert.equal(ids.size, 1)
  assert.ok(sdk.checkNotifySignV2({ ...merchant.received.at(-1) }))
  assert.equal(await end(second.child, 'SIGTERM'), 0)
  rmSync(folder, { recursive: true })
})
