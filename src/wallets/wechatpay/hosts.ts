// Where the API is. Real money goes to a closed list of hosts; there is no test environment of
// WeChat Pay's own (sheet 1.2).

export interface Gateway {
  /** Without a slash at the end. */
  base: string
  /** The same API elsewhere, for when no connection can be made. */
  backup: string | undefined
  realMoney: boolean
}

const PRODUCTION = 'https://api.mch.weixin.qq.com'

const BACKUPS: Readonly<Record<string, string>> = {
  [PRODUCTION]: 'https://api2.mch.weixin.qq.com',
  'https://api2.mch.weixin.qq.com': PRODUCTION,
  'https://api.wechatpay.cn': 'https://api2.wechatpay.cn',
  'https://api2.wechatpay.cn': 'https://api.wechatpay.cn',
}

/** The gateway as entered, or undefined where it is not allowed. */
export function readGateway(entered: string, environment: string): Gateway | undefined {
  const named = entered === '' || entered === 'production' ? PRODUCTION : entered
  if (!URL.canParse(named)) return undefined
  const url = new URL(named)
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!plain) return undefined
  const base = url.href.replace(/\/+$/, '')
  if (environment !== 'test') {
    return Object.hasOwn(BACKUPS, base)
      ? { base, backup: BACKUPS[base], realMoney: true }
      : undefined
  }
  // A host of WeChat Pay's takes real money, whatever the account says.
  if (/(?:^|\.)(?:qq\.com|wechatpay\.cn)\.?$/.test(url.hostname)) return undefined
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && loopback)
  return allowed ? { base, backup: undefined, realMoney: false } : undefined
}
