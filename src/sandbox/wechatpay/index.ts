// WeChat Pay on the sandbox's server: APIs, H5 and in-app pages, the phone's questions, control.
import type { FastifyInstance } from 'fastify'
import type { Platform } from '../platform.ts'
import { addApi } from './api.ts'
import { addControl } from './control.ts'
import { addH5Page } from './h5-page.ts'
import { addHubAccount } from './hub-account.ts'
import { addInAppPage } from './in-app-page.ts'
import { addPages } from './pages.ts'
import { addPhoneApi } from './phone-api.ts'
import { openWorld, type World } from './world.ts'

export function addWechatPay(app: FastifyInstance, platform: Platform): World {
  const world = openWorld(platform)
  app.register((scope) => addApi(scope, world))
  addControl(app, world)
  addHubAccount(app, world)
  addH5Page(app, world)
  addInAppPage(app)
  addPages(app, world)
  app.register(async (scope) => addPhoneApi(scope, world))
  return world
}
