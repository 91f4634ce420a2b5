// Origins that a merchant registers: where payers may be sent back to, and who may frame the
// payment page. An origin is scheme, host and port, written as browsers write it.

import { ApiError } from '../errors.ts'

// A host of letters, digits, points and hyphens, or an IPv6 address: nothing that could end a
// directive in the policy it becomes a part of.
const ORIGIN = /^https?:\/\/([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/

/** Throws `field_invalid` for the first that is no origin, or not encrypted in live mode. */
export function checkOrigins(origins: readonly string[], param: string, livemode: boolean): void {
  for (const [i, text] of origins.entries()) {
    if (isOrigin(text) && (!livemode || text.startsWith('https:'))) continue
    throw new ApiError('field_invalid', {
      param: `${param}/${i}`,
      detail: livemode ? LIVE : TEST,
    })
  }
}

function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text
}

const LIVE = {
  en: 'An origin is https, host and perhaps port, like https://shop.example: lower case, no path, no slash at the end.',
  'zh-CN':
    '来源由 https、主机和可选端口组成，如 https://shop.example：小写，不含路径，末尾没有斜杠。',
}

const TEST = {
  en: 'An origin is http or https, host and perhaps port, like http://localhost:3000: lower case, no path, no slash at the end.',
  'zh-CN':
    '来源由 http 或 https、主机和可选端口组成，如 http://localhost:3000：小写，不含路径，末尾没有斜杠。',
}
