// The payer's Bitcoin app: keeps what is going on and draws the screen that belongs to it.
import { SCREENS } from './bitcoin-screens.js'
import { beside } from './screens.js'
import { TEXTS, WALLETS } from './texts.js'

const screen = document.getElementById('screen')
const spoken = document.getElementById('spoken')
const memory = window.localStorage
const { wallet, base } = document.body.dataset
const PAYER = `buyer.${wallet}`
const POLL_MS = 2000
let language =
  memory.getItem('language') ?? (document.documentElement.lang.startsWith('zh') ? 'zh' : 'en')
let current = 'home'
let timer
let sending = false

const ctx = {
  payers: [],
  payer: undefined,
  payments: [],
  t(key, values = {}) {
    const text = WALLETS[wallet][language][key] ?? TEXTS[language][key] ?? key
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
  },
  has: (key) => key in WALLETS[wallet][language] || key in TEXTS[language],
  others: Object.entries(WALLETS).filter(([name]) => name !== wallet),
  nameOf: (payer) => (language === 'zh' ? payer.name : payer.name_en),
  when: (iso) =>
    new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    }).format(new Date(iso)),
  fiat: (fiat) => (fiat ? `≈ ${written(fiat)}` : ''),
  get language() {
    return language
  },
  switchLanguage() {
    language = language === 'zh' ? 'en' : 'zh'
    memory.setItem('language', language)
    redraw()
  },
  goHome,
  choosePayer: () => draw('people'),
  usePayer(id) {
    memory.setItem(PAYER, id)
    ctx.payer = ctx.payers.find((payer) => payer.id === id)
    return ctx.text ? open(ctx.text) : goHome()
  },
  openScan: () => draw('scan'),
  open,
  pay,
  show,
  act,
  /** `bitcoin:` links of this browser lead here from now on. */
  takeLinks: () =>
    navigator.registerProtocolHandler('bitcoin', `${window.location.origin}${base}?text=%s`),
}

function written({ CNY, USD }) {
  const [place, currency, value] = language === 'zh' ? ['zh-CN', 'CNY', CNY] : ['en-US', 'USD', USD]
  return new Intl.NumberFormat(place, { style: 'currency', currency }).format(Number(value))
}

function redraw() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = `${ctx.t('app')} · ${ctx.t('beside')}`
  document.getElementById('beside').replaceChildren(...beside(ctx).flat())
  screen.replaceChildren(...SCREENS[current](ctx).filter(Boolean))
}

function draw(name) {
  clearTimeout(timer)
  current = name
  screen.dataset.screen = name
  redraw()
  screen.scrollTop = 0
  const heading = screen.querySelector('h1')
  heading?.focus({ preventScroll: true })
  spoken.textContent = heading?.textContent ?? ''
}

/** Asks the sandbox; a refusal or silence answers `{problem}`. */
async function ask(path, body) {
  try {
    const answer = await fetch(
      `${base}/api/${path}`,
      body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    )
    const read = await answer.json()
    if (answer.ok) return read
    return { problem: read.problem?.code ?? 'unknownProblem', message: read.problem?.message ?? '' }
  } catch {
    return { problem: 'offline', message: '' }
  }
}

function fail({ problem, message }) {
  ctx.problem = problem
  ctx.message = message
  draw('problem')
}

async function loadPayers() {
  const read = await ask('payers')
  if (read.problem) return fail(read)
  ctx.payers = read.payers
  const wanted = memory.getItem(PAYER)
  ctx.payer = ctx.payers.find((payer) => payer.id === wanted) ?? ctx.payers[0]
  return ctx.payer
}

async function goHome() {
  ctx.text = undefined
  ctx.asked = undefined
  window.history.replaceState(null, '', base)
  if (!(await loadPayers())) return
  const read = await ask(`payments/${ctx.payer.id}`)
  if (read.problem) return fail(read)
  ctx.payments = read.payments
  draw('home')
}

async function open(text) {
  ctx.text = text
  const read = await ask('open', { text })
  if (read.problem) return fail(read)
  ctx.asked = read.asked
  draw('sheet')
}

async function pay({ way, fee, amount }) {
  if (sending) return
  sending = true
  const read = await ask('pay', { text: ctx.text, payer: ctx.payer.id, way, fee, amount })
  sending = false
  if (read.problem) return fail(read)
  await show(read.payment.txid)
}

async function show(txid) {
  const read = await ask(`payment/${txid}`)
  if (read.problem) return fail(read)
  ctx.payment = read.payment
  draw('payment')
  timer = setTimeout(() => watch(txid), POLL_MS)
}

// Blocks come without the payer's doing: what is shown follows them.
async function watch(txid) {
  const read = await ask(`payment/${txid}`)
  if (current !== 'payment' || ctx.payment.txid !== txid) return
  const before = JSON.stringify(ctx.payment)
  if (read.payment && JSON.stringify(read.payment) !== before) {
    const focused = document.activeElement?.id
    ctx.payment = read.payment
    redraw()
    spoken.textContent = screen.querySelector('h1')?.textContent ?? ''
    if (focused) document.getElementById(focused)?.focus()
  }
  timer = setTimeout(() => watch(txid), POLL_MS)
}

async function act(name) {
  if (sending) return
  sending = true
  const read = await ask('act', { txid: ctx.payment.txid, act: name })
  sending = false
  if (read.problem) return fail(read)
  await show(read.payment.txid)
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && current !== 'home') goHome()
})

async function start() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.getElementById('beside').replaceChildren(...beside(ctx).flat())
  if (!(await loadPayers())) return
  const text = new URLSearchParams(window.location.search).get('text')
  if (text) await open(text)
  else await goHome()
}

start()
