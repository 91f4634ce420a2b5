// Arithmetic and readings that benchmarks share.

import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The value below which `p` percent of the values lie. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN
}

/** One digit behind the point. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** Resident memory of a process. */
export function memoryMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

/** What one fsync of 8 KB takes on the disk of the benchmark's database; the median of 200. */
export function fsyncMicroseconds(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-fsync-'))
  const file = openSync(join(folder, 'file'), 'w')
  try {
    const page = Buffer.alloc(8192)
    const times = Array.from({ length: 200 }, () => {
      writeSync(file, page, 0, page.length, 0)
      const start = performance.now()
      fsyncSync(file)
      return performance.now() - start
    })
    return Math.round(percentile(times, 50) * 1000)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}
