// The live check of an account: Google's root keys where they are needed, and the acquirer's own.

import type { Ports } from '../../ports.ts'
import { checkAcquiring } from '../card.ts'
import type { Finding } from '../wallet.ts'
import type { GooglePayAccount } from './account.ts'
import { finding } from './findings.ts'
import { currentRootKeys } from './root-key-store.ts'
import { unexpired } from './root-keys.ts'

export async function check(ports: Ports, account: GooglePayAccount): Promise<Finding[]> {
  const [roots, acquiring] = await Promise.all([
    checkRootKeys(ports, account),
    checkAcquiring(ports, account),
  ])
  return [...roots, ...acquiring]
}

async function checkRootKeys(ports: Ports, { direct }: GooglePayAccount): Promise<Finding[]> {
  if (direct === undefined) return []
  const keys = unexpired(await currentRootKeys(ports, direct.roots), ports.clock.now())
  return [finding(keys.length > 0 ? 'root_keys_ready' : 'root_keys_unreachable')]
}
