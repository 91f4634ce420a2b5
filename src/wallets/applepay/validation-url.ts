// Where Apple lets a merchant session be asked for. The browser names one of these; anything else is
// somebody who wants this server to call another (sheet section 3.1, PRODUCT SE-21).

export type AppleEnvironment = 'production' | 'sandbox'

const PATHS = ['/paymentservices/startSession', '/paymentservices/paymentSession']

// "Setting Up Your Server", domains for payment processing; the pods are of older Safari versions.
const HOSTS: Readonly<Record<AppleEnvironment, readonly string[]>> = {
  production: [
    'apple-pay-gateway',
    'cn-apple-pay-gateway',
    ...numbered('apple-pay-gateway-nc-pod', 5),
    ...numbered('apple-pay-gateway-pr-pod', 5),
    ...numbered('cn-apple-pay-gateway-sh-pod', 3),
    ...numbered('cn-apple-pay-gateway-tj-pod', 3),
  ],
  sandbox: ['apple-pay-gateway-cert', 'cn-apple-pay-gateway-cert'],
}

const URLS: Readonly<Record<AppleEnvironment, ReadonlySet<string>>> = {
  production: urlsOf(HOSTS.production.map((host) => `https://${host}.apple.com`)),
  sandbox: urlsOf(HOSTS.sandbox.map((host) => `https://${host}.apple.com`)),
}

/** Compared letter by letter with the whole list: nothing is parsed, so nothing is parsed twice. */
export function isValidationUrl(url: string, environment: AppleEnvironment): boolean {
  return URLS[environment].has(url)
}

/** The same for the one gateway of an account that does not use Apple's own. */
export function isUrlOfGateway(url: string, gateway: string): boolean {
  return urlsOf([gateway]).has(url)
}

function urlsOf(origins: readonly string[]): ReadonlySet<string> {
  return new Set(origins.flatMap((origin) => PATHS.map((path) => origin + path)))
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`)
}
