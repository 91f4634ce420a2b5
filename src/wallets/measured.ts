// A wallet whose calls are timed.

import type { Ports } from '../ports.ts'
import type { AttemptOrder, Observation, Wallet, WalletAccount } from './wallet.ts'

export interface WalletCall {
  wallet: string
  operation: 'create' | 'query' | 'close'
  /** What the wallet said. */
  result: Observation['status']
  seconds: number
}

/** The same wallet, with every call to it told to `onCall`. */
export function measured(wallet: Wallet, onCall: (call: WalletCall) => void): Wallet {
  const timed =
    (operation: WalletCall['operation']) =>
    async (ports: Ports, account: WalletAccount, order: AttemptOrder): Promise<Observation> => {
      const start = performance.now()
      const observation = await wallet[operation](ports, account, order)
      const seconds = (performance.now() - start) / 1000
      onCall({ wallet: wallet.name, operation, result: observation.status, seconds })
      return observation
    }
  return { ...wallet, create: timed('create'), query: timed('query'), close: timed('close') }
}
