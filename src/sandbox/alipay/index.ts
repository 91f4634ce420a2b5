// Alipay on the sandbox's server: gateway, cashier, the phone's questions, control.
import type { FastifyInstance } from 'fastify'
import type { Platform } from '../platform.ts'
import { addCashier } from './cashier.ts'
import { addControl } from './control.ts'
import { addGateway } from './gateway.ts'
import { addHubAccount } from './hub-account.ts'
import { addPages } from './pages.ts'
import { addPhoneApi } from './phone-api.ts'
import { openWorld, type World } from './world.ts'

export function addAlipay(app: FastifyInstance, platform: Platform): World {
  const world = openWorld(platform)
  addGateway(app, world)
  addCashier(app, world)
  addControl(app, world)
  addHubAccount(app, world)
  addPages(app, world)
  app.register(async (scope) => addPhoneApi(scope, world))
  return world
}
