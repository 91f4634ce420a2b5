// Checks every wallet account once a day and tells its merchant of certificates that end, while
// there is still time to renew them.

import { query, timestamp } from '../db/pool.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Finding } from '../wallets/wallet.ts'
import { tellOfAccount } from '../webhooks/wallet-account-events.ts'
import type { PaymentContext } from './context.ts'

const DAY_MS = 86_400_000
/** What has been announced is announced again after this time, as long as it holds. */
const TELL_AGAIN_MS = 7 * DAY_MS

/** Findings about dates: nothing is wrong yet, and everything will be. */
const ABOUT_DATES: ReadonlySet<string> = new Set([
  'certificate_expires_soon',
  'certificate_expired',
])

// One hub takes an account for a day; where it dies, the account waits for the next one.
const TAKE = {
  name: 'take-account-check',
  text: /* sql */ `
    insert into wallet_account_checks as c (merchant_id, wallet_account_id, checked_at)
    values ($1, $2, $3)
    on conflict (merchant_id, wallet_account_id) do update set checked_at = excluded.checked_at
    where c.checked_at <= $4
    returning told`,
}

/** To be called every few minutes. One account after the other, so that a check is never a burst. */
export async function checkAccounts(ctx: PaymentContext): Promise<void> {
  for (const connected of await ctx.wallets.ofWallets([...ctx.registry.keys()])) {
    try {
      await checkIfDue(ctx, connected)
    } catch (error) {
      const { walletAccountId } = connected
      ctx.ports.log.warn({ walletAccountId, error: String(error) }, 'an account check failed')
    }
  }
}

async function checkIfDue(ctx: PaymentContext, connected: ConnectedWallet): Promise<void> {
  const { merchantId, walletAccountId, wallet, account } = connected
  const now = ctx.ports.clock.now()
  const [taken] = await query<{ told: Record<string, number> }>(ctx.pool, TAKE, [
    merchantId,
    walletAccountId,
    timestamp(now),
    timestamp(now - DAY_MS),
  ])
  if (!taken) return
  const findings = await wallet.check(ctx.ports, account)
  const ending = findings.filter(({ code }) => ABOUT_DATES.has(code))
  const due = ending.filter((finding) => now - (taken.told[nameOf(finding)] ?? 0) >= TELL_AGAIN_MS)
  if (due.length === 0) return
  await tellOfAccount(
    { pool: ctx.pool, clock: ctx.ports.clock, random: ctx.ports.random },
    {
      merchantId,
      walletAccountId,
      type: 'wallet_account.expiring',
      data: presentExpiring(connected, ending),
      told: Object.fromEntries(ending.map((finding) => [nameOf(finding), now])),
    },
  )
}

function nameOf({ code, param }: Finding): string {
  return `${code} ${param ?? ''}`
}

function presentExpiring({ walletAccountId, livemode, wallet }: ConnectedWallet, found: Finding[]) {
  return {
    id: walletAccountId,
    object: 'wallet_account' as const,
    livemode,
    wallet: wallet.name,
    findings: found.map(({ level, code, param, message }) => ({
      level,
      code,
      param: param ?? null,
      message,
    })),
  }
}
