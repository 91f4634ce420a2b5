// The server for whoever watches the hub: metrics only, on a port of its own that is never exposed.

import { createServer, type Server } from 'node:http'
import type { Metrics } from './metrics.ts'

export function createAdminServer(metrics: Metrics): Server {
  return createServer(async (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('Only /metrics is here.\n')
      return
    }
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end()
      return
    }
    const text = await metrics.registry.metrics()
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text)
  })
}
