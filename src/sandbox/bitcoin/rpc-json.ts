// JSON as a node writes it: amounts with eight decimals, members in the node's order.

/** A number whose digits matter. */
export class Exact {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Value =
  | string
  | number
  | boolean
  | null
  | Exact
  | readonly Value[]
  | { readonly [name: string]: Value | undefined }

/** Satoshi as a number of bitcoins: `0.00100000`. */
export function btc(sat: bigint): Exact {
  const digits = (sat < 0n ? -sat : sat).toString().padStart(9, '0')
  return new Exact(`${sat < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`)
}

export function writeJson(value: Value): string {
  if (value instanceof Exact) return value.text
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).flatMap(([name, each]) =>
    each === undefined ? [] : [`${JSON.stringify(name)}:${writeJson(each)}`],
  )
  return `{${members.join(',')}}`
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
