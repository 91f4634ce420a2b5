// npm test: whatever the tests need is installed and built, then all of them run. Arguments choose
// test files by a part of their path: npm test -- alipay.

import { ensureBuilt, ensureInstalled, handOver } from './bootstrap.mjs'

ensureInstalled()
ensureBuilt()
handOver('scripts/test-stages.ts', process.argv.slice(2))
