// Whether this process lives, and whether it can work. Neither tells a version or a secret (AP-37).

import type { FastifyInstance } from 'fastify'
import { ApiError } from '../../errors.ts'
import { refuseOtherMethods } from '../register.ts'

/** What has to hold before requests are sent here; each true or false. */
export interface Readiness {
  database: boolean
  migrations: boolean
  /** The hub's clock is within 30 s of the database's. */
  clock: boolean
}

export function registerHealth(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async () => {
    const found = await readiness()
    const missing = Object.entries(found).flatMap(([name, holds]) => (holds ? [] : [name]))
    if (missing.length > 0) {
      const names = missing.join(', ')
      throw new ApiError('not_ready', {
        headers: { 'retry-after': '1' },
        detail: { en: `Not in order: ${names}.`, 'zh-CN': `未就绪：${names}。` },
      })
    }
    return { status: 'ready' }
  })
  refuseOtherMethods(app, '/health', ['GET', 'HEAD'])
  refuseOtherMethods(app, '/ready', ['GET', 'HEAD'])
}
