// Finds the browser for the tests, or installs it where that can be done without asking.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MAC_APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Path of the browser. An `Error` says what to install. CHROMIUM_PATH names another one. */
export function ensureChromium(env: NodeJS.ProcessEnv): string {
  const given = env.CHROMIUM_PATH
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given
    throw new Error(`CHROMIUM_PATH is "${given}", which does not exist.`)
  }
  const found = findChromium(env)
  if (found !== undefined) return found
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) installOnDebian(env)
  const installed = findChromium(env)
  if (installed !== undefined) return installed
  throw new Error(
    'The browser tests need Chromium or Chrome. Install it (Debian: apt-get install chromium ' +
      'fonts-noto-cjk; macOS: brew install --cask chromium), or set CHROMIUM_PATH to its path.',
  )
}

function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter)
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...onPath, ...MAC_APPLICATIONS].find((path) => existsSync(path))
}

function installOnDebian(env: NodeJS.ProcessEnv): void {
  process.stdout.write('Installing Chromium and Chinese fonts for the browser tests …\n')
  const options = { encoding: 'utf8', env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  const packages = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk']
  for (const args of [['update'], packages]) {
    const answer = spawnSync('apt-get', args, options)
    if (answer.status !== 0)
      throw new Error(`${answer.stdout}${answer.stderr}\napt-get ${args[0]} failed.`)
  }
}
