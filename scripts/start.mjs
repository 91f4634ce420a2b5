// npm start: whatever a clean clone lacks is installed and built, then the hub starts.

import { ensureBuilt, ensureInstalled, handOver } from './bootstrap.mjs'

const args = process.argv.slice(2)
ensureInstalled()
if (!args.includes('--help')) ensureBuilt()
handOver('src/cli/start.ts', args)
