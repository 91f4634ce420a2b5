// What a merchant enters at the hub to use a merchant of this sandbox: by the names that the hub's
// form gives the fields.
import type { FastifyInstance } from 'fastify'
import { privatePem, publicPem } from './crypto.ts'
import type { World } from './world.ts'

export function addHubAccount(app: FastifyInstance, world: World): void {
  app.get<{ Querystring: { mchid?: string } }>(
    '/control/wechatpay/hub-account',
    async (request, reply) => {
      const [first] = world.merchants.list()
      const { mchid } = request.query
      const merchant = mchid === undefined ? first : world.merchants.byId(mchid)
      const own = merchant && world.merchants.certificates(merchant.mchid).at(-1)
      if (!merchant || !own?.privateKey) {
        return reply.code(404).send({ problem: { code: 'MCH_NOT_EXISTS' } })
      }
      const byPublicKey = merchant.mode !== 'certificate'
      const fields = {
        mchid: merchant.mchid,
        appid: merchant.apps.official,
        mini_appid: merchant.apps.mini,
        app_appid: merchant.apps.mobile,
        private_key: privatePem(own.privateKey),
        merchant_cert: own.pem,
        api_v3_key: merchant.apiV3Key,
        // Without it the hub fetches the platform certificates itself.
        public_key_id: byPublicKey ? merchant.publicKeyId : undefined,
        public_key: byPublicKey ? publicPem(merchant.publicKey.publicKey) : undefined,
        api_v2_key: merchant.apiV2Key,
        gateway: world.platform.address(),
        environment: 'test',
      }
      return { wallet: 'wechatpay', name: 'Sandbox WeChat Pay 沙箱微信支付', fields }
    },
  )
}
