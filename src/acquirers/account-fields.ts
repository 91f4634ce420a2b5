// Reads the fields of an acquirer's account: every fault is found at once, and every one says what
// to do.

import type { AccountField, Finding } from '../wallets/wallet.ts'

type Message = Finding['message']

export interface FieldRule extends AccountField {
  /** The shape of a value that was entered. */
  shape: RegExp
  /** What is wrong with another one and where to find the right one. */
  fault: Message
}

export interface FieldReader {
  /** The trimmed value, or an empty text. */
  read(name: string): string
  findings: Finding[]
}

const UNKNOWN: Message = {
  en: 'This field is not part of such an account. Remove it or correct its name.',
  'zh-CN': '该账户没有这个字段，请删除或更正字段名。',
}

/** Checks presence and shape of every field; what hangs together is checked by the caller. */
export function readFields(
  rules: readonly FieldRule[],
  entered: Readonly<Record<string, string>>,
): FieldReader {
  const findings: Finding[] = []
  const read = (name: string) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')
  for (const name of Object.keys(entered)) {
    if (!rules.some((rule) => rule.name === name)) {
      findings.push(finding('unknown_field', UNKNOWN, { param: `/${name}` }))
    }
  }
  for (const { name, required, shape, fault } of rules) {
    const value = read(name)
    const wrong = value === '' ? required : !shape.test(value)
    if (wrong) findings.push(finding(`${name}_shape`, fault, { param: `/${name}` }))
  }
  return { read, findings }
}

export function finding(
  code: string,
  message: Message,
  more: { param?: string; level?: Finding['level'] } = {},
): Finding {
  const { param, level = 'error' } = more
  return { level, code, ...(param !== undefined && { param }), message }
}

/** The fields as the API shows them, without the rules. */
export function withoutRules(rules: readonly FieldRule[]): AccountField[] {
  return rules.map(({ name, secret, required, fixed, description }) => ({
    name,
    secret,
    required,
    ...(fixed && { fixed }),
    description,
  }))
}

/**
 * The address of a sandbox, without a slash at its end. Undefined for anything but https, or plain
 * http on this machine; user, query and fragment are refused.
 */
export function readSandboxAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password || url.search || url.hash) return undefined
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Several secrets in one field, parted by white space or commas. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '')
}
