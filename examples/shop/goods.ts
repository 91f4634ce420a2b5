// What the shop sells. Prices are whole fen; a cart is a list of goods in a cookie.

import type { Language } from './words.ts'

export interface Good {
  id: string
  shelf: 'tea' | 'desk'
  /** For one, in fen. */
  price: number
  name: Record<Language, string>
  detail: Record<Language, string>
}

const good = (
  id: string,
  shelf: Good['shelf'],
  price: number,
  [en, enDetail]: [string, string],
  [zh, zhDetail]: [string, string],
): Good => ({
  id,
  shelf,
  price,
  name: { en, 'zh-CN': zh },
  detail: { en: enDetail, 'zh-CN': zhDetail },
})

export const GOODS: readonly Good[] = [
  good(
    'longjing',
    'tea',
    12_800,
    ['Before-the-rain Longjing', 'Green tea, 50 g'],
    ['雨前龙井', '绿茶 50 克'],
  ),
  good(
    'dancong',
    'tea',
    16_800,
    ['Honey orchid Dancong', 'Oolong, 50 g'],
    ['蜜兰香单丛', '乌龙 50 克'],
  ),
  good(
    'white',
    'tea',
    8800,
    ['Aged white tea', 'Small cakes, 5 × 6 g'],
    ['陈年白茶', '小茶饼 6 克 × 5'],
  ),
  good(
    'gaiwan',
    'tea',
    19_800,
    ['Celadon gaiwan', '120 ml, crackle glaze'],
    ['青瓷盖碗', '120 毫升 开片釉'],
  ),
  good('ink', 'desk', 6800, ['Pine soot ink', 'One stick, 32 g'], ['松烟墨', '一锭 32 克']),
  good('brush', 'desk', 4990, ['Bamboo brush', 'Goat and wolf hair'], ['竹管兼毫笔', '羊毫狼毫']),
  good(
    'notebook',
    'desk',
    5600,
    ['Xuan paper notebook', 'Thread-bound, 60 leaves'],
    ['宣纸手札', '线装 60 页'],
  ),
  good(
    'postcards',
    'desk',
    990,
    ['Four seasons postcards', 'Set of four'],
    ['四季明信片', '一套四张'],
  ),
]

/** How many of each good. */
export type Cart = ReadonlyMap<Good, number>

export const MOST_OF_ONE = 20

export function findGood(id: string): Good | undefined {
  return GOODS.find((each) => each.id === id)
}

/** Reads `longjing.2_ink.1`; whatever is not a cart of ours is left out. */
export function readCart(text: string): Cart {
  const cart = new Map<Good, number>()
  for (const part of text.split('_')) {
    const [id = '', count = ''] = part.split('.')
    const found = findGood(id)
    const quantity = /^\d{1,2}$/.test(count) ? Number(count) : 0
    if (found && quantity > 0 && quantity <= MOST_OF_ONE) cart.set(found, quantity)
  }
  return cart
}

export function writeCart(cart: Cart): string {
  return [...cart].map(([{ id }, quantity]) => `${id}.${quantity}`).join('_')
}

/** The cart with `change` more of one good, between none and {@link MOST_OF_ONE}. */
export function changeCart(cart: Cart, changed: Good, change: number): Cart {
  const quantity = Math.min(MOST_OF_ONE, Math.max(0, (cart.get(changed) ?? 0) + change))
  const next = new Map(cart).set(changed, quantity)
  if (quantity === 0) next.delete(changed)
  return next
}

export function linesOf(cart: Cart, language: Language) {
  return [...cart].map(([{ id, name, price }, quantity]) => ({
    good: id,
    name: name[language],
    quantity,
    amount: price * quantity,
  }))
}

export function totalOf(lines: readonly { amount: number }[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0)
}
