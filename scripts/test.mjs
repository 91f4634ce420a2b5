// npm test: whatever the tests need is installed and built, then all of them run. Arguments choose
// test files by a part of their path: npm test -- alipay.

import { ensureBuilt, ensureInstalled, handOver } from './bootstrap.mjs'

const HELP = `Runs the tests: types, format and lint, then every test file.

  npm test                      everything
  npm test -- WORD …            only the test files whose path contains every WORD
  npm test -- --help            this page

  npm test -- alipay            src/wallets/alipay/*.test.ts, test/vectors/alipay.test.ts, …
  npm test -- e2e unhappy       test/e2e/unhappy.test.ts

  With a WORD, types, format and lint are left out: "npm run check" does them.
  CHROMIUM_PATH=/path/to/chromium   the browser for the tests that need one`

const filters = process.argv.slice(2)
const unknown = filters.find((word) => word.startsWith('-') && word !== '--help' && word !== '-h')
if (filters.includes('--help') || filters.includes('-h')) process.stdout.write(`${HELP}\n`)
else if (unknown !== undefined) {
  process.stderr.write(`Unknown argument "${unknown}"; "npm test -- --help" lists what there is.\n`)
  process.exitCode = 1
} else {
  ensureInstalled()
  ensureBuilt()
  handOver('scripts/test-stages.ts', filters)
}
