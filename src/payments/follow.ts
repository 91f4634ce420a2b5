// Follows public records (a block chain) for wallet accounts whose payers tell nobody: one hub at a
// time per account reads what is new and asks about the orders it concerns.

import { query, timestamp } from '../db/pool.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Milliseconds } from '../ports.ts'
import type { FollowFeed } from '../wallets/wallet.ts'
import { observe, orderOf } from './ask.ts'
import type { PaymentContext } from './context.ts'
import { findPaymentsByAddress, listOpenAddresses, whichAddresses } from './store.ts'

/** A hub that has died holds an account up no longer than this. */
const LEASE_MS = 20_000
/** How often a look that goes on is kept from being taken over. */
const RENEW_MS = 5_000
/** A look that takes longer hangs: another hub may try. */
const LOOK_MS = 120_000
/** After a look that failed as a whole. */
const AGAIN_MS = 15_000
/** Orders older than this end without anybody waiting: their addresses are only recognized. */
const OPEN_SINCE_MS = 45 * 86_400_000

const LEASE = {
  name: 'lease-position',
  text: /* sql */ `
    insert into wallet_account_positions as p (merchant_id, wallet_account_id, next_look_at, leased_until)
    values ($1, $2, $3, $4)
    on conflict (merchant_id, wallet_account_id) do update set leased_until = excluded.leased_until
    where p.next_look_at <= $3 and (p.leased_until is null or p.leased_until <= $3)
    returning position`,
}

const RENEW = {
  name: 'renew-position',
  text: /* sql */ `
    update wallet_account_positions set leased_until = $4
    where merchant_id = $1 and wallet_account_id = $2 and leased_until = $3
    returning 1 as held`,
}

/** Whoever lost the lease keeps nothing: another hub has begun where this one had begun. */
const KEEP = {
  name: 'keep-position',
  text: /* sql */ `
    update wallet_account_positions set position = $3, next_look_at = $4, leased_until = null
    where merchant_id = $1 and wallet_account_id = $2 and leased_until = $5`,
}

/** One look for every account that is due. To be called every second or so. */
export async function followAccounts(ctx: PaymentContext): Promise<void> {
  const followed = [...ctx.registry.values()].filter((w) => w.follow).map(({ name }) => name)
  if (followed.length === 0) return
  const accounts = await ctx.wallets.ofWallets(followed)
  await Promise.all(accounts.map((account) => lookIfDue(ctx, account)))
}

async function lookIfDue(ctx: PaymentContext, connected: ConnectedWallet): Promise<void> {
  const { merchantId, walletAccountId } = connected
  const key = [merchantId, walletAccountId]
  const now = ctx.ports.clock.now()
  const until = timestamp(now + LEASE_MS)
  const [lease] = await query<{ position: string | null }>(ctx.pool, LEASE, [
    ...key,
    timestamp(now),
    until,
  ])
  if (!lease) return
  const renewed = keepLease(ctx, key, now + LEASE_MS)
  const { position, nextMs } = await look(ctx, connected, lease.position)
  const held = await renewed.end()
  const next = timestamp(ctx.ports.clock.now() + nextMs)
  await query(ctx.pool, KEEP, [...key, position ?? null, next, timestamp(held)])
}

/** Renews the lease while a look goes on; `end` stops that and says until when it holds. */
function keepLease(ctx: PaymentContext, key: readonly string[], first: Milliseconds) {
  const begun = first - LEASE_MS
  let held = first
  let renewing: Promise<void> = Promise.resolve()
  async function renew() {
    const now = ctx.ports.clock.now()
    if (now > begun + LOOK_MS) return clearInterval(timer)
    const until = now + LEASE_MS
    try {
      const still = await query(ctx.pool, RENEW, [...key, timestamp(held), timestamp(until)])
      if (still.length > 0) held = until
      else clearInterval(timer)
    } catch (error) {
      ctx.ports.log.warn({ error: String(error) }, 'the lease of a look was not renewed')
    }
  }
  const timer = setInterval(() => {
    renewing = renewing.then(renew)
  }, RENEW_MS)
  timer.unref()
  const end = async () => {
    clearInterval(timer)
    await renewing
    return held
  }
  return { end }
}

/** A look that fails keeps its place. */
async function look(ctx: PaymentContext, connected: ConnectedWallet, position: string | null) {
  const { wallet, account, walletAccountId } = connected
  const feed = feedOf(ctx, connected, position)
  try {
    const result = await wallet.follow?.(ctx.ports, account, feed)
    if (result) return result
  } catch (error) {
    ctx.ports.log.warn(
      { walletAccountId, error: String(error) },
      'following a public record failed',
    )
  }
  return { position: position ?? undefined, nextMs: AGAIN_MS }
}

function feedOf(
  ctx: PaymentContext,
  { merchantId, walletAccountId }: ConnectedWallet,
  position: string | null,
): FollowFeed {
  const account = { merchantId, walletAccountId }
  return {
    position: position ?? undefined,
    open: () => listOpenAddresses(ctx.pool, account, ctx.ports.clock.now() - OPEN_SINCE_MS),
    known: (addresses) => whichAddresses(ctx.pool, account, addresses),
    async ask(news) {
      const answered = await Promise.all(news.map((each) => askAboutAddress(ctx, account, each)))
      return news.filter((_, i) => !answered[i]).map(({ address }) => address)
    },
  }
}

export interface AddressNews {
  address: string
  hints: readonly string[]
}

type Answer = 'told' | 'unknown' | 'stale'

/** How often an order is asked about at once when its answers come too late. */
const STALE_ANSWERS = 3

/** False when a wallet could not tell, so that what is new about the address is not known yet. */
async function askAboutAddress(
  ctx: PaymentContext,
  account: { merchantId: string; walletAccountId: string },
  news: AddressNews,
): Promise<boolean> {
  let answer: Answer = 'stale'
  for (let tries = 0; answer === 'stale' && tries < STALE_ANSWERS; tries += 1) {
    answer = await askOnce(ctx, account, news)
  }
  return answer === 'told'
}

async function askOnce(
  ctx: PaymentContext,
  account: { merchantId: string; walletAccountId: string },
  { address, hints }: AddressNews,
): Promise<Answer> {
  let answer: Answer = 'told'
  for (const payment of await findPaymentsByAddress(ctx.pool, account.merchantId, address)) {
    const attempt = payment.attempts.find((each) => each.details.address === address)
    const connected = attempt && (await ctx.wallets.find(attempt.walletAccountId))
    if (!attempt || connected?.walletAccountId !== account.walletAccountId) continue
    const order = { ...orderOf(ctx, payment, attempt), hints }
    const observation = await connected.wallet.query(ctx.ports, connected.account, order)
    const told = await observe(ctx, payment, attempt, connected.wallet, observation, false)
    // Somebody else's answer was faster, and may not have had the hints.
    if (told.kind === 'refused' && told.refusal.code === 'stale_observation') return 'stale'
    if (observation.status === 'unknown') answer = 'unknown'
  }
  return answer
}
