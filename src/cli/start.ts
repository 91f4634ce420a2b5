// tongbao start: reads flags and environment, turns signals into a stop, and reports the end.

import { readFileSync } from 'node:fs'
import { HELP, parseArguments } from './arguments.ts'
import { PROGRAMS, type Programs } from './programs.ts'
import { runStart, type StartSettings } from './run-start.ts'

/** A terminal and npm can both pass on one Ctrl-C; only a later one means impatience. */
const SAME_SIGNAL_MS = 1000

/** Runs the command and settles with the exit code. */
export async function startCommand(argv: readonly string[], programs: Programs): Promise<number> {
  const stop = new AbortController()
  const hurry = new AbortController()
  listenForStop(stop, hurry)
  try {
    const parsed = parseArguments(argv)
    if (parsed === 'help') {
      process.stdout.write(`${HELP}\n`)
      return 0
    }
    await runStart({
      arguments: parsed,
      settings: readSettings(process.env),
      programs,
      version: ownVersion(),
      tell: (line) => process.stdout.write(`${line}\n`),
      stop: stop.signal,
      hurry: hurry.signal,
    })
    process.stdout.write('Stopped.\n')
    return 0
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) {
      process.stdout.write('Stopped.\n')
      return 0
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

function listenForStop(stop: AbortController, hurry: AbortController): void {
  let firstAt: number | undefined
  const request = () => {
    firstAt ??= Date.now()
    stop.abort(new Error('stopped'))
    if (Date.now() - firstAt > SAME_SIGNAL_MS) hurry.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request)
  // Whoever started us is gone (see scripts/bootstrap.mjs), so nobody can stop us any more.
  if (process.channel !== undefined) {
    process.on('disconnect', request)
    process.channel.unref()
  }
  // A closed terminal must not end us before everything has stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

function readSettings(env: NodeJS.ProcessEnv): StartSettings {
  const mode = env.TONGBAO_MODE || 'test'
  if (mode !== 'test' && mode !== 'live') {
    throw new Error(`TONGBAO_MODE is "${mode}"; expected test or live.`)
  }
  return {
    mode,
    host: env.TONGBAO_HOST || '127.0.0.1',
    publicUrl: env.TONGBAO_URL || undefined,
    databaseUrl: env.DATABASE_URL || undefined,
  }
}

function ownVersion(): string {
  const about: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  const found =
    typeof about === 'object' && about !== null && 'version' in about ? about.version : undefined
  return String(found)
}

if (import.meta.main) process.exitCode = await startCommand(process.argv.slice(2), PROGRAMS)
