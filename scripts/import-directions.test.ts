// Proves on a copy of the folder tree that the linter really refuses what biome.json forbids.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const tree = mkdtempSync(join(tmpdir(), 'tongbao-imports-'))
after(() => rmSync(tree, { recursive: true }))

/** File, import or statement, and the rule that must refuse it; null when it must pass. */
const CASES: [string, string, string | null][] = [
  ['src/money.ts', './payments/decide.ts', 'noRestrictedImports'],
  ['src/money.ts', './encoding/base64.ts', null],
  ['src/encoding/csv.ts', '../db/pool.ts', 'noRestrictedImports'],
  ['src/encoding/csv.ts', '../money.ts', null],
  ['src/db/pool.ts', '../payments/decide.ts', 'noRestrictedImports'],
  ['src/db/pool.ts', 'pg', null],
  ['src/wallets/alipay/wallet.ts', '../../db/pool.ts', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', '../wechat/messages.ts', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', '../../errors.ts', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', '../../outgoing/client.ts', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', 'undici', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', 'node:https', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', 'node:fs', 'noRestrictedImports'],
  ['src/wallets/alipay/wallet.ts', 'node:crypto', null],
  ['src/wallets/alipay/wallet.ts', '../wallet.ts', null],
  ['src/wallets/alipay/wallet.ts', '../../encoding/pem.ts', null],
  ['src/wallets/alipay/wallet.ts', './messages.ts', null],
  ['src/wallets/alipay/wallet.ts', '../../acquirers/index.ts', 'noRestrictedImports'],
  ['src/wallets/applepay/wallet.ts', '../../acquirers/index.ts', null],
  ['src/wallets/applepay/wallet.ts', '../card.ts', null],
  ['src/wallets/applepay/wallet.ts', '../googlepay/wallet.ts', 'noRestrictedImports'],
  ['src/wallets/applepay/wallet.ts', '../../acquirers/stripe/messages.ts', 'noRestrictedImports'],
  ['src/wallets/applepay/wallet.ts', '../../db/pool.ts', 'noRestrictedImports'],
  ['src/wallets/card.ts', '../acquirers/index.ts', null],
  ['src/acquirers/stripe/acquirer.ts', '../../wallets/card.ts', 'noRestrictedImports'],
  ['src/wallets/index.ts', './alipay/wallet.ts', null],
  ['src/wallets/index.ts', '../payments/decide.ts', 'noRestrictedImports'],
  ['src/acquirers/stripe/acquirer.ts', '../../wallets/alipay/signature.ts', 'noRestrictedImports'],
  ['src/outgoing/client.ts', '../db/pool.ts', 'noRestrictedImports'],
  ['src/outgoing/client.ts', 'undici', null],
  ['src/ledger/post.ts', '../payments/decide.ts', 'noRestrictedImports'],
  ['src/jobs/queue.ts', '../db/pool.ts', null],
  ['src/webhooks/send.ts', 'undici', 'noRestrictedImports'],
  ['src/webhooks/send.ts', '../http/server.ts', 'noRestrictedImports'],
  ['src/risk/score.ts', '../db/pool.ts', 'noRestrictedImports'],
  ['src/payments/confirm.ts', '../http/server.ts', 'noRestrictedImports'],
  ['src/payments/confirm.ts', '../wallets/alipay/wallet.ts', 'noRestrictedImports'],
  ['src/payments/confirm.ts', '../wallets/index.ts', 'noRestrictedImports'],
  ['src/payments/confirm.ts', '../config.ts', 'noRestrictedImports'],
  ['src/payments/confirm.ts', '../wallets/wallet.ts', null],
  ['src/payments/confirm.ts', '../db/pool.ts', null],
  ['src/receipts/show.ts', '../http/server.ts', 'noRestrictedImports'],
  ['src/receipts/show.ts', '../payments/payment.ts', null],
  ['src/http/pages.ts', '../db/pool.ts', 'noRestrictedImports'],
  ['src/http/pages.ts', 'pg', 'noRestrictedImports'],
  ['src/http/pages.ts', '../sandbox/books.ts', 'noRestrictedImports'],
  ['src/http/pages.ts', '../payments/confirm.ts', null],
  ['src/http/pages.ts', '../web/checkout/view.ts', 'noRestrictedImports'],
  ['src/http/pages/hosted.ts', '../../web/checkout/view.ts', null],
  ['src/http/pages/hosted.ts', '../../web/checkout/components/qr/qr.ts', 'noRestrictedImports'],
  ['src/http/pages/hosted.ts', '../../db/pool.ts', 'noRestrictedImports'],
  ['src/main.ts', './sandbox/main.ts', 'noRestrictedImports'],
  ['src/main.ts', './http/server.ts', null],
  ['src/web/checkout/page.ts', '../../payments/payment.ts', 'noRestrictedImports'],
  ['src/web/checkout/page.ts', 'node:crypto', 'noRestrictedImports'],
  ['src/web/checkout/page.ts', '../../http/checkout-types.ts', null],
  ['src/sandbox/server.ts', '../wallets/alipay/signature.ts', 'noRestrictedImports'],
  ['src/sandbox/server.ts', '../db/pool.ts', 'noRestrictedImports'],
  ['src/sandbox/server.ts', '../encoding/pem.ts', null],
  ['src/sandbox/alipay/gateway.ts', '../../wallets/wallet.ts', 'noRestrictedImports'],
  ['src/sandbox/alipay/gateway.ts', '../books.ts', null],
  ['examples/shop/server.ts', '../../src/money.ts', 'noRestrictedImports'],
  ['src/payments/any.test.ts', '../http/server.ts', null],
]

const STATEMENTS: [string, string, string | null][] = [
  ['src/payments/resolve.ts', "await fetch('https://example.com')", 'noRestrictedGlobals'],
  ['src/http/server.ts', "await fetch('https://example.com')", 'noRestrictedGlobals'],
  ['src/outgoing/client.ts', "await fetch('https://example.com')", null],
  ['src/web/checkout/api.ts', "await fetch('/checkout/v1/payment')", null],
  ['src/sandbox/notify.ts', "await fetch('http://127.0.0.1')", null],
  ['examples/shop/server.ts', "await fetch('http://127.0.0.1')", null],
  ['src/db/pool.ts', 'console.log(process.env.DATABASE_URL)', 'noProcessEnv'],
  ['src/main.ts', 'console.log(process.env.DATABASE_URL)', 'noProcessEnv'],
  ['src/config.ts', 'console.log(process.env.DATABASE_URL)', null],
  ['src/sandbox/main.ts', 'console.log(process.env.PORT)', null],
]

cpSync(join(ROOT, 'biome.json'), join(tree, 'biome.json'))
writeFileSync(join(tree, '.gitignore'), 'node_modules\n')
writeFileSync(join(tree, 'package.json'), '{}\n')
symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
for (const imported of CASES.map(([file, target]) => resolveTarget(file, target))) {
  if (imported !== undefined) write(imported, 'export {}\n')
}

describe('import directions', () => {
  for (const [file, target, rule] of CASES) {
    it(`${file} ${rule === null ? 'may' : 'may not'} import ${target}`, () => {
      check(file, `import '${target}'\n\nexport {}\n`, rule)
      check(file, `export * from '${target}'\n`, rule)
    })
  }

  for (const [file, statement, rule] of STATEMENTS) {
    it(`${file} ${rule === null ? 'may' : 'may not'} say ${statement}`, () => {
      check(file, `${statement}\n\nexport {}\n`, rule)
    })
  }

  it('refuses a cycle', () => {
    write('src/payments/two.ts', "import { one } from './one.ts'\n\nexport const two = () => one\n")
    const one = "import { two } from './two.ts'\n\nexport const one = () => two\n"
    check('src/payments/one.ts', one, 'noImportCycles')
  })
})

function check(file: string, source: string, rule: string | null): void {
  write(file, source)
  const biome = join(ROOT, 'node_modules', '.bin', 'biome')
  const answer = spawnSync(biome, ['lint', '--error-on-warnings', '--colors=off', file], {
    cwd: tree,
    encoding: 'utf8',
  })
  const output = `${answer.stdout}${answer.stderr}`
  if (rule === null) assert.equal(answer.status, 0, output)
  else {
    assert.equal(answer.status, 1, output)
    assert.ok(output.includes(`/${rule} `), output)
  }
  write(file, 'export {}\n')
}

function write(file: string, source: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true })
  writeFileSync(join(tree, file), source)
}

function resolveTarget(file: string, target: string): string | undefined {
  return target.startsWith('.') ? join(dirname(file), target) : undefined
}
