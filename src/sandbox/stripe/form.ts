// Stripe's form bodies: names with brackets, every one of them known (sheet section 2).

export type Form = ReadonlyMap<string, string>

export interface FormRules {
  required: readonly string[]
  /** Names that may be there; `*` stands for one name in brackets. */
  allowed: readonly string[]
}

export interface FormFault {
  param: string
  kind: 'missing' | 'unknown' | 'twice'
}

export function readForm(body: string): Form | FormFault {
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name)) return { param: name, kind: 'twice' }
    form.set(name, value)
  }
  return form
}

export function checkForm(form: Form, { required, allowed }: FormRules): FormFault | undefined {
  for (const name of form.keys()) {
    const known = [...required, ...allowed, 'expand[*]'].some((rule) => matches(name, rule))
    if (!known) return { param: name, kind: 'unknown' }
  }
  const absent = required.find((name) => !form.get(name))
  return absent === undefined ? undefined : { param: absent, kind: 'missing' }
}

function matches(name: string, rule: string): boolean {
  if (!rule.includes('*')) return name === rule
  const [before = '', after = ''] = rule.split('*')
  const middle = name.slice(before.length, name.length - after.length)
  return name.startsWith(before) && name.endsWith(after) && /^[^[\]]+$/.test(middle)
}

/** `metadata[a]=b` as an object. */
export function metadataOf(form: Form): Record<string, string> {
  const entries = [...form].flatMap(([name, value]) => {
    const key = /^metadata\[([^[\]]+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}
