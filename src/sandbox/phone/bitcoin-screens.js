// What the Bitcoin app draws: each function returns the elements of one screen.
import { h, icon } from './screens.js'

function bar(ctx, title, onback) {
  return h(
    'header',
    { class: 'bar' },
    h('button', { class: 'round', 'aria-label': ctx.t('back'), onclick: onback }, icon('back')),
    h('h1', { tabindex: '-1' }, title),
  )
}

function line(name, ...value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, ...value))
}

/** An address in groups of four, so that a person can compare it. */
function spaced(address) {
  return h('code', { class: 'address' }, address.replace(/(.{4})(?=.)/g, '$1 '))
}

function amount(btc) {
  return h('p', { class: 'amount coins' }, btc, h('span', { class: 'unit' }, ' BTC'))
}

function home(ctx) {
  const { payer, payments } = ctx
  const name = ctx.nameOf(payer)
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
        h(
          'button',
          {
            class: 'pill',
            lang: ctx.language === 'zh' ? 'en' : 'zh-CN',
            'aria-label': ctx.t('languageLabel'),
            onclick: ctx.switchLanguage,
          },
          ctx.t('language'),
        ),
      ),
      h('h1', { class: 'hidden', tabindex: '-1' }, ctx.t('app')),
      h(
        'div',
        { class: 'tiles' },
        h('button', { class: 'tile', onclick: ctx.openScan }, icon('scan'), ctx.t('scan')),
        h(
          'button',
          { class: 'tile', onclick: () => window.open(ctx.t('home'), '_blank', 'noopener') },
          icon('code'),
          ctx.t('chain'),
        ),
      ),
    ),
    h(
      'main',
      { class: 'content lifted' },
      h(
        'section',
        { class: 'card balance' },
        h('h2', {}, ctx.t('balance')),
        h('p', { class: 'sum' }, payer.balance, h('span', { class: 'unit' }, ' BTC')),
        h('p', { class: 'soft' }, ctx.fiat(payer.fiat)),
      ),
      h(
        'section',
        { class: 'card' },
        h('h2', {}, ctx.t('recent')),
        payments.length === 0
          ? h('p', { class: 'soft' }, ctx.t('none'))
          : h(
              'ul',
              { class: 'history' },
              payments.map((payment) => entry(ctx, payment)),
            ),
      ),
      'registerProtocolHandler' in navigator &&
        h('button', { class: 'quiet', onclick: ctx.takeLinks }, ctx.t('takeLinks')),
    ),
  ]
}

function entry(ctx, payment) {
  const [first] = payment.outputs
  const isDone = payment.state === 'confirmed'
  return h(
    'li',
    {},
    h(
      'button',
      { class: 'row', onclick: () => ctx.show(payment.txid) },
      h(
        'span',
        { class: 'what' },
        h('span', {}, nameOf(ctx, payment)),
        h(
          'span',
          { class: 'soft' },
          `${ctx.when(payment.created_at)}${first ? ` · ${first.address.slice(0, 12)}…` : ''}`,
        ),
      ),
      h(
        'span',
        { class: isDone ? 'sum out' : 'sum soft' },
        payment.btc,
        h('span', { class: 'state' }, stateOf(ctx, payment)),
      ),
    ),
  )
}

/** What it was for; a payment taken back is for nothing. */
function nameOf(ctx, { kind, label }) {
  return kind === 'taken_back' || !label ? ctx.t(`kind.${kind}`) : label
}

function stateOf(ctx, payment) {
  return ctx.t(`state.${payment.state}`, { n: payment.confirmations })
}

function people(ctx) {
  return [
    bar(ctx, ctx.t('payers'), ctx.goHome),
    h(
      'main',
      { class: 'content' },
      h(
        'ul',
        { class: 'card people' },
        ctx.payers.map((payer) =>
          h(
            'li',
            {},
            h(
              'button',
              {
                class: 'row',
                'aria-pressed': String(payer.id === ctx.payer?.id),
                onclick: () => ctx.usePayer(payer.id),
              },
              h('span', { class: 'face', 'aria-hidden': 'true' }, ctx.nameOf(payer).slice(0, 1)),
              h('span', { class: 'what' }, h('span', {}, ctx.nameOf(payer))),
              h(
                'span',
                { class: 'sum' },
                payer.balance,
                payer.balance_sat < 10_000 && h('span', { class: 'state bad' }, ctx.t('poor')),
              ),
            ),
          ),
        ),
      ),
    ),
  ]
}

function scan(ctx) {
  const field = h('textarea', {
    id: 'text',
    rows: '4',
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

function choice(name, value, isFirst, ...text) {
  return h(
    'label',
    { class: 'choice' },
    h('input', { type: 'radio', name, value, checked: isFirst }),
    h('span', {}, ...text),
  )
}

const WAYS = ['exact', 'less', 'more', 'twice']

function sheet(ctx) {
  const { asked, payer } = ctx
  const fee = (name, isFirst) =>
    choice(
      'fee',
      name,
      isFirst,
      h('strong', {}, ctx.t(`fee.${name}`)),
      h('span', { class: 'soft' }, ctx.t(`fee.${name}.text`, asked.fees[name])),
    )
  const submit = (event) => {
    event.preventDefault()
    ctx.pay(Object.fromEntries(new FormData(event.target)))
  }
  return [
    h(
      'div',
      { class: 'behind', 'aria-hidden': 'true' },
      h('p', { class: 'ribbon' }, ctx.t('test')),
      h('div', { class: 'brand' }, icon('scan'), h('span', {}, ctx.t('app'))),
    ),
    h(
      'main',
      { class: 'sheet tall', 'aria-labelledby': 'sheet-title' },
      h(
        'header',
        {},
        h(
          'button',
          { class: 'round', 'aria-label': ctx.t('cancel'), onclick: ctx.goHome },
          icon('close'),
        ),
        h(
          'h1',
          { id: 'sheet-title', tabindex: '-1' },
          asked.label ? ctx.t('payTo', { merchant: asked.label }) : ctx.t('send'),
        ),
      ),
      h(
        'form',
        { class: 'order', onsubmit: submit },
        asked.btc
          ? amount(asked.btc)
          : h(
              'label',
              { class: 'own' },
              h('span', {}, ctx.t('amount')),
              h('input', {
                name: 'amount',
                inputmode: 'decimal',
                required: true,
                autocomplete: 'off',
              }),
            ),
        asked.fiat && h('p', { class: 'soft center' }, ctx.fiat(asked.fiat)),
        h(
          'dl',
          { class: 'lines' },
          asked.message && line(ctx.t('order'), asked.message),
          line(ctx.t('address'), spaced(asked.address)),
          line(
            ctx.t('from'),
            `${ctx.nameOf(payer)} · ${ctx.t('balanceOf', { balance: payer.balance })}`,
          ),
        ),
        h(
          'fieldset',
          { class: 'choices' },
          h('legend', {}, ctx.t('fee')),
          fee('normal', true),
          fee('low', false),
        ),
        h(
          'details',
          { class: 'tests' },
          h('summary', {}, ctx.t('tests')),
          h(
            'fieldset',
            { class: 'choices' },
            h('legend', { class: 'hidden' }, ctx.t('tests')),
            WAYS.map((way, i) => choice('way', way, i === 0, ctx.t(`way.${way}`))),
          ),
        ),
        h('button', { class: 'main', type: 'submit' }, ctx.t('sendNow')),
      ),
      h('button', { class: 'quiet', onclick: ctx.goHome }, ctx.t('cancel')),
    ),
  ]
}

const BADGES = { confirmed: ['good', 'check'], waiting: ['', 'scan'] }

function payment(ctx) {
  const { payment: it } = ctx
  const [tone, name] = BADGES[it.state] ?? ['bad', 'cross']
  const isWaiting = it.state === 'waiting'
  const button = (id, text) =>
    h('button', { class: 'quiet', id, onclick: () => ctx.act(id) }, ctx.t(text))
  return [
    h(
      'main',
      { class: 'result' },
      h('div', { class: `badge ${tone}` }, icon(name)),
      h('h1', { tabindex: '-1' }, stateOf(ctx, it)),
      h('p', { class: 'soft center' }, ctx.t(`state.${it.state}.text`)),
      amount(it.btc),
      h('p', { class: 'soft' }, ctx.fiat(it.fiat)),
      h(
        'dl',
        { class: 'lines' },
        it.label && line(ctx.t('order'), it.label),
        it.outputs.length > 0 && line(ctx.t('address'), spaced(it.outputs[0].address)),
        it.fee_sat !== undefined && line(ctx.t('fee'), `${it.fee_sat} sat`),
        it.block_height !== undefined && line(ctx.t('block'), String(it.block_height)),
        line(ctx.t('trade'), h('code', {}, `${it.txid.slice(0, 12)}…${it.txid.slice(-8)}`)),
      ),
      isWaiting && h('p', { class: 'soft' }, ctx.t('tests')),
      isWaiting && button('bump', 'act.bump'),
      isWaiting && it.kind !== 'taken_back' && button('take_back', 'act.takeBack'),
      it.state === 'gone' && button('resend', 'act.resend'),
      h('button', { class: 'main', id: 'done', onclick: ctx.goHome }, ctx.t('done')),
    ),
  ]
}

function problem(ctx) {
  const known = ctx.has(ctx.problem) ? ctx.problem : 'unknownProblem'
  const helpable = ctx.problem === 'NOT_ENOUGH' && ctx.text
  return [
    h(
      'main',
      { class: 'result' },
      h('div', { class: 'badge bad' }, icon('cross')),
      h('h1', { tabindex: '-1' }, ctx.t(known)),
      h(
        'p',
        { class: 'soft center' },
        ctx.t(`${known}.text`, { code: ctx.message || ctx.problem }),
      ),
      helpable && h('button', { class: 'main', onclick: ctx.choosePayer }, ctx.t('other')),
      h('button', { class: helpable ? 'quiet' : 'main', onclick: ctx.goHome }, ctx.t('done')),
    ),
  ]
}

/** Every screen by name. */
export const SCREENS = { home, people, scan, sheet, payment, problem }
