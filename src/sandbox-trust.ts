// Test mode: whom the hub trusts so that it can reach the sandbox's Apple gateway, which speaks TLS
// with a certificate of the sandbox's own authority.

import { createNetwork } from './outgoing/network.ts'
import type { Log } from './ports.ts'

export interface SandboxTrust {
  /** Origins that may be on this machine. */
  origins: string[]
  /** Certificates in PEM. */
  authorities: string[]
}

const NOTHING: SandboxTrust = { origins: [], authorities: [] }
const WAIT_MS = 3_000

/** Asks the sandbox. One that does not answer is trusted with nothing until the next start. */
export async function readSandboxTrust(sandboxUrl: string, log: Log): Promise<SandboxTrust> {
  const network = createNetwork({ log, allowPrivate: [sandboxUrl] })
  try {
    const url = `${sandboxUrl}/control/applepay/authority`
    const answer = await network.send({ method: 'GET', url, headers: {}, timeoutMs: WAIT_MS })
    const value: unknown = JSON.parse(Buffer.from(answer.body).toString())
    if (answer.status === 200 && isAuthority(value)) {
      return { origins: [new URL(value.gateway).origin], authorities: [value.root_certificate] }
    }
    log.warn({ status: answer.status }, 'the sandbox names no authority of its own')
  } catch (error) {
    log.warn({ error: String(error) }, 'the sandbox does not answer')
  } finally {
    await network.close()
  }
  return NOTHING
}

interface Authority {
  gateway: string
  root_certificate: string
}

function isAuthority(value: unknown): value is Authority {
  return (
    typeof value === 'object' &&
    value !== null &&
    'gateway' in value &&
    typeof value.gateway === 'string' &&
    URL.canParse(value.gateway) &&
    'root_certificate' in value &&
    typeof value.root_certificate === 'string'
  )
}
