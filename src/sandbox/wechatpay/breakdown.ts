// How an API breaks down: error pages of the machine in front of it, cut connections, silence.
import type { FastifyReply } from 'fastify'

const PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n'

/** What a broken machine in front of the API shows, unsigned. */
export function sendPage(reply: FastifyReply, status: number) {
  return reply.code(status).type('text/html').send(PAGE)
}

/** Ends the connection without an answer. */
export function cut(reply: FastifyReply) {
  reply.hijack()
  reply.raw.destroy()
  return reply
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
