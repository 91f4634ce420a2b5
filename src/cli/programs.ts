// The programs that a start runs, as data: what to run, with which settings, and where it answers.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../config.ts'
import type { Program } from './supervise.ts'

export type Mode = 'test' | 'live'

/** Everything that the programs' settings follow from. */
export interface Setup {
  mode: Mode
  /** Address the programs listen on. */
  host: string
  port: number
  dataFolder: string
  watch: boolean
  /** The hub's public address when it differs from where it listens (TONGBAO_URL). */
  publicUrl: string | undefined
}

/** What the hub hands out at its first start in test mode (DIR/hub/test-access.json). */
export interface TestAccess {
  apiKey: string
  merchantId: string
  webhookSecret: string
}

export interface Programs {
  /**
   * Throws an `Error` with a sentence for each setting with which the hub would refuse to start.
   * Without `databaseUrl` the database is still to be made.
   */
  check(setup: Setup, databaseUrl: string | undefined): void
  hub(setup: Setup, databaseUrl: string): Program
  sandbox(setup: Setup): Program
  shop(setup: Setup, access: TestAccess): Program
}

export interface Addresses {
  hub: string
  sandbox: string
  phone: string
  shop: string
  apiReference: string
  metrics: string
}

export function addressesOf(setup: Setup): Addresses {
  const hub = setup.publicUrl ?? at(setup, 0)
  const sandbox = at(setup, 1)
  return {
    hub,
    sandbox,
    phone: `${sandbox}/phone`,
    shop: at(setup, 2),
    apiReference: `${hub}/docs`,
    metrics: `${at(setup, 3)}/metrics`,
  }
}

/** Where a person or another program on this machine reaches the n-th port. */
function at(setup: Setup, offset: number): string {
  const anywhere = setup.host === '0.0.0.0' || setup.host === '::'
  const host = anywhere ? '127.0.0.1' : setup.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${setup.port + offset}`
}

export const PROGRAMS: Programs = {
  check(setup, databaseUrl) {
    const own = PROGRAMS.hub(setup, databaseUrl ?? 'postgresql://tongbao@localhost/tongbao').env
    readConfig({ ...process.env, ...own })
  },
  hub(setup, databaseUrl) {
    const { hub, sandbox, shop } = addressesOf(setup)
    const test =
      setup.mode === 'test' ? { TONGBAO_SANDBOX_URL: sandbox, TONGBAO_SHOP_URL: shop } : {}
    return {
      ...onNode(setup, 'src/main.ts'),
      name: 'hub',
      env: {
        TONGBAO_MODE: setup.mode,
        TONGBAO_HOST: setup.host,
        TONGBAO_PORT: String(setup.port),
        TONGBAO_ADMIN_PORT: String(setup.port + 3),
        TONGBAO_URL: hub,
        TONGBAO_DATA: join(setup.dataFolder, 'hub'),
        DATABASE_URL: databaseUrl,
        ...test,
      },
      readyUrl: `${at(setup, 0)}/ready`,
    }
  },
  sandbox(setup) {
    return {
      ...onNode(setup, 'src/sandbox/main.ts'),
      name: 'sandbox',
      env: {
        TONGBAO_SANDBOX_PORT: String(setup.port + 1),
        TONGBAO_SANDBOX_DATA: join(setup.dataFolder, 'sandbox'),
        TONGBAO_HUB_URL: addressesOf(setup).hub,
      },
      readyUrl: `${at(setup, 1)}/health`,
    }
  },
  shop(setup, access) {
    const { hub, shop } = addressesOf(setup)
    return {
      ...onNode(setup, 'examples/shop/server.ts'),
      name: 'shop',
      env: {
        PORT: String(setup.port + 2),
        SHOP_URL: shop,
        SHOP_DATA: join(setup.dataFolder, 'shop'),
        TONGBAO_API_URL: hub,
        TONGBAO_API_KEY: access.apiKey,
        TONGBAO_WEBHOOK_SECRET: access.webhookSecret,
      },
      readyUrl: `${shop}/health`,
    }
  },
}

/** A source file of ours on the Node we run on ourselves, ending when we end. */
export function onNode(setup: Pick<Setup, 'watch'>, file: string) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--import',
      new URL('parent-guard.ts', import.meta.url).href,
      ...(setup.watch ? ['--watch', '--watch-preserve-output'] : []),
      join(root, file),
    ],
  }
}
