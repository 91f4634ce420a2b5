// The payer's phone: keeps what is going on and draws the screen that belongs to it.
import { beside, SCREENS } from './screens.js'
import { TEXTS, WALLETS } from './texts.js'

const screen = document.getElementById('screen')
const spoken = document.getElementById('spoken')
const memory = window.localStorage
const { wallet, base } = document.body.dataset
const { problems } = WALLETS[wallet]
// Each wallet has payers of its own.
const PAYER = wallet === 'alipay' ? 'buyer' : `buyer.${wallet}`
let language =
  memory.getItem('language') ?? (document.documentElement.lang.startsWith('zh') ? 'zh' : 'en')
let entered = ''
let sending = false
let timer

const ctx = {
  buyers: [],
  buyer: undefined,
  history: [],
  t(key, values = {}) {
    const text = WALLETS[wallet][language][key] ?? TEXTS[language][key] ?? key
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
  },
  has: (key) => key in WALLETS[wallet][language] || key in TEXTS[language],
  others: Object.entries(WALLETS).filter(([name]) => name !== wallet),
  helpable: (problem) => problems.helpable.includes(problem),
  nameOf: (buyer) => (language === 'zh' ? buyer.name : buyer.name_en),
  when: (iso, full = false) =>
    new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      ...(full && { year: 'numeric', second: '2-digit' }),
    }).format(new Date(iso)),
  get language() {
    return language
  },
  switchLanguage() {
    language = language === 'zh' ? 'en' : 'zh'
    memory.setItem('language', language)
    redraw()
  },
  goHome,
  /** Back to the page that opened this phone in its own window, or to the first screen. */
  finish: (result) =>
    window.parent === window ? goHome() : window.parent.postMessage({ wallet, result }, '*'),
  choosePayer: async () => {
    await loadBuyers()
    draw('payers')
  },
  usePayer,
  openScan: () => draw('scan'),
  openCode,
  open,
  decline,
  askCode: () => {
    entered = ''
    draw('keypad')
  },
  backToSheet: () => draw('sheet'),
  press,
}

let current = 'home'

function redraw() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = `${ctx.t('app')} · ${ctx.t('beside')}`
  document.getElementById('beside').replaceChildren(...beside(ctx))
  screen.replaceChildren(...SCREENS[current](ctx).filter(Boolean))
  screen.scrollTop = 0
}

function draw(name) {
  clearTimeout(timer)
  current = name
  screen.dataset.screen = name
  redraw()
  const heading = screen.querySelector('h1')
  heading?.focus({ preventScroll: true })
  spoken.textContent = heading?.textContent ?? ''
}

/** Asks the sandbox; a refusal or silence becomes the problem screen and answers undefined. */
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

function fail(problem) {
  ctx.problem = problem
  draw('problem')
}

async function loadBuyers() {
  const read = await ask('buyers')
  if (read.problem) return fail(read.problem)
  ctx.buyers = read.buyers
  const wanted = memory.getItem(PAYER)
  ctx.buyer = ctx.buyers.find((buyer) => buyer.id === wanted) ?? ctx.buyers[0]
  return ctx.buyer
}

async function goHome() {
  ctx.text = undefined
  ctx.payable = undefined
  window.history.replaceState(null, '', base)
  if (!(await loadBuyers())) return
  const read = await ask(`buyers/${ctx.buyer.id}`)
  if (read.problem) return fail(read.problem)
  ctx.buyer = read.buyer
  ctx.history = read.history
  draw('home')
}

async function usePayer(id) {
  memory.setItem(PAYER, id)
  ctx.buyer = ctx.buyers.find((buyer) => buyer.id === id)
  return ctx.text ? open(ctx.text) : goHome()
}

async function open(text) {
  ctx.text = text
  ctx.payable = undefined
  const read = await ask('open', { text, buyer: ctx.buyer.id })
  if (read.problem) return fail(read.problem)
  ctx.payable = read.payable
  if (read.payable.state === 'paid') return draw('result')
  if (read.payable.state === 'closed') return fail(problems.closed)
  if (read.obstacle) return fail(read.obstacle)
  draw('sheet')
}

async function decline() {
  // Only a payment at a counter hears of it: there somebody waits for the answer.
  if (problems.hearsDecline) await ask('decline', { text: ctx.payable.key, buyer: ctx.buyer.id })
  draw('declined')
}

function press(key) {
  if (sending || current !== 'keypad') return
  if (key === 'Backspace') entered = entered.slice(0, -1)
  else if (entered.length < 6) entered += key
  showDots()
  if (entered.length === 6) pay()
}

function showDots() {
  const dots = document.getElementById('dots')
  dots.setAttribute('aria-label', ctx.t('digit', { n: entered.length }))
  for (const [index, dot] of [...dots.children].entries())
    dot.classList.toggle('full', index < entered.length)
  if (entered) document.getElementById('wrong').textContent = ''
}

async function pay() {
  sending = true
  const read = await ask('pay', { text: ctx.payable.key, buyer: ctx.buyer.id, code: entered })
  sending = false
  entered = ''
  if (read.problem === problems.wrongCode) {
    showDots()
    document.getElementById('dots').classList.remove('shake')
    requestAnimationFrame(() => document.getElementById('dots')?.classList.add('shake'))
    document.getElementById('wrong').textContent = ctx.t('wrong', {
      n: /\d+/.exec(read.message)?.[0] ?? '',
    })
    return
  }
  if (read.problem) return fail(read.problem)
  ctx.payable = read.payable
  draw('result')
}

async function openCode() {
  const read = await ask('barcode', { buyer: ctx.buyer.id })
  if (read.problem) return fail(read.problem)
  ctx.shown = read
  draw('code')
  watchCode(Date.now() + read.life_ms)
}

// A counter may take the money at once, or ask for the code on this phone.
async function watchCode(until) {
  if (current !== 'code') return
  const left = Math.ceil((until - Date.now()) / 1000)
  const label = document.getElementById('left')
  if (label) label.textContent = left > 0 ? ctx.t('seconds', { n: left }) : ctx.t('expired')
  if (left <= 0) return openCode()
  const read = await ask(`buyers/${ctx.buyer.id}`)
  if (current !== 'code') return
  const [newest] = read.history ?? []
  const known = ctx.newest ?? ctx.history[0]?.key
  if (newest && newest.key !== known) {
    ctx.newest = newest.key
    return open(newest.key)
  }
  timer = setTimeout(() => watchCode(until), 1000)
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (current === 'keypad' && (/^\d$/.test(event.key) || event.key === 'Backspace')) {
    event.preventDefault()
    press(event.key)
  } else if (event.key === 'Escape') {
    if (current === 'keypad') draw('sheet')
    else if (current === 'sheet') decline()
    else if (current !== 'home') goHome()
  }
})

async function start() {
  redrawFrame()
  if (!(await loadBuyers())) return
  const query = new URLSearchParams(window.location.search)
  const text = query.get('order') ?? query.get('qr') ?? query.get('trade') ?? query.get('text')
  if (text) await open(text)
  else await goHome()
}

function redrawFrame() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.getElementById('beside').replaceChildren(...beside(ctx))
}

start()
