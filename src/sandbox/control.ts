// The control API of what all wallets share: the clock and the faults.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { MAX_SCALE } from './clock.ts'
import { isObject, type JsonObject, numberMember, stringMember } from './json.ts'
import type { Platform } from './platform.ts'

export function addGeneralControl(app: FastifyInstance, platform: Platform): void {
  const { clock, faults } = platform
  const time = () => ({ now: new Date(clock.now()).toISOString(), scale: clock.scale() })

  app.get('/control/clock', time)
  app.post('/control/clock/advance', (request, reply) => {
    const seconds = numberMember(readObject(request.body), 'seconds')
    if (seconds === undefined || seconds < 0) return bad(reply, 'seconds is a number, 0 or more')
    clock.advance(seconds * 1000)
    return time()
  })
  app.post('/control/clock/scale', (request, reply) => {
    const scale = numberMember(readObject(request.body), 'scale')
    if (scale === undefined || scale <= 0 || scale > MAX_SCALE) {
      return bad(reply, `scale is above 0, at most ${MAX_SCALE}`)
    }
    clock.setScale(scale)
    return time()
  })

  app.get('/control/faults', () => ({ kinds: faults.kinds(), faults: faults.list() }))
  app.post('/control/faults', (request, reply) => {
    const given = readObject(request.body)
    const kind = stringMember(given, 'kind')
    const wallet = stringMember(given, 'wallet') ?? 'alipay'
    const known = faults.kinds().some((each) => each.name === kind && each.wallet === wallet)
    if (!known || kind === undefined) {
      return bad(reply, 'kind is one of those GET /control/faults lists')
    }
    const order = stringMember(given, 'out_trade_no') ?? stringMember(given, 'order')
    const rate = numberMember(given, 'rate') ?? 1
    if (rate < 0 || rate > 1) return bad(reply, 'rate is from 0 to 1')
    const times = numberMember(given, 'times') ?? (order === undefined ? undefined : 1)
    if (times !== undefined && !(Number.isInteger(times) && times > 0))
      return bad(reply, 'times is a whole number above 0')
    const seconds = numberMember(given, 'seconds')
    if (seconds !== undefined && !Number.isInteger(seconds))
      return bad(reply, 'seconds is a whole number')
    return faults.add({
      wallet,
      kind,
      order,
      operation: stringMember(given, 'operation'),
      rate,
      seed: stringMember(given, 'seed') ?? '',
      times,
      seconds,
    })
  })
  app.delete<{ Querystring: { id?: string; kind?: string; wallet?: string } }>(
    '/control/faults',
    ({ query: { id, kind, wallet } }) => ({ removed: faults.remove({ id, kind, wallet }) }),
  )
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}
