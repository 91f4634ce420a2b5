// The log: JSON lines in UTC, with secrets left out by name.

import pino from 'pino'
import type { LogLevel } from './config.ts'
import type { Log } from './ports.ts'

// Fields that may hold something secret or personal, wherever a caller puts them.
const HIDDEN = [
  'authorization',
  'cookie',
  'secret',
  'key',
  'token',
  'password',
  'privateKey',
  'authCode',
  'clientSecret',
]

export function createLog(level: LogLevel): Log {
  const logger = pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: HIDDEN.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  })
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}
