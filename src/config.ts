// Settings, read once from the environment and an optional JSON file. Every wrong one is named in
// the same refusal, with what was found and what is expected.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Reading, readers } from './config-readers.ts'
import { readMasterKey } from './master-key.ts'

const MODES = ['test', 'live'] as const
const ROLES = ['api', 'worker'] as const
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type Mode = (typeof MODES)[number]
export type Role = (typeof ROLES)[number]
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Config {
  mode: Mode
  host: string
  port: number
  /** Metrics only; never to be exposed. */
  adminPort: number
  /** The hub's public base address, without a slash at its end. */
  url: string
  databaseUrl: string
  dataFolder: string
  /** 32 bytes that seal every secret in the database. */
  masterKey: Buffer
  /** Test mode only. */
  sandboxUrl: string | undefined
  /** Test mode only. */
  shopUrl: string | undefined
  roles: ReadonlySet<Role>
  logLevel: LogLevel
  /** Networks whose X-Forwarded-For is believed, as CIDR. */
  trustedProxies: readonly string[]
  /** Ports that merchants' webhook addresses may name. */
  webhookPorts: ReadonlySet<number>
  /** Test mode only: origins that webhooks may reach although they are not public. */
  webhookTestOrigins: readonly string[] | undefined
  /** Origins of your own servers that wallets may reach although they are not public. */
  privateOrigins: readonly string[]
  /** Connections to the database. */
  poolSize: number
}

/** Thrown by {@link readConfig}; its message has one line per wrong setting. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

interface Setting<T> {
  name: string
  read(text: string): Reading<T>
  /** What holds when the setting is absent; a setting without it is required. */
  absent?: { value: T }
  /** Its text may hold a password and is never repeated. */
  secret?: true
}

const SETTINGS = {
  mode: optional<Mode>('TONGBAO_MODE', readers.oneOf(MODES), 'live'),
  host: optional('TONGBAO_HOST', readers.address, '127.0.0.1'),
  port: optional('TONGBAO_PORT', readers.wholeNumber(1, 65_535), 8800),
  adminPort: optional('TONGBAO_ADMIN_PORT', readers.wholeNumber(1, 65_535), 8803),
  url: required('TONGBAO_URL', readers.baseAddress),
  databaseUrl: { ...required('DATABASE_URL', readers.databaseAddress), secret: true },
  dataFolder: optional('TONGBAO_DATA', readers.path, resolve('data', 'hub')),
  masterKeyFile: optional<string | undefined>('TONGBAO_MASTER_KEY_FILE', readers.path, undefined),
  sandboxUrl: optional<string | undefined>('TONGBAO_SANDBOX_URL', readers.baseAddress, undefined),
  shopUrl: optional<string | undefined>('TONGBAO_SHOP_URL', readers.baseAddress, undefined),
  roles: optional<ReadonlySet<Role>>('TONGBAO_ROLES', readers.setOf(ROLES), new Set(ROLES)),
  logLevel: optional<LogLevel>('TONGBAO_LOG_LEVEL', readers.oneOf(LOG_LEVELS), 'info'),
  trustedProxies: optional<readonly string[]>('TONGBAO_TRUSTED_PROXIES', readers.networks, []),
  webhookPorts: optional<ReadonlySet<number>>(
    'TONGBAO_WEBHOOK_PORTS',
    readers.ports,
    new Set([443]),
  ),
  webhookTestOrigins: optional<readonly string[] | undefined>(
    'TONGBAO_WEBHOOK_TEST_ORIGINS',
    readers.baseAddresses,
    undefined,
  ),
  privateOrigins: optional<readonly string[]>('TONGBAO_PRIVATE_ORIGINS', readers.baseAddresses, []),
  poolSize: optional('TONGBAO_POOL_SIZE', readers.wholeNumber(2, 500), 10),
} as const

const NAMES = Object.values(SETTINGS).map((setting) => setting.name)

/** Names of the same prefix that other programs of ours read. */
const OTHERS = /^TONGBAO_(CONFIG$|SANDBOX_|TEST_|HUB_URL$|API_|WEBHOOK_SECRET$)/

type Texts = Record<string, string | undefined>

/**
 * Reads and checks every setting. A variable wins over the same name in the JSON file that
 * TONGBAO_CONFIG names. Throws {@link ConfigError} with all that is wrong. In test mode the master
 * key is made when there is none.
 */
export function readConfig(environment: Texts = process.env): Config {
  const problems: string[] = []
  const texts = { ...readFile(environment.TONGBAO_CONFIG, problems), ...withoutEmpty(environment) }
  for (const name of Object.keys(texts)) {
    if (name.startsWith('TONGBAO_') && !NAMES.includes(name) && !OTHERS.test(name)) {
      problems.push(unknownName(name))
    }
  }
  for (const setting of Object.values(SETTINGS)) {
    const reading = readSetting<unknown>(setting, texts)
    if ('expected' in reading) problems.push(reading.expected)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const value = <T>(setting: Setting<T>): T => valueFor(setting, texts)
  const dataFolder = value(SETTINGS.dataFolder)
  const settings = {
    mode: value(SETTINGS.mode),
    host: value(SETTINGS.host),
    port: value(SETTINGS.port),
    adminPort: value(SETTINGS.adminPort),
    url: value(SETTINGS.url),
    databaseUrl: value(SETTINGS.databaseUrl),
    dataFolder,
    sandboxUrl: value(SETTINGS.sandboxUrl),
    shopUrl: value(SETTINGS.shopUrl),
    roles: value(SETTINGS.roles),
    logLevel: value(SETTINGS.logLevel),
    trustedProxies: value(SETTINGS.trustedProxies),
    webhookPorts: value(SETTINGS.webhookPorts),
    webhookTestOrigins: value(SETTINGS.webhookTestOrigins),
    privateOrigins: value(SETTINGS.privateOrigins),
    poolSize: value(SETTINGS.poolSize),
  }
  problems.push(...contradictions(settings))
  const keyFile = value(SETTINGS.masterKeyFile) ?? join(dataFolder, 'keys', 'master.key')
  const masterKey = readMasterKey(keyFile, { mayMake: settings.mode === 'test' })
  if ('expected' in masterKey) problems.push(`TONGBAO_MASTER_KEY_FILE: ${masterKey.expected}`)
  if (problems.length > 0 || 'expected' in masterKey) throw new ConfigError(problems)
  return { ...settings, masterKey: masterKey.value }
}

function required<T>(name: string, read: (text: string) => Reading<T>): Setting<T> {
  return { name, read }
}

function optional<T>(name: string, read: (text: string) => Reading<T>, absent: T): Setting<T> {
  return { name, read, absent: { value: absent } }
}

/** The value, or the whole sentence about what is wrong. */
function readSetting<T>(setting: Setting<T>, texts: Texts): Reading<T> {
  const text = texts[setting.name]
  if (text === undefined && setting.absent !== undefined) return setting.absent
  const reading = setting.read(text ?? '')
  if (!('expected' in reading)) return reading
  const found =
    text === undefined
      ? 'is missing'
      : setting.secret
        ? `has a value of ${text.length} characters (not shown)`
        : `is ${JSON.stringify(text)}`
  return { expected: `${setting.name} ${found}; expected ${reading.expected}.` }
}

function valueFor<T>(setting: Setting<T>, texts: Texts): T {
  const reading = readSetting(setting, texts)
  if ('expected' in reading) throw new ConfigError([reading.expected])
  return reading.value
}

/** Settings that are right each for itself but not together. */
function contradictions(settings: Omit<Config, 'masterKey'>): string[] {
  const problems: string[] = []
  if (settings.mode === 'live') {
    if (!settings.url.startsWith('https://')) {
      problems.push(`TONGBAO_URL is "${settings.url}"; expected an https address in live mode.`)
    }
    const testOnly = {
      TONGBAO_SANDBOX_URL: settings.sandboxUrl,
      TONGBAO_SHOP_URL: settings.shopUrl,
      TONGBAO_WEBHOOK_TEST_ORIGINS: settings.webhookTestOrigins,
    }
    for (const [name, found] of Object.entries(testOnly)) {
      if (found !== undefined) {
        problems.push(`${name} is "${found}"; expected to be absent in live mode.`)
      }
    }
  }
  if (settings.port === settings.adminPort) {
    problems.push(
      `TONGBAO_ADMIN_PORT is "${settings.adminPort}"; expected another port than TONGBAO_PORT.`,
    )
  }
  return problems
}

function readFile(file: string | undefined, problems: string[]): Texts {
  if (file === undefined || file === '') return {}
  const texts: Texts = {}
  for (const [name, value] of Object.entries(parseFile(file, problems))) {
    if (!NAMES.includes(name)) problems.push(unknownName(name))
    else if (typeof value === 'string' || typeof value === 'number') texts[name] = String(value)
    else if (Array.isArray(value)) texts[name] = value.join(',')
    else problems.push(`${name} in ${file} is not a string, a number or a list of these.`)
  }
  return texts
}

function parseFile(file: string, problems: string[]): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    problems.push(`TONGBAO_CONFIG is "${file}"; expected a file with one JSON object.`)
  } catch (error) {
    // Not the parser's own words: they repeat the file's text, which may hold a password.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read'
    problems.push(`TONGBAO_CONFIG is "${file}"; expected a readable JSON file, but ${reason}.`)
  }
  return {}
}

function withoutEmpty(environment: Texts): Texts {
  return Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''))
}

function unknownName(name: string): string {
  return `${name} is not a setting; expected one of ${NAMES.join(', ')}.`
}
