// The half of a card wallet that its acquirer does: Apple Pay and Google Pay hand out a token, and
// from there on the acquirer is asked, answers and notifies.

import type { Acquirer, ChangeObservation, Credential } from '../acquirers/acquirer.ts'
import type { Ports } from '../ports.ts'
import type {
  AccountField,
  AttemptOrder,
  Capabilities,
  Finding,
  NotificationVerdict,
  Observation,
  Problem,
  Wallet,
} from './wallet.ts'

/** An account of one acquirer, opened. */
export interface Acquiring {
  acquirer: Acquirer
  account: object
}

export interface CardAccount {
  acquiring: Acquiring
}

export type Acquirers = ReadonlyMap<string, Acquirer>

const PREFIX = 'acquirer_'

/** `acquirer`, and every field of every acquirer behind a prefix; which are needed it decides. */
export function acquirerFields(acquirers: Acquirers): AccountField[] {
  const names = [...acquirers.keys()].map((name) => `\`${name}\``).join(', ')
  const fields = new Map<string, AccountField>()
  for (const acquirer of acquirers.values()) {
    for (const field of acquirer.accountFields) {
      const name = PREFIX + field.name
      const other = fields.get(name)
      const own = `${acquirer.displayName.en}: ${field.description}`
      const fixed = field.fixed || other?.fixed
      fields.set(name, {
        name,
        secret: field.secret || other?.secret === true,
        required: false,
        ...(fixed && { fixed }),
        description: other ? `${other.description} ${own}` : own,
      })
    }
  }
  const choice: AccountField = {
    name: 'acquirer',
    secret: false,
    required: true,
    fixed: true,
    description: `Who charges the card: ${names}. Its own fields begin with \`${PREFIX}\`.`,
  }
  return [choice, ...fields.values()]
}

/** Fields that both card wallets have for their sheets. */
export const SHEET_FIELDS: readonly AccountField[] = [
  {
    name: 'country',
    secret: false,
    required: true,
    description: 'Where the merchant takes the money: two capital letters, ISO 3166-1.',
  },
  {
    name: 'sheet_script',
    secret: false,
    required: false,
    description: "Test only: address of a simulated sheet's script.",
  },
]

export interface SheetSettings {
  country: string
  /** In place of the wallet's own; test accounts only. */
  script: string | undefined
}

/** Reads {@link SHEET_FIELDS}; `report` is told the names of those that cannot be used. */
export function readSheetSettings(
  read: (name: string) => string,
  live: boolean,
  report: (field: 'country' | 'sheet_script') => void,
): SheetSettings {
  const country = read('country')
  if (!/^[A-Z]{2}$/.test(country)) report('country')
  const entered = read('sheet_script')
  if (entered === '') return { country, script: undefined }
  const url = URL.canParse(entered) ? new URL(entered) : undefined
  const host = url?.hostname ?? ''
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(host)
  // The host becomes a source in the page's policy, where `;` ends a rule and `*` means any host.
  const plain = local || /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host)
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && local)
  if (!safe || !plain || live || url?.username !== '' || url.password !== '') report('sheet_script')
  return { country, script: url?.href }
}

/** True for a field that {@link readAcquiring} reads. */
export function isAcquirerField(name: string): boolean {
  return name === 'acquirer' || name.startsWith(PREFIX)
}

/** The acquirer's account among all fields that were entered, or every fault of it. */
export function readAcquiring(
  acquirers: Acquirers,
  entered: Readonly<Record<string, string>>,
): { acquiring: Acquiring } | { findings: Finding[] } {
  const name = Object.hasOwn(entered, 'acquirer') ? (entered.acquirer ?? '').trim() : ''
  const acquirer = acquirers.get(name)
  if (!acquirer) return { findings: [unknownAcquirer(acquirers)] }
  const own = Object.entries(entered).flatMap(([field, value]) =>
    field.startsWith(PREFIX) ? [[field.slice(PREFIX.length), value]] : [],
  )
  const read = acquirer.readAccount(Object.fromEntries(own))
  if (entered.acquirer_capture?.trim() === 'manual') return { findings: [CAPTURES_BY_HAND] }
  return 'account' in read
    ? { acquiring: { acquirer, account: read.account } }
    : { findings: read.findings.map(prefixed) }
}

/**
 * The address of a simulated wallet, without a slash at its end. Undefined for anything but https, or
 * plain http on this machine; user, query and fragment are refused.
 */
export function readGateway(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password || url.search || url.hash) return undefined
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** The acquirer's live check, with its fields named as this account names them. */
export async function checkAcquiring(ports: Ports, { acquiring }: CardAccount): Promise<Finding[]> {
  const findings = await acquiring.acquirer.check(ports, acquiring.account)
  return findings.map(prefixed)
}

function prefixed(finding: Finding): Finding {
  const { param } = finding
  return param === undefined ? finding : { ...finding, param: `/${PREFIX}${param.slice(1)}` }
}

// A wallet's charge takes the money at once; an account that only holds it would refuse every one.
const CAPTURES_BY_HAND: Finding = {
  level: 'error',
  code: 'capture_manual',
  param: '/acquirer_capture',
  message: {
    en: 'Payments are captured with their authorization. Let the merchant account capture immediately, or connect another one.',
    'zh-CN':
      '付款在授权时即扣款。请将该商户账户设为立即请款（immediate capture），或换用其他账户。',
  },
}

function unknownAcquirer(acquirers: Acquirers): Finding {
  const names = [...acquirers.keys()].join(', ')
  return {
    level: 'error',
    code: 'acquirer_unknown',
    param: '/acquirer',
    message: {
      en: `The acquirer is one of: ${names}.`,
      'zh-CN': `收单机构须为以下之一：${names}。`,
    },
  }
}

/** What some acquirer takes in a currency that the wallet can show; each account's own is checked. */
export function cardCapabilities(
  acquirers: Acquirers,
  shows: (currency: string) => boolean,
): Capabilities {
  const limits: Capabilities['limits'] = {}
  for (const { capabilities } of acquirers.values()) {
    for (const [currency, { min, max }] of Object.entries(capabilities.limits)) {
      if (!shows(currency)) continue
      const other = limits[currency] ?? { min, max }
      limits[currency] = {
        min: min < other.min ? min : other.min,
        max: max > other.max ? max : other.max,
      }
    }
  }
  return {
    surfaces: ['desktop', 'mobile'],
    currencies: Object.keys(limits).sort(),
    limits,
    separateCapture: false,
    expiry: { minSeconds: 60, maxSeconds: 86_400 },
  }
}

/** Charges the card. What the hub decrypted appears in nothing that comes out of here. */
export async function charge(
  ports: Ports,
  { acquiring }: CardAccount,
  order: AttemptOrder,
  credential: Credential,
): Promise<Observation> {
  const { acquirer, account } = acquiring
  const limit = acquirer.capabilities.limits[order.money.currency]
  const { amount } = order.money
  if (limit === undefined || amount < limit.min || amount > limit.max) {
    return refused(order, {
      category: 'invalid_request',
      walletCode: 'amount',
      walletMessage: `${acquirer.name} does not take this amount in ${order.money.currency}`,
    })
  }
  const { token: _used, ...rest } = order
  const observation = await acquirer.authorize(ports, account, {
    ...rest,
    credential,
    capture: 'automatic',
  })
  if (credential.type !== 'network_token') return observation
  const { number, cryptogram, holderName } = credential
  const secrets = [number, cryptogram, holderName].filter((text) => text !== undefined)
  return withoutTexts(observation, secrets)
}

/** The attempt ended before anything was sent. */
export function refused(order: AttemptOrder, problem: Problem): Observation {
  return {
    source: 'response',
    status: 'failed',
    walletReference: order.walletReference,
    problem,
  }
}

// An acquirer's words may repeat what it was sent.
function withoutTexts<T>(value: T, secrets: readonly string[]): T
function withoutTexts(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') {
    return secrets.reduce((text, secret) => text.replaceAll(secret, '[removed]'), value)
  }
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [name, withoutTexts(item, secrets)])
  return Object.fromEntries(entries)
}

type AcquirersPart<Account extends CardAccount> = Pick<
  Wallet<Account>,
  | 'query'
  | 'close'
  | 'readNotification'
  | 'acknowledge'
  | 'verifyReturn'
  | 'nextQueryDelay'
  | 'absentGraceMs'
  | 'reverseAfterMs'
  | 'queuesNotifications'
> &
  Required<Pick<Wallet<Account>, 'continueFromReturn'>>

/** A change that nobody here asked for: this hub captures with the charge and refunds nothing. */
function noted(told: ChangeObservation, askFirst: boolean): NotificationVerdict {
  const { change, status, walletTransactionId, walletStatus, messageId } = told
  // Where a change was made by hand, the acquirer repeats the number of its payment.
  const walletReference = told.walletReference ?? told.reference
  const order = {
    ...(walletReference !== undefined && { walletReference }),
    ...(walletTransactionId !== undefined && { walletTransactionId }),
  }
  const word = walletStatus ?? `${change} ${status}`
  // A charge was told as paid when it was authorized; without its capture the money does not come.
  if (change === 'capture' && status === 'failed' && walletReference !== undefined) {
    const about = { ...order, ...(messageId !== undefined && { messageId }), walletStatus: word }
    const observation = { source: 'notification', status: 'reversed', ...about } as const
    return { verdict: 'verified', observation, askFirst }
  }
  const moved = change === 'refund' && status !== 'pending'
  return { verdict: 'ignored', reason: word, order, ...(moved && { afterPayment: true }) }
}

/** Everything that happens after the charge, handed to the account's acquirer. */
export function acquirersPart<Account extends CardAccount>(
  acquirers: Acquirers,
): AcquirersPart<Account> {
  const all = [...acquirers.values()]
  return {
    query: (ports, { acquiring: { acquirer, account } }, order) =>
      acquirer.query(ports, account, order),
    close: (ports, { acquiring: { acquirer, account } }, order) =>
      acquirer.cancel(ports, account, order),
    continueFromReturn: (ports, { acquiring: { acquirer, account } }, order, query) =>
      acquirer.continueFromReturn(ports, account, order, query),
    verifyReturn: ({ acquiring: { acquirer, account } }, query) =>
      acquirer.verifyReturn(account, query),

    readNotification({ acquiring: { acquirer, account } }, raw, now) {
      const read = acquirer.readNotification(account, raw, now)
      return read.verdict === 'change' ? noted(read.change, read.askFirst) : read
    },
    // Adyen holds back everything behind a notification that was not acknowledged.
    queuesNotifications: true,
    // Adyen reads these very bytes; the others read the status alone.
    acknowledge: (taken) => ({
      status: taken ? 200 : 500,
      contentType: 'text/plain; charset=utf-8',
      body: taken ? '[accepted]' : 'not taken',
    }),

    // Which acquirer it is, is not said here: the most eager one's time, and the most patient limit.
    nextQueryDelay(_surface, ageMs, untilExpiryMs) {
      const delays = all
        .map((acquirer) => acquirer.nextQueryDelay(ageMs, untilExpiryMs))
        .filter((delay) => delay !== undefined)
      return delays.length === 0 ? undefined : Math.min(...delays)
    },
    absentGraceMs: Math.max(0, ...all.map(({ absentGraceMs }) => absentGraceMs)),
    reverseAfterMs: () =>
      all.length === 0 ? undefined : Math.max(...all.map(({ cancelAfterMs }) => cancelAfterMs)),
  }
}
