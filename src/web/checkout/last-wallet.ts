// The wallet that last paid on this device (CK-18): its name and nothing else, for 180 days, in a
// cookie of the hub, so that the first paint has the right order. The payer can switch it off.

const NAME = 'tongbao_wallet'
const MAX_AGE_S = 180 * 86_400
/** Instead of a name: nothing is to be remembered. */
const OFF = '-'

function stored(cookies: string): string | null {
  const pairs = cookies.split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === NAME)?.[1] ?? null
}

/** The wallet's name in a `Cookie` header or `document.cookie`; null when there is none. */
export function lastWallet(cookies: string): string | null {
  const value = stored(cookies)
  return value !== null && /^[a-z][a-z0-9_]{0,30}$/.test(value) ? value : null
}

/** The cookie to set after a payment, or null where the payer wants nothing remembered. */
export function rememberWallet(cookies: string, wallet: string, https: boolean): string | null {
  return stored(cookies) === OFF ? null : cookie(wallet, https)
}

/** The cookie that forgets, for good. */
export function forgetWallet(https: boolean): string {
  return cookie(OFF, https)
}

function cookie(value: string, https: boolean): string {
  const parts = [`${NAME}=${value}`, `Max-Age=${MAX_AGE_S}`, 'Path=/', 'SameSite=Lax']
  return [...parts, ...(https ? ['Secure'] : [])].join('; ')
}
