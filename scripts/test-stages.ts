// The stages of npm test, in order; the first that fails ends the run. Node's own totals stand last.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTestPostgres } from '../src/db/embedded.ts'
import { ensureChromium } from './chromium.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const TEST_FILES = '{src,test,examples,scripts,bench}/**/*.test.ts'
const TYPESCRIPT_PROJECTS = ['.', 'src/web']

/** Ends the run with a sentence; the stage's own output stands above it. */
class StageFailure extends Error {}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort())
}
process.on('disconnect', () => stop.abort())
process.channel?.unref()

process.exitCode = await main(process.argv.slice(2))

async function main(filters: readonly string[]): Promise<number> {
  try {
    const files = chooseFiles(filters)
    const browser = ensureChromium(process.env)
    if (filters.length === 0) await runChecks()
    await runTests(files, browser)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 130
    if (!(error instanceof StageFailure) && !(error instanceof Error)) throw error
    process.stderr.write(`\n${error.message}\n`)
    return 1
  }
}

function chooseFiles(filters: readonly string[]): string[] {
  const all = globSync(TEST_FILES, { cwd: ROOT }).sort()
  const chosen = all.filter((file) => filters.every((part) => file.includes(part)))
  if (chosen.length > 0) return chosen
  throw new StageFailure(
    filters.length === 0
      ? `No test file matches ${TEST_FILES}.`
      : `No test file's path contains ${filters.join(' and ')}.`,
  )
}

async function runChecks(): Promise<void> {
  for (const project of TYPESCRIPT_PROJECTS) {
    if (!existsSync(join(ROOT, project, 'tsconfig.json'))) continue
    await stage(`Types (${project})`, join('typescript', 'bin', 'tsc'), ['--noEmit', '-p', project])
  }
  await stage('Format, lint, import directions', join('@biomejs', 'biome', 'bin', 'biome'), [
    'ci',
    '--error-on-warnings',
  ])
}

async function stage(title: string, tool: string, args: readonly string[]): Promise<void> {
  heading(title)
  const code = await run([join(MODULES, tool), ...args], process.env)
  if (code !== 0) throw new StageFailure(`${title}: failed.`)
}

async function runTests(files: readonly string[], browser: string): Promise<void> {
  heading(`Tests (${files.length} files)`)
  const postgres = await startTestPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-totals-'))
  const totals = join(folder, 'totals.json')
  try {
    const code = await run(
      [
        '--disable-warning=ExperimentalWarning',
        '--test',
        '--test-concurrency=2',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        `--test-reporter=${join(ROOT, 'scripts', 'totals-reporter.mjs')}`,
        `--test-reporter-destination=${totals}`,
        ...files,
      ],
      {
        ...process.env,
        TONGBAO_TEST_DATABASE_URL: postgres.adminUrl,
        CHROMIUM_PATH: browser,
      },
    )
    if (code !== 0) throw new StageFailure('Tests: failed.')
    checkTotals(readFileSync(totals, 'utf8'))
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A run that found nothing, or left something out, is no success. */
function checkTotals(text: string): void {
  const counts: Record<string, unknown> = JSON.parse(text)
  if (!Number(counts.tests) || counts.tests !== counts.passed) {
    throw new StageFailure(
      `Tests: ${counts.passed} of ${counts.tests} passed; skipped ${counts.skipped}, todo ` +
        `${counts.todo}, cancelled ${counts.cancelled}. A test that did not run counts as failed.`,
    )
  }
}

function heading(title: string): void {
  process.stdout.write(`\n== ${title}\n`)
}

/** Runs on our own Node; settles with the exit code. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env })
  const end = () => child.kill('SIGTERM')
  stop.signal.addEventListener('abort', end, { once: true })
  await once(child, 'exit')
  stop.signal.removeEventListener('abort', end)
  if (stop.signal.aborted) throw new StageFailure('Stopped.')
  return child.exitCode ?? 1
}
