// How acquirers read JSON bodies: none at all is an empty one, and broken ones are theirs to refuse.
import type { FastifyInstance } from 'fastify'
import { parseObject } from '../json.ts'

/** For the routes of `scope` alone. What is no JSON object reads as an empty one. */
export function readLooseJson(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (_request, body, done: (error: null, body: object) => void) =>
      done(null, parseObject(String(body)) ?? {}),
  )
}
