// Starts the sandbox as a process of its own, set by environment.
import type { Log } from '../ports.ts'
import { startSandbox } from './server.ts'
import { readSettings } from './settings.ts'

const log: Log = {
  debug: () => {},
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
}

function write(level: string, fields: Record<string, unknown>, message: string): void {
  process.stderr.write(
    `${JSON.stringify({ level, time: new Date().toISOString(), message, ...fields })}\n`,
  )
}

const settings = readSettings(process.env)
if ('problem' in settings) {
  process.stderr.write(`${settings.problem}\n`)
  process.exit(1)
}

try {
  const sandbox = await startSandbox({ ...settings, log })
  // One line for whoever started this process: it is ready, and where.
  process.stdout.write(`${JSON.stringify({ sandbox: sandbox.url })}\n`)
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending) return
      ending = true
      sandbox.close().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`The sandbox did not start: ${message}\n`)
  process.exit(1)
}
