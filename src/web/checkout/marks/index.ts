// The registry of wallet marks.

import { alipay } from './alipay/mark.ts'
import type { Mark } from './mark.ts'

export const MARKS: Record<string, Mark> = { alipay }
