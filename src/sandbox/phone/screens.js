// What the phone draws: each function returns the elements of one screen.

/** An element: `h('button', { class: 'x', onclick }, 'text', child)`. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false))
  return element
}

const PATHS = {
  scan: 'M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M4 12h16',
  code: 'M4 5v14M8 5v14M11 5v14M15 5v14M17.500 5v14M20 5v14',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  cross: 'M12 7v6.500M12 17v.01',
  erase: 'M9 6h11v12H9l-6-6zM12 9.500l5 5M17 9.500l-5 5',
  chevron: 'M8 10l4 4 4-4',
}

/** Writes an SVG as an element; the text is our own, never a payer's. */
export function svg(source) {
  return new DOMParser().parseFromString(source, 'image/svg+xml').documentElement
}

export function icon(name) {
  return svg(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" class="icon" aria-hidden="true"><path d="${PATHS[name]}" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
  )
}

const grouped = (amount) => amount.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
export const money = (amount) => `¥${grouped(amount)}`

function bar(ctx, title, onback) {
  return h(
    'header',
    { class: 'bar' },
    h('button', { class: 'round', 'aria-label': ctx.t('back'), onclick: onback }, icon('back')),
    h('h1', { tabindex: '-1' }, title),
  )
}

export function home(ctx) {
  const { buyer, history } = ctx
  const name = ctx.nameOf(buyer)
  return [
    h(
      'header',
      { class: 'head' },
      h('p', { class: 'ribbon' }, ctx.t('test')),
      h(
        'div',
        { class: 'who' },
        h(
          'button',
          { class: 'payer', 'aria-label': `${ctx.t('switch')}: ${name}`, onclick: ctx.choosePayer },
          h('span', { class: 'face', 'aria-hidden': 'true' }, name.slice(0, 1)),
          h('span', {}, name),
          icon('chevron'),
        ),
        languageButton(ctx),
      ),
      h('h1', { class: 'hidden', tabindex: '-1' }, ctx.t('app')),
      h(
        'div',
        { class: 'tiles' },
        h('button', { class: 'tile', onclick: ctx.openScan }, icon('scan'), ctx.t('scan')),
        h('button', { class: 'tile', onclick: ctx.openCode }, icon('code'), ctx.t('code')),
      ),
    ),
    h(
      'main',
      { class: 'content lifted' },
      h(
        'section',
        { class: 'card balance' },
        h('h2', {}, ctx.t('balance')),
        h('p', { class: 'sum' }, money(buyer.balance)),
        h('p', { class: 'soft' }, ctx.t('topUp')),
      ),
      h(
        'section',
        { class: 'card' },
        h('h2', {}, ctx.t('recent')),
        history.length === 0
          ? h('p', { class: 'soft' }, ctx.t('none'))
          : h(
              'ul',
              { class: 'history' },
              history.map((trade) => entry(ctx, trade)),
            ),
      ),
    ),
  ]
}

function languageButton(ctx) {
  return h(
    'button',
    {
      class: 'pill',
      lang: ctx.language === 'zh' ? 'en' : 'zh-CN',
      'aria-label': ctx.t('languageLabel'),
      onclick: ctx.switchLanguage,
    },
    ctx.t('language'),
  )
}

function entry(ctx, trade) {
  const paid = trade.state === 'paid'
  const inside = [
    h(
      'span',
      { class: 'what' },
      h('span', {}, trade.subject),
      h('span', { class: 'soft' }, `${ctx.when(trade.created_at)} · ${trade.merchant ?? ''}`),
    ),
    h(
      'span',
      { class: paid ? 'sum out' : 'sum soft' },
      paid ? `-${money(trade.amount).slice(1)}` : money(trade.amount),
      !paid && h('span', { class: 'state' }, ctx.t(trade.state)),
    ),
  ]
  return h(
    'li',
    {},
    trade.state === 'waiting'
      ? h('button', { class: 'row', onclick: () => ctx.open(trade.key) }, inside)
      : h('div', { class: 'row' }, inside),
  )
}

export function payers(ctx) {
  return [
    bar(ctx, ctx.t('payers'), ctx.goHome),
    h(
      'main',
      { class: 'content' },
      h(
        'ul',
        { class: 'card people' },
        ctx.buyers.map((buyer) =>
          h(
            'li',
            {},
            h(
              'button',
              {
                class: 'row',
                'aria-pressed': String(buyer.id === ctx.buyer?.id),
                onclick: () => ctx.usePayer(buyer.id),
              },
              h('span', { class: 'face', 'aria-hidden': 'true' }, ctx.nameOf(buyer).slice(0, 1)),
              h(
                'span',
                { class: 'what' },
                h('span', {}, ctx.nameOf(buyer)),
                h('span', { class: 'soft' }, buyer.logon_id),
              ),
              h(
                'span',
                { class: 'sum' },
                money(buyer.balance),
                buyer.frozen
                  ? h('span', { class: 'state bad' }, ctx.t('frozen'))
                  : Number(buyer.balance) < 10 && h('span', { class: 'state bad' }, ctx.t('poor')),
              ),
            ),
          ),
        ),
      ),
    ),
  ]
}

export function scan(ctx) {
  const field = h('textarea', {
    id: 'text',
    rows: '5',
    required: true,
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-describedby': 'help',
  })
  const submit = (event) => {
    event.preventDefault()
    if (field.value.trim()) ctx.open(field.value)
  }
  return [
    bar(ctx, ctx.t('scanTitle'), ctx.goHome),
    h(
      'main',
      { class: 'content' },
      h('div', { class: 'finder', 'aria-hidden': 'true' }, icon('scan')),
      h(
        'form',
        { class: 'card form', onsubmit: submit },
        h('label', { for: 'text' }, ctx.t('scanLabel')),
        field,
        h('p', { class: 'soft', id: 'help' }, ctx.t('scanHelp')),
        h('button', { class: 'main', type: 'submit' }, ctx.t('open')),
      ),
    ),
  ]
}

export function code(ctx) {
  const { shown } = ctx
  return [
    h(
      'div',
      { class: 'blue' },
      bar(ctx, ctx.t('codeTitle'), ctx.goHome),
      h(
        'main',
        { class: 'content' },
        h(
          'section',
          { class: 'card codes' },
          h('div', { class: 'barcode' }, svg(shown.barcode)),
          h('p', { class: 'digits' }, shown.code.replace(/(\d{4})(?=\d)/g, '$1 ')),
          h('div', { class: 'qr' }, svg(shown.qr)),
          h('p', { class: 'soft', id: 'left' }, ''),
          h('button', { class: 'quiet', onclick: ctx.openCode }, ctx.t('refresh')),
          h('p', { class: 'soft' }, ctx.t('codeHelp')),
        ),
      ),
    ),
  ]
}

function line(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value))
}

// What the sheet slid over: the app, out of focus.
function behind(ctx) {
  return h(
    'div',
    { class: 'behind', 'aria-hidden': 'true' },
    h('p', { class: 'ribbon' }, ctx.t('test')),
    h('div', { class: 'brand' }, icon('scan'), h('span', {}, ctx.t('app'))),
  )
}

/** What it was about, where a screen tells that nothing was paid. */
function about(payable) {
  return (
    payable &&
    h(
      'p',
      { class: 'about' },
      h('span', {}, payable.merchant ?? ''),
      h('strong', {}, money(payable.amount)),
    )
  )
}

export function sheet(ctx) {
  const { payable, buyer } = ctx
  return [
    behind(ctx),
    h(
      'main',
      { class: 'sheet', 'aria-labelledby': 'sheet-title' },
      h(
        'header',
        {},
        h(
          'button',
          { class: 'round', 'aria-label': ctx.t('cancel'), onclick: ctx.decline },
          icon('close'),
        ),
        h(
          'h1',
          { id: 'sheet-title', tabindex: '-1' },
          ctx.t('payTo', { merchant: payable.merchant ?? '' }),
        ),
      ),
      h('p', { class: 'amount' }, h('span', { class: 'sign' }, '¥'), grouped(payable.amount)),
      h(
        'dl',
        { class: 'lines' },
        line(ctx.t('order'), payable.subject),
        line(ctx.t('number'), payable.out_trade_no),
        line(
          ctx.t('from'),
          `${ctx.nameOf(buyer)} · ${ctx.t('balanceOf', { balance: grouped(buyer.balance) })}`,
        ),
      ),
      h('button', { class: 'main', onclick: ctx.askCode }, ctx.t('pay')),
      h('button', { class: 'quiet', onclick: ctx.decline }, ctx.t('cancel')),
    ),
  ]
}

export function keypad(ctx) {
  const { payable, buyer } = ctx
  const key = (digit) => h('button', { class: 'key', onclick: () => ctx.press(digit) }, digit)
  return [
    behind(ctx),
    h(
      'main',
      { class: 'sheet', 'aria-labelledby': 'code-title' },
      h(
        'header',
        {},
        h(
          'button',
          { class: 'round', 'aria-label': ctx.t('back'), onclick: ctx.backToSheet },
          icon('back'),
        ),
        h('h1', { id: 'code-title', tabindex: '-1' }, ctx.t('codeEntry')),
      ),
      h('p', { class: 'amount small' }, h('span', { class: 'sign' }, '¥'), grouped(payable.amount)),
      h(
        'div',
        { class: 'dots', role: 'img', 'aria-label': ctx.t('digit', { n: 0 }), id: 'dots' },
        Array.from({ length: 6 }, () => h('span')),
      ),
      h('p', { class: 'wrong', role: 'alert', id: 'wrong' }),
      h('p', { class: 'soft center' }, ctx.t('hint', { code: buyer.code })),
      h(
        'div',
        { class: 'keys' },
        [...'123456789'].map(key),
        h('span'),
        key('0'),
        h(
          'button',
          { class: 'key', 'aria-label': ctx.t('erase'), onclick: () => ctx.press('Backspace') },
          icon('erase'),
        ),
      ),
    ),
  ]
}

export function result(ctx) {
  const { payable } = ctx
  return [
    h(
      'main',
      { class: 'result' },
      h('div', { class: 'badge good' }, icon('check')),
      h('h1', { tabindex: '-1' }, ctx.t('paid')),
      h('p', { class: 'amount' }, h('span', { class: 'sign' }, '¥'), grouped(payable.amount)),
      h(
        'dl',
        { class: 'lines' },
        line(ctx.t('to'), payable.merchant ?? ''),
        line(ctx.t('order'), payable.subject),
        payable.paid_at && line(ctx.t('time'), ctx.when(payable.paid_at, true)),
        line(ctx.t('trade'), payable.trade_no ?? ''),
      ),
      payable.return_to
        ? h('a', { class: 'main', href: payable.return_to }, ctx.t('toShop'))
        : h('button', { class: 'main', onclick: () => ctx.finish('ok') }, ctx.t('done')),
    ),
  ]
}

export function declined(ctx) {
  const { payable } = ctx
  return [
    h(
      'main',
      { class: 'result' },
      h('div', { class: 'badge' }, icon('close')),
      h('h1', { tabindex: '-1' }, ctx.t('declined')),
      h('p', { class: 'soft center' }, ctx.t('declinedText')),
      about(payable),
      h('button', { class: 'main', onclick: () => ctx.open(payable.key) }, ctx.t('continue')),
      payable.quit_to
        ? h('a', { class: 'quiet', href: payable.quit_to }, ctx.t('toShop'))
        : h('button', { class: 'quiet', onclick: () => ctx.finish('cancel') }, ctx.t('done')),
    ),
  ]
}

export function problem(ctx) {
  const known = ctx.has(ctx.problem) ? ctx.problem : 'unknownProblem'
  return [
    h(
      'main',
      { class: 'result' },
      h('div', { class: 'badge bad' }, icon('cross')),
      h('h1', { tabindex: '-1' }, ctx.t(known)),
      h('p', { class: 'soft center' }, ctx.t(`${known}.text`, { code: ctx.problem })),
      about(ctx.payable),
      ctx.helpable(ctx.problem) && ctx.text
        ? h('button', { class: 'main', onclick: ctx.choosePayer }, ctx.t('other'))
        : h('button', { class: 'main', onclick: () => ctx.finish('fail') }, ctx.t('done')),
      ctx.helpable(ctx.problem) &&
        h('button', { class: 'quiet', onclick: () => ctx.finish('fail') }, ctx.t('close')),
    ),
  ]
}

export function beside(ctx) {
  return [
    h('h2', {}, ctx.t('beside')),
    h('p', {}, ctx.t('besideText')),
    h('p', {}, h('a', { href: ctx.t('home') }, ctx.t('overview'))),
    ...ctx.others.map(([, other]) =>
      h('p', {}, h('a', { href: other.phone }, other[ctx.language].app)),
    ),
  ]
}

/** Every screen by name. */
export const SCREENS = {
  home,
  payers,
  scan,
  code,
  sheet,
  keypad,
  result,
  declined,
  problem,
}
