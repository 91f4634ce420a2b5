// How an answer can fail to come: silence, a cut connection, half an answer, a page instead of it.
import type { FastifyReply } from 'fastify'

export const HTML = `<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body>
</html>
`

/** Cuts the connection without an answer. */
export function breakDown(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.destroy()
  return reply
}

/** Promises the whole text and cuts the connection in the middle of it. */
export function cutOff(reply: FastifyReply, text: string): FastifyReply {
  reply.hijack()
  const bytes = Buffer.from(text)
  reply.raw.writeHead(200, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  })
  reply.raw.write(bytes.subarray(0, bytes.length >> 1), () => reply.raw.destroy())
  return reply
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
