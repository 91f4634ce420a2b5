// Bitcoin on the sandbox's server: a node's RPC, Esplora, price tickers, control, the phone.
import type { FastifyInstance } from 'fastify'
import type { Platform } from '../platform.ts'
import { addControl } from './control.ts'
import { addEsplora } from './esplora.ts'
import { addHubAccount } from './hub-account.ts'
import { addPages } from './pages.ts'
import { addPhoneApi } from './phone-api.ts'
import { addRateApi } from './rate-api.ts'
import { addRpc } from './rpc.ts'
import { openWorld, type World } from './world.ts'

export function addBitcoin(app: FastifyInstance, platform: Platform): World {
  const world = openWorld(platform)
  app.register(async (scope) => addRpc(scope, world))
  app.register(async (scope) => addEsplora(scope, world))
  addRateApi(app, world)
  addControl(app, world)
  addHubAccount(app, world)
  addPages(app, world)
  app.register(async (scope) => addPhoneApi(scope, world))
  return world
}
