// Every error the API can answer with. The table is the documentation: the problem pages and the
// OpenAPI document are made from it.

export type Retry = 'never' | 'same_request' | 'new_request' | 'later'

export interface ErrorKind {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503
  category: 'request' | 'authentication' | 'permission' | 'state' | 'limit' | 'server'
  retry: Retry
  title: { en: string; 'zh-CN': string }
  /** What to do about it. */
  remedy: { en: string; 'zh-CN': string }
}
