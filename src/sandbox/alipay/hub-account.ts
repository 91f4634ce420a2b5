// What a merchant enters at the hub to use this sandbox's first application: by the names that the
// hub's form gives the fields.
import type { FastifyInstance } from 'fastify'
import { credentials } from './applications.ts'
import type { World } from './world.ts'

export function addHubAccount(app: FastifyInstance, world: World): void {
  app.get('/control/alipay/hub-account', async (_request, reply) => {
    const [application] = world.applications.list()
    if (!application) return reply.code(404).send({ problem: { code: 'APPLICATION_NOT_EXIST' } })
    const gateway = `${world.platform.address()}/gateway.do`
    const given = credentials(application, world.authority, gateway)
    const fields = {
      app_id: given.app_id,
      seller_id: given.seller_id,
      mode: given.mode,
      private_key: given.app_private_key,
      alipay_public_key: given.mode === 'key' ? given.alipay_public_key : undefined,
      app_cert: given.app_certificate,
      alipay_cert: given.alipay_certificate,
      alipay_root_cert: given.root_certificate,
      content_key: given.content_key,
      gateway,
      environment: 'test',
    }
    return { wallet: 'alipay', name: 'Sandbox Alipay 沙箱支付宝', fields }
  })
}
