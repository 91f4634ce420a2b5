// Every text of the shop, in both languages, and how a price is written.

export type Language = 'en' | 'zh-CN'

const en = {
  shop: 'Qingshan Tea',
  motto: 'Tea and writing things',
  testMode: 'Example shop in test mode: nothing is sold and no real money moves.',
  heroTitle: 'Tea for the hand that writes.',
  heroText: 'Leaves from three mountains, and what a desk needs while they steep.',
  tea: 'Tea',
  desk: 'The desk',
  add: 'Add to cart:',
  cart: 'Cart',
  emptyCart: 'Your cart is empty.',
  browse: 'Look around the shop',
  more: 'One more:',
  less: 'One less:',
  subtotal: 'Goods',
  pickup: 'Pick-up at the counter',
  free: 'Free',
  total: 'Total',
  customer: 'Who picks it up?',
  customerHint: 'A first name is enough.',
  checkout: 'Check out and pay',
  checkoutHint: 'You pay on the page of the payment hub and come back here.',
  order: 'Order',
  forWhom: 'For',
  payment: 'Payment',
  placed: 'Placed',
  stepPlaced: 'Order placed',
  stepPaid: 'Payment received',
  stepPacked: 'Being packed',
  stampTop: 'PAID',
  openTitle: 'Waiting for your payment',
  openText: 'We keep the order for you. This page changes by itself once the payment is here.',
  newTitle: 'The payment page could not be opened',
  newText: 'Your order is kept and nothing was charged. Please try again in a moment.',
  processingTitle: 'Confirming your payment',
  processingText: 'The wallet has not given its final word yet. Please do not pay a second time.',
  paidTitle: 'Thank you, it is paid',
  paidText: 'We are packing your order. It waits for you at the counter from tomorrow at ten.',
  endedTitle: 'This order was not paid',
  endedText: 'Its time is over or it was canceled. You can order again whenever you like.',
  pay: 'Pay now',
  receipt: 'Payment receipt',
  again: 'Back to the shop',
  language: '中文',
  footer: 'An example of Tongbao, the payment hub. Qingshan Tea does not exist.',
  refusals: {
    400: [
      'That did not work',
      'The form was not filled in as expected. Please go back and try again.',
    ],
    403: ['That came from another page', 'Please use the buttons in this shop.'],
    404: ['Nothing on this shelf', 'There is no such page, or the link is incomplete.'],
    405: ['That did not work', 'This address cannot be used in this way.'],
    413: ['That is too much', 'The form is larger than we accept.'],
    500: [
      'Something broke on our side',
      'Your order, if you placed one, is kept. Please try again.',
    ],
  },
}

export type Words = typeof en

const zh: Words = {
  shop: '青山茶铺',
  motto: '茶与文房',
  testMode: '示例商店（测试模式）：不售卖商品，也不会产生真实扣款。',
  heroTitle: '一盏茶，一纸字。',
  heroText: '三座山的叶子，和等它泡开时案头所需之物。',
  tea: '茶',
  desk: '案头',
  add: '加入购物车：',
  cart: '购物车',
  emptyCart: '购物车是空的。',
  browse: '去看看',
  more: '增加一件：',
  less: '减少一件：',
  subtotal: '商品',
  pickup: '到店自取',
  free: '免费',
  total: '合计',
  customer: '取货人',
  customerHint: '怎么称呼您都可以。',
  checkout: '提交订单并付款',
  checkoutHint: '将前往支付页面付款，完成后回到本店。',
  order: '订单',
  forWhom: '取货人',
  payment: '付款编号',
  placed: '下单时间',
  stepPlaced: '已下单',
  stepPaid: '已付款',
  stepPacked: '备货中',
  stampTop: '已付',
  openTitle: '等待付款',
  openText: '订单已为您保留。付款到账后，本页会自动更新。',
  newTitle: '支付页面暂时无法打开',
  newText: '订单已保留，未扣款。请稍后再试。',
  processingTitle: '正在确认付款',
  processingText: '钱包尚未给出最终结果，请勿重复付款。',
  paidTitle: '谢谢，已收到付款',
  paidText: '我们正在备货，明天十点起可到柜台取货。',
  endedTitle: '订单未付款',
  endedText: '订单已超时或已取消，欢迎随时重新下单。',
  pay: '去付款',
  receipt: '付款回执',
  again: '返回商店',
  language: 'English',
  footer: '支付系统“通宝”的示例。青山茶铺是一家虚构的商店。',
  refusals: {
    400: ['未能完成', '表单内容不符合要求，请返回后重试。'],
    403: ['请求来自其他页面', '请使用本店页面上的按钮。'],
    404: ['这里什么也没有', '页面不存在，或链接不完整。'],
    405: ['未能完成', '此地址不支持这种操作。'],
    413: ['内容过大', '表单超出了可接受的大小。'],
    500: ['我们这边出了问题', '如果您已下单，订单已保留。请重试。'],
  },
}

export const WORDS: Record<Language, Words> = { en, 'zh-CN': zh }

/** What was chosen before, else the first language of the browser that we have, else English. */
export function chooseLanguage(chosen: string | undefined, accepted = ''): Language {
  if (chosen === 'en' || chosen === 'zh-CN') return chosen
  const known = accepted.slice(0, 200).match(/\b(zh|en)\b/i)
  return known?.[0].toLowerCase() === 'zh' ? 'zh-CN' : 'en'
}

/** An amount of fen as people read it. */
export function price(fen: number): string {
  return `¥${(fen / 100).toFixed(2)}`
}

export function when(at: Date, language: Language): string {
  return at.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })
}
