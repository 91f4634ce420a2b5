// The sandbox's settings from the environment, checked once.
import type { SandboxOptions } from './server.ts'

export const DEFAULT_PORT = 18_100
/** Soon enough for who looks on, and late enough to see a payment wait. */
const BLOCK_SECONDS = 20

/** What to start with, or a sentence that names the wrong setting. */
export function readSettings(
  environment: Record<string, string | undefined>,
): SandboxOptions | { problem: string } {
  const port = Number(environment.TONGBAO_SANDBOX_PORT ?? DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return { problem: 'TONGBAO_SANDBOX_PORT must be a port number from 0 to 65535.' }
  }
  const tlsPort = Number(environment.TONGBAO_SANDBOX_TLS_PORT || 0)
  if (!Number.isInteger(tlsPort) || tlsPort < 0 || tlsPort > 65_535) {
    return { problem: 'TONGBAO_SANDBOX_TLS_PORT must be a port number from 0 to 65535.' }
  }
  for (const name of ['TONGBAO_HUB_URL', 'TONGBAO_SANDBOX_URL']) {
    const url = environment[name]
    if (url && !/^https?:\/\//.test(url))
      return { problem: `${name} must be an http or https address.` }
  }
  const blockSeconds = Number(environment.TONGBAO_SANDBOX_BLOCK_SECONDS ?? BLOCK_SECONDS)
  if (!Number.isInteger(blockSeconds) || blockSeconds < 0 || blockSeconds > 86_400) {
    return { problem: 'TONGBAO_SANDBOX_BLOCK_SECONDS must be a whole number from 0 to 86400.' }
  }
  const open = environment.TONGBAO_SANDBOX_OPEN ?? '0'
  if (open !== '0' && open !== '1') return { problem: 'TONGBAO_SANDBOX_OPEN must be 0 or 1.' }
  return {
    port,
    tlsPort,
    host: environment.TONGBAO_SANDBOX_HOST || '127.0.0.1',
    folder: environment.TONGBAO_SANDBOX_DATA || './data/sandbox',
    publicUrl: environment.TONGBAO_SANDBOX_URL || undefined,
    hubUrl: environment.TONGBAO_HUB_URL || undefined,
    open: open === '1',
    blockSeconds,
  }
}
