// An error as the caller reads it: RFC 9457 problem+json, in English or Chinese.

import { ApiError, ERRORS, type ErrorCode, type Texts } from '../errors.ts'
import { isDatabaseAway } from '../merchants/outage.ts'

export type Language = keyof Texts

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: ErrorCode
  category: string
  retry: string
  param?: string
  errors?: { code: string; param?: string; message: string }[]
}

export interface ProblemAnswer {
  status: number
  headers: Record<string, string>
  body: Problem
}

/** The answer for an error. `base` is the hub's own address, `instance` the request's id. */
export function toProblem(
  error: ApiError,
  base: string,
  instance: string,
  language: Language,
): ProblemAnswer {
  const { code, kind, details } = error
  const remedy = kind.remedy[language]
  const detail = details.detail ? `${details.detail[language]} ${remedy}` : remedy
  return {
    status: kind.status,
    headers: { 'content-language': language, ...details.headers },
    body: {
      type: `${base}/problems/${code}`,
      title: kind.title[language],
      status: kind.status,
      detail,
      instance,
      code,
      category: kind.category,
      retry: kind.retry,
      ...(details.param !== undefined && { param: details.param }),
      ...(details.errors && {
        errors: details.errors.map(({ message, ...item }) => ({
          ...item,
          message: message[language],
        })),
      }),
    },
  }
}

/** Chinese if the caller prefers any Chinese to English, else English. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const ranges = (acceptLanguage ?? '').slice(0, 200).toLowerCase().split(',')
  let best: { language: Language; quality: number } = { language: 'en', quality: 0 }
  for (const range of ranges) {
    const [tag = '', ...parameters] = range.trim().split(';')
    const weight = parameters
      .map((p) => /^\s*q=([01](?:\.\d{1,3})?)\s*$/.exec(p)?.[1])
      .find((q) => q !== undefined)
    const quality = weight === undefined ? 1 : Number(weight)
    const language = /^zh\b/.test(tag) ? 'zh-CN' : /^(en\b|\*)/.test(tag) ? 'en' : undefined
    if (language && quality > best.quality) best = { language, quality }
  }
  return best.language
}

// The server's own refusals, made before a route sees the request.
const FRAMEWORK: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request_malformed',
  FST_ERR_CTP_EMPTY_TYPE: 'media_type_unsupported',
  FST_ERR_BAD_URL: 'request_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
  FST_STATIC_FORBIDDEN_PATH: 'route_not_found',
}

/** Whatever was thrown, as one of our errors. What is not ours is a bug, or the database is away. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (isDatabaseAway(error)) return new ApiError('not_ready', { headers: { 'retry-after': '1' } })
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = FRAMEWORK[code]
  return new ApiError(known ?? 'internal')
}

export function isBug(error: ApiError): boolean {
  return ERRORS[error.code].status === 500
}
