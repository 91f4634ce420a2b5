// Finds and starts the browser of the browser tests: the system's Chromium, or the one named by
// CHROMIUM_PATH. A machine without one fails with a sentence that says what to do.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Path of the browser to test with. Throws when there is none. */
export function findChromium(): string {
  const named = process.env.CHROMIUM_PATH
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = [
    ...(named ? [named] : []),
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...PLACES,
    ownChromium(),
  ]
  const found = candidates.find(isExecutable)
  if (found) return found
  throw new Error(
    'no Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH',
  )
}

/** A headless browser; the caller closes it. */
export function launchChromium(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root, as it does in containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: findChromium(), args })
}

function ownChromium(): string {
  return chromium.executablePath()
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
