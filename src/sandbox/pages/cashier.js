// The cashier page: watches the order, lets a test payer sign in, goes back to the shop.
const main = document.querySelector('main')
const texts = JSON.parse(main.dataset.texts)
const notice = document.querySelector('.notice')
const form = document.querySelector('.sign-in')
let ended = false

const PROBLEMS = {
  'ACQ.PAY_PASSWORD_WRONG': 'wrong',
  'ACQ.PAY_PASSWORD_LOCKED': 'locked',
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': 'funds',
  'ACQ.BUYER_ENABLE_STATUS_FORBID': 'frozen',
  'ACQ.TRADE_HAS_CLOSE': 'closed',
  'ACQ.TRADE_HAS_SUCCESS': 'done',
}

function say(text, bad = false) {
  notice.classList.toggle('bad', bad)
  if (notice.textContent !== text) notice.textContent = text
}

function show({ state, scanned, return_to: returnTo }) {
  if (state === 'paid') {
    ended = true
    form?.setAttribute('inert', '')
    say(returnTo ? texts.paid : texts.done)
    if (returnTo) setTimeout(() => window.top.location.assign(returnTo), 900)
  } else if (state === 'closed') {
    ended = true
    say(texts.closed, true)
  } else if (scanned && !notice.textContent) say(texts.scanned)
}

async function watch() {
  if (ended) return
  try {
    const answer = await fetch(`/cashier/${main.dataset.order}/state`)
    if (answer.ok) show(await answer.json())
  } catch {
    // The sandbox is away for a moment; the next look will tell.
  }
  setTimeout(watch, document.hidden ? 3000 : 1000)
}

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const given = new FormData(form)
  const answer = await fetch('/phone/api/pay', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      text: main.dataset.order,
      buyer: given.get('buyer'),
      code: given.get('code'),
    }),
  })
  const body = await answer.json()
  if (answer.ok) return show({ state: 'paid', return_to: body.payable.return_to })
  say(texts[PROBLEMS[body.problem?.code]] ?? texts.failed, true)
  form.elements.code.value = ''
  form.elements.code.focus()
})

watch()
