// The API reference: the OpenAPI document and a page that shows it, both from this hub alone.

import Fastify, { type FastifyInstance } from 'fastify'
import { ICON_ADDRESS } from '../pages/icon.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The reference makes its style sheets while it runs.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tongbao API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="${ICON_ADDRESS}">
</head>
<body>
<div id="reference"></div>
<noscript><p>The API as OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a></p></noscript>
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const START = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  proxyUrl: '',
})
`

export function registerDocs(app: FastifyInstance, document: object): void {
  const text = JSON.stringify(document)
  let script: Promise<string> | undefined
  app.get('/openapi.json', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(text),
  )
  app.get('/docs', async (_request, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  )
  app.get('/docs/start.js', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('text/javascript; charset=utf-8').send(START),
  )
  app.get('/docs/scalar.js', async (_request, reply) => {
    script ??= readScript()
    return reply
      .header('cache-control', 'public, max-age=86400')
      .type('text/javascript; charset=utf-8')
      .send(await script)
  })
}

// The package hands its script out as a Fastify plugin only. It has four megabytes, so it is loaded
// when somebody opens the reference for the first time.
async function readScript(): Promise<string> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const inner = Fastify()
  await inner.register(scalar, {
    routePrefix: '/reference',
    configuration: { url: '/openapi.json' },
  })
  const answer = await inner.inject('/reference/js/scalar.js')
  await inner.close()
  if (answer.statusCode !== 200) throw new Error('the API reference has no script')
  return answer.body
}
