// Payments per second through the wallet itself: create, the payer pays, ask. The sandbox runs in the
// same process, so the figure holds both sides' work, tokens of a sheet included.

import { performance } from 'node:perf_hooks'
import type { WalletCase, World } from '../../test/contract/case.ts'
import { frontOf, orderIn } from '../../test/contract/order.ts'
import { percentile, round } from '../figures.ts'

const CALLERS = 4
const WARM_UP_MS = 500
const MEASURED_MS = 2_500

export interface SandboxFigure {
  case: string
  callers: number
  payments: number
  payments_per_second: number
  payment_ms: { p50: number; p99: number }
}

export async function paySandbox(walletCase: WalletCase): Promise<SandboxFigure> {
  const world = await walletCase.open()
  try {
    await load(walletCase, world, WARM_UP_MS)
    const start = performance.now()
    const times = await load(walletCase, world, MEASURED_MS)
    const seconds = (performance.now() - start) / 1000
    return {
      case: walletCase.name,
      callers: CALLERS,
      payments: times.length,
      payments_per_second: round(times.length / seconds),
      payment_ms: { p50: round(percentile(times, 50)), p99: round(percentile(times, 99)) },
    }
  } finally {
    await world.close()
  }
}

async function load(walletCase: WalletCase, world: World, lastingMs: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + lastingMs
  const call = async () => {
    while (performance.now() < until) {
      const start = performance.now()
      await payOne(walletCase, world)
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  return times
}

async function payOne({ wallet, name }: WalletCase, world: World): Promise<void> {
  const order = await orderIn(world, wallet, frontOf(wallet))
  const started = await wallet.create(world.ports, world.account, order)
  // What a sheet's token is charged for is paid; the others wait for the payer.
  if (started.status === 'succeeded') return
  if (order.token === undefined) {
    await world.pay({ ...started, walletReference: order.walletReference })
  }
  const { memory } = started
  const told = await wallet.query(world.ports, world.account, {
    ...order,
    ...(memory !== undefined && { memory }),
  })
  if (told.status !== 'succeeded') {
    throw new Error(`${name}: a payment is ${told.status}: ${JSON.stringify(told.problem)}`)
  }
}
