// Checks a JSON body member by member: what has to be there, what may be there, and nothing else.
import { isObject, type JsonObject } from '../json.ts'

export type Rule =
  | { type: 'text'; max?: number; pattern?: RegExp; required?: true }
  | { type: 'integer'; min: number; max: number; required?: true }
  | { type: 'boolean'; required?: true }
  | { type: 'object'; members: Shape; required?: true }
  /** Texts under names of the merchant's own. */
  | { type: 'texts'; most: number; nameMax: number; valueMax: number; required?: true }

export type Shape = Readonly<Record<string, Rule>>

export interface ShapeFault {
  /** Dotted, e.g. `amount.value`. */
  path: string
  fault: 'missing' | 'unknown' | 'invalid'
}

/** The first fault of a body, or undefined for a sound one. */
export function checkShape(body: JsonObject, shape: Shape, at = ''): ShapeFault | undefined {
  for (const name of Object.keys(body)) {
    if (!Object.hasOwn(shape, name)) return { path: `${at}${name}`, fault: 'unknown' }
  }
  for (const [name, rule] of Object.entries(shape)) {
    const value = body[name]
    const path = `${at}${name}`
    if (value === undefined || value === null || value === '') {
      if (rule.required) return { path, fault: 'missing' }
      continue
    }
    if (rule.type === 'object') {
      const inner = isObject(value) ? checkShape(value, rule.members, `${path}.`) : undefined
      if (!isObject(value)) return { path, fault: 'invalid' }
      if (inner) return inner
    } else if (!fits(value, rule)) return { path, fault: 'invalid' }
  }
  return undefined
}

function fits(value: unknown, rule: Exclude<Rule, { type: 'object' }>): boolean {
  switch (rule.type) {
    case 'text':
      return (
        typeof value === 'string' &&
        value.length <= (rule.max ?? 1_000) &&
        (rule.pattern?.test(value) ?? true)
      )
    case 'integer':
      return Number.isInteger(value) && Number(value) >= rule.min && Number(value) <= rule.max
    case 'boolean':
      return typeof value === 'boolean'
    case 'texts':
      return (
        isObject(value) &&
        Object.keys(value).length <= rule.most &&
        Object.entries(value).every(
          ([name, text]) =>
            name.length <= rule.nameMax && typeof text === 'string' && text.length <= rule.valueMax,
        )
      )
  }
}
