// One line of the double-entry ledger.

export interface Entry {
  /** See src/ledger/postings.ts for the accounts there are. */
  account: string
  currency: string
  /** Minor units; positive debits, negative credits. Never zero. */
  amount: bigint
}
