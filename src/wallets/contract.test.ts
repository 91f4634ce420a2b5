// One suite for every wallet against its sandbox. A case that a wallet cannot do is listed by name.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UNTIL_PAYER_ACTS, type World } from '../../test/contract/case.ts'
import { CASES } from '../../test/contract/cases.ts'
import { frontOf, orderIn } from '../../test/contract/order.ts'
import { registry } from './index.ts'
import type { AttemptOrder, Observation, Surface } from './wallet.ts'

test('every wallet of the registry is put through the contract', () => {
  const names = CASES.map((c) => c.wallet.name)
  assert.deepEqual(
    [...registry.keys()].filter((name) => !names.includes(name)),
    [],
  )
})

for (const walletCase of CASES) {
  describe(walletCase.name, () => {
    const { wallet, untilPayerActs = UNTIL_PAYER_ACTS } = walletCase
    const front = frontOf(wallet)
    const { surfaces } = wallet.capabilities
    // Where an order exists before it is paid, and where the answer tells the payment.
    const waiting: Surface = surfaces.includes('qr') ? 'qr' : front
    const atOnce: Surface = surfaces.includes('barcode') ? 'barcode' : front
    let world: World
    before(async () => {
      world = await walletCase.open()
    })
    after(() => world.close())

    const can = (name: string, run: () => Promise<void>) => {
      const reason = walletCase.cannot[name]
      if (reason) test(`cannot: ${name}: ${reason}`, () => assert(reason.length > 10))
      else test(name, run)
    }

    const anOrder = (surface: Surface, more: Partial<AttemptOrder> = {}) =>
      orderIn(world, wallet, surface, more)
    // What a wallet asks to be kept is given back with the next question.
    const memories = new Map<string, string>()
    const keep = (reference: string, told: Observation) => {
      if (told.memory !== undefined) memories.set(reference, told.memory)
      return told
    }
    const remembered = (order: AttemptOrder): AttemptOrder => {
      const memory = memories.get(order.walletReference)
      return memory === undefined ? order : { ...order, memory }
    }
    const create = async (order: AttemptOrder) =>
      keep(order.walletReference, await wallet.create(world.ports, world.account, order))
    const query = async (order: AttemptOrder) =>
      keep(order.walletReference, await wallet.query(world.ports, world.account, remembered(order)))
    const close = async (order: AttemptOrder) =>
      keep(order.walletReference, await wallet.close(world.ports, world.account, remembered(order)))

    function isPaid(observation: Observation, order: AttemptOrder) {
      assert.equal(observation.status, 'succeeded', JSON.stringify(observation.problem))
      assert.deepEqual(observation.money, order.money)
      assert.equal(observation.walletReference, order.walletReference)
      assert(observation.walletTransactionId)
    }

    /** Some take the money a moment after they said yes. */
    const settled = async (started: Observation, order: AttemptOrder) =>
      started.status === 'processing' ? query(order) : started

    for (const surface of wallet.capabilities.surfaces.filter((s) => s !== 'barcode')) {
      can(`takes a payment on ${surface}`, async () => {
        const order = await anOrder(surface)
        const started = await create(order)
        if (order.token !== undefined) return isPaid(await settled(started, order), order)
        assert.equal(started.status, 'requires_action', JSON.stringify(started.problem))
        assert(started.nextAction)
        if (untilPayerActs.includes(surface)) assert.equal((await query(order)).status, 'absent')
        await world.pay({ ...started, walletReference: order.walletReference })
        isPaid(await query(order), order)
      })
    }

    can("takes a payment by the payer's code", async () => {
      const order = await anOrder('barcode')
      const started = await create(order)
      isPaid(started.status === 'processing' ? await query(order) : started, order)
    })

    can("a payer's code without funds is refused as insufficient_funds", async () => {
      const order = await anOrder('barcode', { authCode: await world.payerCode('none') })
      const started = await create(order)
      assert.equal(started.status, 'failed')
      assert.equal(started.problem?.category, 'insufficient_funds')
    })

    can('an order that the payer only looked at still waits', async () => {
      const order = await anOrder('qr')
      const started = await create(order)
      await world.look(started)
      assert.equal((await query(order)).status, 'requires_action')
    })

    can('an open order is closed and cannot be paid any more', async () => {
      const order = await anOrder('qr')
      const started = await create(order)
      await world.look(started)
      assert.equal((await close(order)).status, 'closed')
      await assert.rejects(world.pay(started))
      assert.match((await query(order)).status, /^(closed|absent)$/)
    })

    can('closing what nobody has begun says so', async () => {
      const order = await anOrder('desktop')
      await create(order)
      assert.equal((await close(order)).status, 'absent')
    })

    can('closing a paid order never hides the payment', async () => {
      const order = await anOrder(front)
      await world.pay(await create(order))
      const closed = await close(order)
      assert.notEqual(closed.status, 'closed')
      isPaid(await query(order), order)
    })

    can('the notification of a payment is verified, and refused for another account', async () => {
      const order = await anOrder(waiting)
      await world.pay(await create(order))
      const raw = await world.notification(order.walletReference)
      const verdict = () => wallet.readNotification(world.account, raw, world.ports.clock.now())
      const first = verdict()
      const unknown = first.verdict === 'refused' && first.reason === 'unknown_key'
      if (unknown) await wallet.refreshKeys?.(world.ports, world.account)
      const read = unknown ? verdict() : first
      assert.equal(read.verdict, 'verified')
      assert(read.verdict === 'verified')
      assert.equal(read.observation.walletReference, order.walletReference)
      assert.deepEqual(read.observation.money, order.money)
      assert.equal(
        wallet.readNotification(world.stranger, raw, world.ports.clock.now()).verdict,
        'refused',
      )
    })

    can('a notification with any changed byte is never read as another payment', async () => {
      const order = await anOrder(waiting)
      await world.pay(await create(order))
      const raw = await world.notification(order.walletReference)
      for (let i = 0; i < raw.body.length; i += 7) {
        const body = Uint8Array.from(raw.body)
        body[i] = (body[i] ?? 0) ^ 1
        const read = wallet.readNotification(
          world.account,
          { ...raw, body },
          world.ports.clock.now(),
        )
        assert(read.verdict === 'refused', `byte ${i} of ${Buffer.from(raw.body).toString()}`)
      }
    })

    for (const how of [
      'error_after_commit',
      'answer_lost',
      'unsigned',
      'wrong_key',
      'garbage',
    ] as const) {
      can(`an answer that is ${how} concludes nothing, and the next question tells`, async () => {
        const order = await anOrder(atOnce)
        await world.misbehave(how, order.walletReference)
        const started = await create(order)
        assert.equal(started.status, 'unknown')
        assert.equal(started.problem?.category, 'unknown_outcome')
        isPaid(await query(order), order)
      })
    }

    can('an order of another merchant is not there', async () => {
      const order = await anOrder(waiting)
      await world.pay(await create(order))
      assert.equal((await wallet.query(world.ports, world.stranger, order)).status, 'absent')
    })

    if (wallet.sheet) {
      const withCard = async (card: string) => {
        const order = await anOrder(front)
        const token = await world.token?.(order, card)
        return token === undefined ? order : { ...order, token }
      }

      can('a card without funds is refused as insufficient_funds', async () => {
        const started = await create(await withCard('insufficient_funds'))
        assert.equal(started.status, 'failed')
        assert.equal(started.problem?.category, 'insufficient_funds')
      })

      can('the bank asks back, and its answer decides', async () => {
        for (const answer of ['confirm', 'refuse'] as const) {
          const order = await withCard('challenge')
          const started = await create(order)
          assert.equal(started.nextAction?.type, 'redirect', JSON.stringify(started.problem))
          const back = (await world.answerBank?.(order.walletReference, answer)) ?? ''
          assert(wallet.verifyReturn(world.account, back))
          const { token: _used, ...rest } = order
          const told = await wallet.continueFromReturn?.(world.ports, world.account, rest, back)
          if (answer === 'confirm') isPaid(told ?? started, order)
          else assert.equal(told?.status, 'failed')
        }
      })

      can('a token has an identity, and is not charged when it is cut off', async () => {
        const { token = '' } = await anOrder(front)
        const now = world.ports.clock.now()
        const identity = wallet.identifyToken?.(world.account, token, now)
        assert(identity && 'tokenId' in identity, JSON.stringify(identity))
        const order = await anOrder(front, { token: token.slice(0, -40) })
        assert.notEqual((await create(order)).status, 'succeeded')
      })
    }

    can('the connection check finds a working account ok', async () => {
      const findings = await wallet.check(world.ports, world.account)
      assert.deepEqual(
        findings.filter((f) => f.level === 'error'),
        [],
      )
    })
  })
}
