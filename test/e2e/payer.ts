// What payers do with their hands: on the sandbox's phone, on its cashier page, in the shop.

import type { Page } from 'playwright-core'
import type { Site } from './site.ts'

export type Language = 'en' | 'zh-CN'

/** The words that tests look for, as a payer reads them. */
export const WORDS = {
  en: {
    add: 'Add to cart: Before-the-rain Longjing',
    cart: 'Cart',
    customer: 'Who picks it up?',
    checkOut: 'Check out and pay',
    scan: 'Scan with Alipay',
    payWith: 'Pay with Alipay',
    thisBrowser: 'Pay in this browser instead',
    openPhone: 'Open the sandbox phone',
    confirm: 'Confirm and pay',
    enterCode: 'Enter your payment code',
    notNow: 'Not now',
    paid: 'Paid',
    toShop: 'Back to the shop',
    complete: 'Payment complete',
    receipt: 'View receipt',
    number: 'Receipt number',
    transaction: 'Transaction number',
    total: 'Paid',
    back: 'Back to Qingshan Tea 青山茶铺',
    thanks: 'Thank you, it is paid',
    signIn: 'Pay now',
    payer: 'Payer',
    code: 'Payment code',
  },
  'zh-CN': {
    add: '加入购物车： 雨前龙井',
    cart: '购物车',
    customer: '取货人',
    checkOut: '提交订单并付款',
    scan: '用支付宝扫一扫',
    payWith: '支付宝付款',
    thisBrowser: '改在本浏览器中付款',
    openPhone: '打开沙箱手机',
    confirm: '确认付款',
    enterCode: '请输入支付密码',
    notNow: '暂不付款',
    paid: '付款成功',
    toShop: '返回商家',
    complete: '付款成功',
    receipt: '查看回执',
    number: '回执编号',
    transaction: '交易号',
    total: '实付',
    back: '返回Qingshan Tea 青山茶铺',
    thanks: '谢谢，已收到付款',
    signIn: '确认付款',
    payer: '付款人',
    code: '支付密码',
  },
} as const

/** The payers whom the sandbox brings along. */
export const PAYERS = {
  rich: '2088102100000001',
  poor: '2088102100000003',
} as const

/** From the shop's first page to the payment page. */
export async function checkOut(site: Site, page: Page, language: Language): Promise<void> {
  const words = WORDS[language]
  await page.goto(`${site.stack.shopUrl}/`)
  await page.getByRole('button', { name: words.add }).click()
  await page.getByRole('link', { name: words.cart }).click()
  await page.getByLabel(words.customer).fill('小满 Xiaoman')
  await page.getByRole('button', { name: words.checkOut }).click()
  await page.waitForURL(`${site.stack.hubUrl}/pay/**`)
}

/** The same, and on with Alipay where there is a choice: its code, at a desk. */
export async function checkOutWithAlipay(
  site: Site,
  page: Page,
  language: Language,
): Promise<void> {
  await checkOut(site, page, language)
  await page.locator('.wallets').getByRole('button', { name: WORDS[language].payWith }).click()
}

/** On the phone, with the order's sheet open: confirms with the six digits. */
export async function confirmOnPhone(phone: Page, language: Language = 'en'): Promise<void> {
  const words = WORDS[language]
  await phone.getByRole('button', { name: words.confirm }).click()
  await enterCode(phone, '123456', language)
  await phone.getByRole('heading', { name: words.paid, exact: true }).waitFor()
}

/** Taps six keys of the phone's keypad. */
export async function enterCode(
  phone: Page,
  code: string,
  language: Language = 'en',
): Promise<void> {
  await phone.getByRole('heading', { name: WORDS[language].enterCode }).waitFor()
  for (const digit of code) await phone.getByRole('button', { name: digit, exact: true }).click()
}

/** Makes this payer the phone's owner. */
export async function ownPhone(phone: Page, site: Site, payer: keyof typeof PAYERS): Promise<void> {
  await phone.goto(`${site.stack.sandboxUrl}/phone`)
  await phone.evaluate((id) => localStorage.setItem('buyer', id), PAYERS[payer])
}
