// The payers' cards: numbers that no bank gave out, each with what its issuer says about it.

/** What the issuer does with a charge. */
export type Outcome =
  | 'approve'
  | 'insufficient_funds'
  | 'declined'
  | 'fraud'
  | 'expired'
  | 'unavailable'
  /** Wants to hear it from the payer: 3-D Secure with a page on which to confirm or refuse. */
  | 'challenge'

export type Network = 'visa' | 'masterCard' | 'amex'

export interface TestCard {
  id: string
  network: Network
  /** On the plastic; what Google Pay hands out without a device. */
  number: string
  /** The number that stands for it on a device. */
  deviceNumber: string
  expiry: { month: number; year: number }
  outcome: Outcome
  /** Bound to the payer's device, with a cryptogram; else only on file with the wallet. */
  onDevice: boolean
  /** Apple Pay only knows cards on devices; Google Pay knows all. */
  inApplePay: boolean
  name: { en: string; 'zh-CN': string }
}

const FUTURE = { month: 12, year: 2031 }

export const TEST_CARDS: readonly TestCard[] = [
  card('approve', 'visa', '4242424242424242', '4895370012003478', 'Approved', '付款成功'),
  card(
    'approve_mastercard',
    'masterCard',
    '5555555555554444',
    '5204240250197840',
    'Approved',
    '付款成功',
  ),
  card('approve_amex', 'amex', '378282246310005', '371449635398431', 'Approved', '付款成功'),
  card(
    'insufficient_funds',
    'visa',
    '4000000000009995',
    '4895370000009997',
    'Not enough money',
    '余额不足',
  ),
  card('declined', 'visa', '4000000000000002', '4895370000000004', 'Declined', '银行拒绝'),
  card(
    'fraud',
    'masterCard',
    '5105105105105100',
    '5204240000000009',
    'Suspected fraud',
    '疑似欺诈',
  ),
  {
    ...card('expired', 'visa', '4000000000000069', '4895370000000061', 'Expired card', '卡已过期'),
    expiry: { month: 1, year: 2024 },
  },
  card(
    'unavailable',
    'visa',
    '4000000000000119',
    '4895370000000111',
    'Bank does not answer',
    '发卡行无应答',
  ),
  {
    ...card(
      'challenge',
      'visa',
      '4000000000003220',
      '4895370000003222',
      'Bank asks back (3-D Secure)',
      '需银行验证（3-D Secure）',
    ),
    onDevice: false,
  },
  {
    ...card(
      'approve_on_file',
      'visa',
      '4111111111111111',
      '4895370000001119',
      'Approved, on file only',
      '付款成功（仅绑定，无设备）',
    ),
    onDevice: false,
    inApplePay: false,
  },
]

function card(
  id: string,
  network: Network,
  number: string,
  deviceNumber: string,
  en: string,
  zh: string,
): TestCard {
  const outcome = id.startsWith('approve') ? 'approve' : id
  return {
    id,
    network,
    number,
    deviceNumber,
    expiry: FUTURE,
    outcome: isOutcome(outcome) ? outcome : 'declined',
    onDevice: true,
    inApplePay: true,
    name: { en, 'zh-CN': zh },
  }
}

function isOutcome(text: string): text is Outcome {
  return /^(approve|insufficient_funds|declined|fraud|expired|unavailable|challenge)$/.test(text)
}

export const DEFAULT_CARD = 'approve'

export function cardById(id: string): TestCard | undefined {
  return TEST_CARDS.find((known) => known.id === id)
}

/** The card behind either of its numbers. */
export function cardByNumber(number: string): TestCard | undefined {
  return TEST_CARDS.find((known) => known.number === number || known.deviceNumber === number)
}

/** As wallets show it on their sheets. */
export function shortName({ network, number }: TestCard): string {
  return `${NETWORK_NAMES[network]} ${number.slice(-4)}`
}

export const NETWORK_NAMES: Record<Network, string> = {
  visa: 'Visa',
  masterCard: 'MasterCard',
  amex: 'AmEx',
}
