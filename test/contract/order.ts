// A fresh order as the hub would hand it to a wallet, for the contract suite and the benchmark.

import { newId, walletReferenceOf } from '../../src/ids.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import type { AttemptOrder, Surface, Wallet } from '../../src/wallets/wallet.ts'
import type { World } from './case.ts'

/** Where the payer is sent to first. */
export function frontOf({ capabilities }: Wallet): Surface {
  return capabilities.surfaces.includes('desktop') ? 'desktop' : 'qr'
}

export async function orderIn(
  world: World,
  wallet: Wallet,
  surface: Surface,
  more: Partial<AttemptOrder> = {},
): Promise<AttemptOrder> {
  const order: AttemptOrder = {
    walletReference: walletReferenceOf(
      newId('att', { clock: world.ports.clock, random: systemRandom }),
    ),
    surface,
    money: { amount: 8850n, currency: wallet.capabilities.currencies[0] ?? '' },
    title: '拿铁咖啡 Coffee beans 1kg <&="\'>',
    expiresAt: world.ports.clock.now() + 15 * 60_000,
    notifyUrl: world.notifyUrl,
    returnUrl: 'http://127.0.0.1:9/return/x',
    quitUrl: 'http://127.0.0.1:9/return/x',
    ...(surface === 'barcode' && { authCode: await world.payerCode('enough') }),
    payerAddress: '127.0.0.1',
    ...(world.accountIndex && { accountIndex: world.accountIndex() }),
    ...(surface === 'in_app' && {
      payer: (await world.payer?.()) ?? { userId: await world.payerId() },
    }),
    ...more,
  }
  return order.token === undefined && world.token
    ? { ...order, token: await world.token(order) }
    : order
}
