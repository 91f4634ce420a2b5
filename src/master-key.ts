// The master key seals every secret in the database. It lives in a file apart from the database,
// which nobody but its owner can read.

import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reading } from './config-readers.ts'

const KEY_BYTES = 32

/**
 * The 32 bytes in the file. A missing file is made when `mayMake` says so; a live hub never makes
 * one, because a key that nobody has kept a copy of is a loss waiting to happen.
 */
export function readMasterKey(file: string, { mayMake }: { mayMake: boolean }): Reading<Buffer> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    if (!mayMake) return { expected: `${file} does not exist; ${howToMake(file)}.` }
    make(file)
  }
  const { mode } = statSync(file)
  if ((mode & 0o177) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0')
    return {
      expected: `${file} has the mode ${found}; expected 0400 or 0600, so run "chmod 600 ${file}".`,
    }
  }
  const text = readFileSync(file, 'utf8').trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    return { expected: `${file} does not hold ${KEY_BYTES} bytes as base64; ${howToMake(file)}.` }
  }
  return { value: key }
}

function howToMake(file: string): string {
  const command = `umask 077; mkdir -p ${dirname(file)}; openssl rand -base64 32 > ${file}`
  return `put your copy there, or make the first one: (${command})`
}

/** Appears whole or not at all, and never replaces a key that another process made meanwhile. */
function make(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 })
  try {
    linkSync(unfinished, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(unfinished)
  }
}
