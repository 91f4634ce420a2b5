// Parameters of a request: the query string, then the form in the body.
import type { Parameters } from './sign.ts'

export interface Form {
  parameters: Parameters
  /** From the query string only: without it the body cannot be read (sheet section 3.0). */
  charset: string | undefined
}

/** The first of several values with one name counts, those of the query before those of the body. */
export function readParameters(query: string, body: string): Form {
  const parameters: Parameters = Object.create(null)
  const inQuery = new URLSearchParams(query)
  for (const [name, value] of [...inQuery, ...new URLSearchParams(body)]) parameters[name] ??= value
  return { parameters, charset: inQuery.get('charset') ?? undefined }
}

/** The part behind `?`, not decoded. */
export function queryOf(url: string): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}
