// The bank that gave out the card: decides about a charge, or asks the payer on a page of its own.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Books, text } from '../books.ts'
import { html, languageOf } from '../pages/html.ts'
import { document } from '../pages/layout.ts'
import type { Platform } from '../platform.ts'
import { cardByNumber, type Outcome, shortName, type TestCard } from './test-cards.ts'

export type Verdict = Exclude<Outcome, 'challenge'> | 'challenge' | 'unknown_number'

export interface Judged {
  verdict: Verdict
  card: TestCard | undefined
}

/** What the issuer says, before it has asked anybody. */
export function judge(
  number: string,
  expiry: { month: number; year: number },
  now: number,
): Judged {
  const card = cardByNumber(number)
  if (!card) return { verdict: 'unknown_number', card }
  const ends = Date.UTC(expiry.year, expiry.month, 1)
  return { verdict: ends <= now ? 'expired' : card.outcome, card }
}

export interface Challenge {
  id: string
  acquirer: string
  charge: string
  state: 'open' | 'confirmed' | 'refused'
}

export interface ChallengeView {
  merchant: string
  amount: string
  card: TestCard | undefined
}

/** The acquirer's side of a challenge. */
export interface ChallengeHost {
  show(challenge: Challenge): ChallengeView | undefined
  /** The payer has answered: where the browser goes now. */
  answered(challenge: Challenge): string
}

export interface Issuer {
  /** Opens a challenge; its address is {@link Issuer.address}. */
  ask(acquirer: string, charge: string): Challenge
  address(challenge: Challenge): string
  byId(id: string): Challenge | undefined
  byCharge(charge: string): Challenge | undefined
  host(acquirer: string, host: ChallengeHost): void
  /** Answers for the payer. Undefined: there is no such open challenge. */
  answer(id: string, state: 'confirmed' | 'refused'): { returnTo: string } | undefined
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS card_challenges (
    id TEXT PRIMARY KEY, acquirer TEXT NOT NULL, charge TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS card_challenges_charge ON card_challenges (charge);
`

export function addIssuer(app: FastifyInstance, platform: Platform): Issuer {
  const { books } = platform
  books.define(TABLE)
  const hosts = new Map<string, ChallengeHost>()
  const find = (books: Books, column: 'id' | 'charge', value: string) => {
    const row = books.get(
      `SELECT * FROM card_challenges WHERE ${column} = ? ORDER BY rowid DESC LIMIT 1`,
      value,
    )
    if (!row) return undefined
    const state = text(row, 'state')
    const challenge: Challenge = {
      id: text(row, 'id'),
      acquirer: text(row, 'acquirer'),
      charge: text(row, 'charge'),
      state: state === 'confirmed' || state === 'refused' ? state : 'open',
    }
    return challenge
  }
  const issuer: Issuer = {
    ask(acquirer, charge) {
      const challenge: Challenge = { id: randomUUID(), acquirer, charge, state: 'open' }
      books.run(
        'INSERT INTO card_challenges VALUES (?, ?, ?, ?)',
        challenge.id,
        acquirer,
        charge,
        challenge.state,
      )
      return challenge
    },
    address: ({ id }) => `${platform.address()}/issuer/${id}`,
    byId: (id) => find(books, 'id', id),
    byCharge: (charge) => find(books, 'charge', charge),
    host: (acquirer, host) => void hosts.set(acquirer, host),
    answer(id, state) {
      const challenge = find(books, 'id', id)
      const host = hosts.get(challenge?.acquirer ?? '')
      if (!challenge || !host || challenge.state !== 'open') return undefined
      return books.atomically(() => {
        books.run('UPDATE card_challenges SET state = ? WHERE id = ?', state, id)
        return { returnTo: host.answered({ ...challenge, state }) }
      })
    },
  }

  type AnswerRequest = FastifyRequest<{ Params: { id: string; answer: string } }>
  app.get<{ Params: { id: string } }>('/issuer/:id', (request, reply) => {
    const challenge = issuer.byId(request.params.id)
    const view = challenge && hosts.get(challenge.acquirer)?.show(challenge)
    const language = languageOf(request.headers['accept-language'])
    if (!challenge || !view || challenge.state !== 'open')
      return sendPage(reply, over(language), 410)
    return sendPage(reply, question(challenge, view, language), 200)
  })
  app.post('/issuer/:id/:answer', (request: AnswerRequest, reply) => {
    const { id, answer } = request.params
    const states = { confirm: 'confirmed', refuse: 'refused' } as const
    const state = answer === 'confirm' || answer === 'refuse' ? states[answer] : undefined
    const done = state && issuer.answer(id, state)
    const language = languageOf(request.headers['accept-language'])
    if (!done) return sendPage(reply, over(language), 410)
    return reply.header('cache-control', 'no-store').redirect(done.returnTo, 303)
  })
  return issuer
}

function sendPage(reply: FastifyReply, page: string, status: number) {
  return reply
    .code(status)
    .type('text/html;charset=utf-8')
    .header('cache-control', 'no-store')
    .send(page)
}

const TEXTS = {
  zh: {
    title: '发卡行验证',
    lead: '您的银行想确认这笔付款是您本人所为。',
    merchant: '商家',
    amount: '金额',
    card: '银行卡',
    confirm: '确认是我',
    refuse: '不是我，拒绝付款',
    over: '这个验证已经结束。',
    back: '请回到商店的页面。',
    test: '沙箱 · 不涉及真实资金',
  },
  en: {
    title: 'Your bank asks',
    lead: 'Your bank wants to be sure that it is you who pays.',
    merchant: 'Merchant',
    amount: 'Amount',
    card: 'Card',
    confirm: 'Yes, it is me',
    refuse: 'No, refuse the payment',
    over: 'This question is over.',
    back: 'Please go back to the page of the shop.',
    test: 'Sandbox · no real money',
  },
}

function question(challenge: Challenge, view: ChallengeView, language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const form = (answer: string, words: string, look: string) =>
    html`<form method="post" action="/issuer/${challenge.id}/${answer}"><button class="button ${look}" type="submit">${words}</button></form>`
  const body = html`<main class="cashier">
<header><div><h1>${t.title}</h1><p class="muted">${t.lead}</p></div></header>
<dl class="addresses"><dt>${t.merchant}</dt><dd>${view.merchant}</dd>
<dt>${t.amount}</dt><dd>${view.amount}</dd>
<dt>${t.card}</dt><dd>${view.card ? shortName(view.card) : ''}</dd></dl>
${form('confirm', t.confirm, '')}
${form('refuse', t.refuse, 'quiet')}
<footer><span class="tag">${t.test}</span></footer>
</main>`
  return document({ title: t.title, language, body })
}

function over(language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const body = html`<main class="cashier"><h1>${t.over}</h1><p>${t.back}</p></main>`
  return document({ title: t.title, language, body })
}
