// What an API key may do (PRODUCT AP-11). A write scope includes reading.

export const SCOPES = [
  'payments:read',
  'payments:write',
  'webhooks:read',
  'webhooks:write',
  'wallet_accounts:read',
  'wallet_accounts:write',
  'merchant:read',
  'merchant:write',
  'api_keys:read',
  'api_keys:write',
] as const

export type Scope = (typeof SCOPES)[number]

/** What a new key may do when nothing else is asked for. */
export const DEFAULT_SCOPES: readonly Scope[] = ['payments:read', 'payments:write']

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text)
}

/** Whether `granted` covers `wanted`. */
export function hasScope(granted: readonly Scope[], wanted: Scope): boolean {
  return (
    granted.includes(wanted) || granted.some((scope) => scope === wanted.replace(':read', ':write'))
  )
}
