// Checks what came in against a schema, and says where it differs in the words of our errors.

import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { ApiError, type Texts } from '../errors.ts'
import { escapePointer } from './strict-json.ts'

interface Difference {
  keyword: string
  instancePath: string
  message: string
  params: object
}

/** A function that gives back `value` as the schema's type, or throws the first difference. */
export function createReader<Schema extends TSchema>(
  schema: Schema,
): (value: unknown) => Static<Schema> {
  const validator = Compile(schema)
  return (value) => {
    if (validator.Check(value)) return value
    throw refuse(validator.Errors(value))
  }
}

// Fields that are not known come first: a misspelt name also shows up as a missing one.
function refuse(differences: Difference[]): ApiError {
  for (const { keyword, params, instancePath } of differences) {
    if (keyword !== 'additionalProperties') continue
    const name = firstName(params, 'additionalProperties')
    return new ApiError('unknown_field', {
      param: `${instancePath}/${escapePointer(name)}`,
      detail: {
        en: `The field ${quote(name)} is not known here.`,
        'zh-CN': `字段 ${quote(name)} 无法识别。`,
      },
    })
  }
  const [first] = differences
  if (!first) throw new Error('a value that does not fit its schema has no difference')
  if (first.keyword === 'required') {
    const name = firstName(first.params, 'requiredProperties')
    return new ApiError('field_missing', {
      param: `${first.instancePath}/${escapePointer(name)}`,
      detail: {
        en: `The field ${quote(name)} is required.`,
        'zh-CN': `必须提供字段 ${quote(name)}。`,
      },
    })
  }
  // A union fails with the differences of each branch and then its own; the union's says which field.
  const union = differences.find((d) => d.keyword === 'anyOf')
  const told = union && first.instancePath === union.instancePath ? union : first
  return new ApiError('field_invalid', {
    param: told.instancePath,
    detail: choiceText(told, differences) ?? {
      en:
        told === union ? 'The value has none of the accepted forms.' : `The value ${told.message}.`,
      'zh-CN': `该值不符合要求（${told.keyword}）。`,
    },
  })
}

/** Where only certain values are accepted: which. Undefined where others can be as well. */
function choiceText({ instancePath }: Difference, differences: Difference[]): Texts | undefined {
  const here = differences.filter((d) => d.instancePath === instancePath && d.keyword !== 'anyOf')
  const branches = here.map(acceptedBy)
  if (branches.length === 0 || !branches.every((values) => values !== undefined)) return undefined
  const list = listed([...new Set(branches.flat())])
  return { en: `The value must be one of: ${list}.`, 'zh-CN': `该值必须是以下之一：${list}。` }
}

function acceptedBy({ keyword, params }: Difference): unknown[] | undefined {
  switch (keyword) {
    case 'enum':
      return 'allowedValues' in params && Array.isArray(params.allowedValues)
        ? params.allowedValues
        : undefined
    case 'const':
      return 'allowedValue' in params ? [params.allowedValue] : undefined
    case 'type':
      return 'type' in params && params.type === 'null' ? [null] : undefined
    default:
      return undefined
  }
}

/** A list that is longer than anybody reads is told by its beginning and its length. */
function listed(values: readonly unknown[]): string {
  const texts = values.map(String)
  return texts.length <= 40
    ? texts.join(', ')
    : `${texts.slice(0, 12).join(', ')}, … (${texts.length})`
}

function firstName(params: object, list: 'additionalProperties' | 'requiredProperties'): string {
  const names: unknown =
    list in params ? Object.getOwnPropertyDescriptor(params, list)?.value : undefined
  return Array.isArray(names) ? String(names[0]) : ''
}

// What the caller sent is repeated only in part.
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 60))
}
