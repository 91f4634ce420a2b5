// What comes out of a wallet's token, whoever made it: the same for every acquirer.

export interface CardData {
  wallet: 'applepay' | 'googlepay'
  number: string
  expiry: { month: number; year: number }
  /** Base64; absent for a card that is only on file with the wallet. */
  cryptogram?: string | undefined
  eci?: string | undefined
  /** A token is good for one charge: equal for two copies of the same one. */
  tokenId: string
  /** Whom the token is for, where it says so: the merchant at the gateway. */
  gatewayMerchant?: string | undefined
}

/** Why a token could not be opened; `reason` is for the log, never for the merchant. */
export interface Unopened {
  reason: string
}

export function isUnopened(value: CardData | Unopened): value is Unopened {
  return 'reason' in value
}
