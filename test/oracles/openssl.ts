// The OpenSSL program in a folder of its own, for tests that want another opinion than ours.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Ran {
  status: number | null
  stdout: Buffer
}

/** Runs OpenSSL where these files stand; they are gone afterwards. */
export function withFiles<T>(
  files: Record<string, string | Buffer>,
  use: (run: (...words: string[]) => Ran) => T,
): T {
  const cwd = mkdtempSync(join(tmpdir(), 'tongbao-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
    return use((...words) => spawnSync('openssl', words, { cwd }))
  } finally {
    rmSync(cwd, { recursive: true })
  }
}
