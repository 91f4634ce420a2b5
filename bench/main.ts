// `npm run bench`: every benchmark, or the named ones. `--json` prints one JSON object as the last line.

import { cpus, loadavg } from 'node:os'
import { benchJournal } from './journal.ts'
import { benchPayments } from './payments.ts'
import { benchStart } from './start.ts'
import { benchWallets } from './wallets.ts'

const BENCHES: Record<string, () => Promise<object>> = {
  journal: benchJournal,
  payments: benchPayments,
  start: benchStart,
  wallets: benchWallets,
}

const args = process.argv.slice(2)
const json = args.includes('--json')
const names = args.filter((arg) => arg !== '--json' && arg !== '--help')
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name))
if (args.includes('--help')) {
  console.log(`Runs all benchmarks, or the named ones; together a few minutes.

  npm run bench -- [${Object.keys(BENCHES).join('] [')}] [--json]

  --json   print one JSON object as the last line`)
} else if (unknown.length > 0) {
  console.error(
    `No benchmark is called ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`,
  )
  process.exitCode = 2
} else {
  const machine = {
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    node: process.version,
    load_before: loadavg(),
  }
  const results: Record<string, object> = {}
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    const result = await BENCHES[name]?.()
    if (!result) continue
    results[name] = result
    if (!json) console.log(`${name}\n${JSON.stringify(result, null, 2)}`)
  }
  const all = { ...results, machine: { ...machine, load_after: loadavg() } }
  console.log(json ? JSON.stringify(all) : `machine\n${JSON.stringify(all.machine, null, 2)}`)
}
