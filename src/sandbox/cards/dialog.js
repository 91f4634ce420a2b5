// The sheet on which a payer chooses a test card: an own drawing, over whatever page asked for it.
// Built by hand node by node, so that pages with strict content policies can show it.

const TEXTS = {
  zh: {
    sandbox: '沙箱 · 模拟界面，不涉及真实资金',
    payTo: '付款给',
    choose: '选择测试卡',
    confirm: '确认付款',
    cancel: '取消',
    hint: '在真实设备上，此处需双击侧边按钮或验证指纹、面容。',
    connecting: '正在验证商家…',
    ready: '',
    working: '正在处理…',
    done: '已完成',
    failed: '付款未完成',
    device: '设备卡（含密文）',
    file: '仅绑定卡号',
  },
  en: {
    sandbox: 'SANDBOX · simulated sheet, no real money',
    payTo: 'Pay to',
    choose: 'Choose a test card',
    confirm: 'Confirm',
    cancel: 'Cancel',
    hint: 'On a real device you would double-click the side button, or use face or fingerprint.',
    connecting: 'Checking the merchant…',
    ready: '',
    working: 'Working on it…',
    done: 'Done',
    failed: 'The payment was not made',
    device: 'On the device, with a cryptogram',
    file: 'On file only',
  },
}

const STYLES = `
:host { all: initial; color-scheme: light dark }
dialog {
  --ink: light-dark(#16202f, #eef1f7); --soft: light-dark(#566176, #aeb8ca);
  --paper: light-dark(#ffffff, #1b212d); --line: light-dark(#d5dce8, #38425a);
  --ground: light-dark(#f3f5f9, #121722); --main: light-dark(#0b53ce, #8bb4ff);
  --on-main: light-dark(#ffffff, #0b1630); --warn: light-dark(#7a4b00, #f2c774);
  --warn-ground: light-dark(#fdf1dc, #3a2b10); --bad: light-dark(#a81e1e, #ff9d94);
  box-sizing: border-box; width: min(26rem, 100vw); max-width: none; max-height: 92vh;
  padding: 0; border: 0; border-radius: 20px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", sans-serif;
  box-shadow: 0 24px 64px rgb(0 0 0 / 35%); overflow: auto;
}
dialog::backdrop { background: rgb(8 12 20 / 55%) }
.bar { margin: 0; padding: .5rem 1rem; background: var(--warn-ground); color: var(--warn);
  font-size: .8125rem; text-align: center }
.body { padding: 1rem 1.25rem 1.25rem }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem }
h2 { margin: 0; font-size: 1.125rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .125rem 1rem; margin: .75rem 0 1rem }
dt { color: var(--soft) }
dd { margin: 0; text-align: end; overflow-wrap: anywhere }
.amount { font-size: 1.75rem; font-weight: 650; font-variant-numeric: tabular-nums; grid-column: 1 / -1 }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0 }
legend { padding: 0; margin-bottom: .5rem; font-weight: 600 }
.cards { display: grid; gap: .375rem; max-height: 40vh; overflow: auto; padding: 3px }
label { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; align-items: center;
  min-height: 44px; padding: .375rem .75rem; border: 1px solid var(--line); border-radius: 12px;
  background: var(--ground); cursor: pointer }
label:has(:checked) { border-color: var(--main); box-shadow: 0 0 0 1px var(--main) }
label span { grid-column: 2 }
input { grid-row: 1 / span 2; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--main) }
small { grid-column: 2; color: var(--soft); font-size: .8125rem }
.status { min-height: 1.5rem; margin: .75rem 0 .25rem; text-align: center }
.status.failed { color: var(--bad) }
.hint { margin: .5rem 0 0; color: var(--soft); font-size: .8125rem; text-align: center }
button { font: inherit; cursor: pointer; min-height: 44px; border-radius: 12px }
.confirm { width: 100%; border: 0; background: var(--main); color: var(--on-main); font-weight: 650 }
.confirm:disabled { opacity: .5; cursor: default }
.cancel { padding: 0 .75rem; border: 1px solid var(--line); background: none; color: var(--ink) }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
@media (max-width: 34rem) {
  dialog { margin: auto 0 0; width: 100vw; border-radius: 20px 20px 0 0 }
}
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: rise .22s ease-out }
  @keyframes rise { from { transform: translateY(24px); opacity: 0 } }
}
`

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

/** The language of the page, or of the browser where the page does not tell. */
export function languageOf() {
  const tongue = document.documentElement.lang || navigator.language || 'en'
  return tongue.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

function money(amount, currency, language) {
  const format = { style: 'currency', currency }
  return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en', format).format(amount)
}

/**
 * Opens the sheet. `choose(cardId)` is called when the payer confirms, `leave()` when they cancel.
 * Returns what moves it on: `show(state)`, `amount(text, currency)`, `close()`.
 */
export function openSheet({ title, merchant, amount, currency, cards, choose, leave }) {
  const language = languageOf()
  const t = TEXTS[language]
  const host = document.createElement('div')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLES)
  root.adoptedStyleSheets = [sheet]

  const status = make('p', { className: 'status' })
  status.setAttribute('role', 'status')
  const price = make('dd', { className: 'amount', textContent: money(amount, currency, language) })
  const confirm = make('button', { type: 'submit', className: 'confirm', textContent: t.confirm })
  const cancel = make('button', { type: 'button', className: 'cancel', textContent: t.cancel })
  const options = cards.map((card, index) =>
    make(
      'label',
      {},
      make('input', { type: 'radio', name: 'card', value: card.id, checked: index === 0 }),
      make('span', { textContent: card.title }),
      make('small', {
        textContent: `${card.note[language === 'zh' ? 'zh-CN' : 'en']} · ${card.on_device ? t.device : t.file}`,
      }),
    ),
  )
  const form = make(
    'form',
    {},
    make(
      'fieldset',
      {},
      make('legend', { textContent: t.choose }),
      make('div', { className: 'cards' }, ...options),
    ),
    status,
    confirm,
    make('p', { className: 'hint', textContent: t.hint }),
  )
  const heading = make('h2', { id: 'title', textContent: title })
  const dialog = make(
    'dialog',
    { lang: language === 'zh' ? 'zh-CN' : 'en' },
    make('p', { className: 'bar', textContent: t.sandbox }),
    make(
      'div',
      { className: 'body' },
      make('header', {}, heading, cancel),
      make(
        'dl',
        {},
        make('dt', { textContent: t.payTo }),
        make('dd', { textContent: merchant }),
        price,
      ),
      form,
    ),
  )
  dialog.setAttribute('aria-labelledby', 'title')
  root.append(dialog)

  let state = 'connecting'
  function show(next) {
    state = next
    const still = state !== 'ready'
    confirm.disabled = still || cards.length === 0
    form.querySelector('fieldset').disabled = still
    cancel.disabled = state === 'working' || state === 'done'
    status.textContent = t[state]
    status.classList.toggle('failed', state === 'failed')
    if (state === 'ready') confirm.focus()
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (state !== 'ready') return
    const chosen = form.querySelector('input:checked')
    if (!chosen) return
    show('working')
    choose(chosen.value)
  })
  const give = () => {
    if (state !== 'working' && state !== 'done') leave()
  }
  cancel.addEventListener('click', give)
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
    give()
  })

  const before = document.activeElement
  document.body.append(host)
  dialog.showModal()
  show('connecting')
  return {
    show,
    amount(text, code) {
      price.textContent = money(text, code, language)
    },
    close() {
      dialog.close()
      host.remove()
      if (before instanceof HTMLElement) before.focus()
    },
  }
}
