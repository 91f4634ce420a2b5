// The people who pay: one whose bank agrees, one whose bank refuses, one whom PayPal looks at first.

export interface Payer {
  id: string
  /** PayPal's number of the account. */
  payerId: string
  email: string
  given: string
  surname: string
  outcome: 'agrees' | 'declines' | 'review'
  note: { zh: string; en: string }
}

export const PAYERS: readonly [Payer, ...Payer[]] = [
  {
    id: 'wren',
    payerId: 'WRENSANDBOX01',
    email: 'wren@payers.example',
    given: 'Wren',
    surname: 'Ashdown',
    outcome: 'agrees',
    note: { zh: '付款成功', en: 'pays' },
  },
  {
    id: 'tomas',
    payerId: 'TOMASSANDBOX2',
    email: 'tomas@payers.example',
    given: 'Tomas',
    surname: 'Vey',
    outcome: 'declines',
    note: { zh: '银行拒绝', en: 'the bank refuses' },
  },
  {
    id: 'ines',
    payerId: 'INESSANDBOX03',
    email: 'ines@payers.example',
    given: 'Ines',
    surname: 'Cordal',
    outcome: 'review',
    note: { zh: 'PayPal 审核中', en: 'held for a review' },
  },
]

export function payerById(id: string | undefined): Payer | undefined {
  return PAYERS.find((payer) => payer.id === id)
}
