// Misbehavior on demand: which fault strikes which message, by order, by rate and seed, or always.
import { createHash, randomUUID } from 'node:crypto'
import type { Books } from './books.ts'
import { integer, optionalInteger, optionalText, text } from './books.ts'

export interface FaultKind {
  /** Unique within its wallet. */
  name: string
  /** For the page where faults are switched. */
  title: { en: string; 'zh-CN': string }
  group: string
  /** True where `seconds` means something. */
  timed?: boolean
}

export interface FaultRule {
  id: string
  wallet: string
  kind: string
  /** Only this order. Absent: every order. */
  order?: string | undefined
  /** Only this operation, named as the wallet names it. */
  operation?: string | undefined
  /** Share of messages struck, 0 to 1, chosen by `seed`. */
  rate: number
  seed: string
  /** How many more messages are struck. Absent: no limit. */
  times?: number | undefined
  seconds?: number | undefined
}

export interface Strike {
  kind: string
  seconds?: number | undefined
}

export interface Faults {
  kinds(): readonly (FaultKind & { wallet: string })[]
  declare(wallet: string, kinds: readonly FaultKind[]): void
  add(rule: Omit<FaultRule, 'id'>): FaultRule
  list(): FaultRule[]
  /** Removes rules by id, by kind, of a wallet, or all. Returns how many went. */
  remove(which: {
    id?: string | undefined
    kind?: string | undefined
    wallet?: string | undefined
  }): number
  /**
   * Whether a fault of `kind` strikes now. `turn` tells apart several messages of one order, so
   * that the same seed strikes the same messages again.
   */
  strikes(where: {
    wallet: string
    kind: string
    order: string
    operation?: string
    turn?: number
  }): Strike | undefined
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS faults (
    id TEXT PRIMARY KEY, wallet TEXT NOT NULL, kind TEXT NOT NULL, order_number TEXT,
    operation TEXT, rate REAL NOT NULL, seed TEXT NOT NULL, times INTEGER, seconds INTEGER
  ) STRICT;
`

/** Opens the fault rules kept in the books. Rules stay until removed or used up. */
export function openFaults(books: Books): Faults {
  books.define(TABLE)
  const declared: (FaultKind & { wallet: string })[] = []
  let rules = books.all('SELECT * FROM faults').map(readRule)

  function used(rule: FaultRule): void {
    if (rule.times === undefined) return
    rule.times -= 1
    if (rule.times > 0) {
      books.run('UPDATE faults SET times = ? WHERE id = ?', rule.times, rule.id)
      return
    }
    books.run('DELETE FROM faults WHERE id = ?', rule.id)
    rules = rules.filter((other) => other !== rule)
  }

  return {
    kinds: () => declared,
    declare: (wallet, kinds) => void declared.push(...kinds.map((kind) => ({ ...kind, wallet }))),
    list: () => rules.map((rule) => ({ ...rule })),
    add(given) {
      const rule = { ...given, id: randomUUID() }
      books.run(
        'INSERT INTO faults VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        rule.id,
        rule.wallet,
        rule.kind,
        rule.order ?? null,
        rule.operation ?? null,
        rule.rate,
        rule.seed,
        rule.times ?? null,
        rule.seconds ?? null,
      )
      rules.push(rule)
      return { ...rule }
    },
    remove({ id, kind, wallet }) {
      const gone = rules.filter(
        (rule) =>
          (id ?? rule.id) === rule.id &&
          (kind ?? rule.kind) === rule.kind &&
          (wallet ?? rule.wallet) === rule.wallet,
      )
      books.atomically(() => {
        for (const rule of gone) books.run('DELETE FROM faults WHERE id = ?', rule.id)
      })
      rules = rules.filter((rule) => !gone.includes(rule))
      return gone.length
    },
    strikes({ wallet, kind, order, operation, turn }) {
      if (rules.length === 0) return undefined
      const rule = rules.find(
        (candidate) =>
          candidate.wallet === wallet &&
          candidate.kind === kind &&
          (candidate.order === undefined || candidate.order === order) &&
          (candidate.operation === undefined || candidate.operation === operation) &&
          chance(`${candidate.seed}|${kind}|${order}|${operation ?? ''}|${turn ?? 0}`) <
            candidate.rate,
      )
      if (!rule) return undefined
      used(rule)
      return { kind, seconds: rule.seconds }
    },
  }
}

// A number in [0, 1) that depends on nothing but its text.
function chance(source: string): number {
  return createHash('sha256').update(source).digest().readUInt32BE(0) / 2 ** 32
}

function readRule(row: Record<string, unknown> & Parameters<typeof text>[0]): FaultRule {
  return {
    id: text(row, 'id'),
    wallet: text(row, 'wallet'),
    kind: text(row, 'kind'),
    order: optionalText(row, 'order_number'),
    operation: optionalText(row, 'operation'),
    rate: Number(row.rate),
    seed: text(row, 'seed'),
    times: optionalInteger(row, 'times'),
    seconds: row.seconds === null ? undefined : integer(row, 'seconds'),
  }
}
