// Which fields a request may have and what each must look like (sheet section 3, common rules).
import { isObject, type JsonObject } from '../json.ts'
import { badField, type Refusal, unknownField } from './refusals.ts'

interface Common {
  required?: boolean
}
type TextRule = Common & { kind: 'text'; max: number; min?: number; pattern?: RegExp }
type IntegerRule = Common & { kind: 'integer'; min: number; max: number }
type FlagRule = Common & { kind: 'flag' }
type ChoiceRule = Common & { kind: 'choice'; values: readonly string[] }
type ObjectRule = Common & { kind: 'object'; fields: Shape }
type ListRule = Common & { kind: 'list'; of: Rule; max: number }
export type Rule = TextRule | IntegerRule | FlagRule | ChoiceRule | ObjectRule | ListRule
export type Shape = Record<string, Rule>

type Options<T> = Omit<T, 'kind' | 'max' | 'fields'>

export const text = (max: number, options: Options<TextRule> = {}): TextRule => ({
  kind: 'text',
  max,
  ...options,
})
export const integer = (min: number, required = false): IntegerRule => ({
  kind: 'integer',
  min,
  max: MAX_INTEGER,
  required,
})
export const flag: FlagRule = { kind: 'flag' }
export const choice = (values: readonly string[], required = false): ChoiceRule => ({
  kind: 'choice',
  values,
  required,
})
export const object = (fields: Shape, required = false): ObjectRule => ({
  kind: 'object',
  fields,
  required,
})
export const list = (of: Rule, max: number): ListRule => ({ kind: 'list', of, max })

const MAX_INTEGER = 100_000_000_00

/** The first field that breaks its rule, or undefined. */
export function misshapen(given: JsonObject, shape: Shape, path = ''): Refusal | undefined {
  const at = (name: string) => (path ? `${path}.${name}` : name)
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(shape, name)) return unknownField(at(name))
  }
  for (const [name, rule] of Object.entries(shape)) {
    const value = given[name]
    if (value === undefined) {
      if (rule.required) return badField(at(name), '必填，不能为空')
      continue
    }
    const refusal = check(value, rule, at(name))
    if (refusal) return refusal
  }
  return undefined
}

function check(value: unknown, rule: Rule, path: string): Refusal | undefined {
  switch (rule.kind) {
    case 'text':
      return typeof value === 'string' ? checkText(value, rule, path) : wrongType(path, value)
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType(path, value)
      return value < rule.min || value > rule.max
        ? badField(path, '数值超出范围', value)
        : undefined
    case 'flag':
      return typeof value === 'boolean' ? undefined : wrongType(path, value)
    case 'choice':
      if (typeof value !== 'string') return wrongType(path, value)
      return rule.values.includes(value) ? undefined : badField(path, '枚举值不正确', value)
    case 'object':
      return isObject(value) ? misshapen(value, rule.fields, path) : wrongType(path, value)
    case 'list': {
      if (!Array.isArray(value)) return wrongType(path, value)
      if (value.length === 0 || value.length > rule.max) return badField(path, '数组长度不符合规则')
      const items: unknown[] = value
      return items
        .map((item, index) => check(item, rule.of, `${path}.${index}`))
        .find((refusal) => refusal !== undefined)
    }
  }
}

function checkText(value: string, rule: TextRule, path: string): Refusal | undefined {
  const length = [...value].length
  if (length < (rule.min ?? 1)) return badField(path, '字符串长度过短', value)
  if (length > rule.max) return badField(path, `字符串长度超过${rule.max}`, value)
  // Characters of four UTF-8 bytes, emoji above all, and lone surrogates.
  if (/[\u{10000}-\u{10ffff}\p{Surrogate}]/u.test(value)) return badField(path, '含有不支持的字符')
  if (rule.pattern && !rule.pattern.test(value)) return badField(path, '格式不符合规则', value)
  return undefined
}

function wrongType(path: string, value: unknown): Refusal {
  return badField(path, value === null ? '不能为null' : '数据类型不正确', value)
}
