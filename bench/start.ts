// From the command to the first payment, with an empty data folder and again with what it left.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../test/stack.ts'
import { memoryMb, round } from './figures.ts'

const RUNS = 3

interface Start {
  /** Until `started.json` says where everything is. */
  ready_s: number
  /** Until the API has made a payment. */
  first_payment_s: number
  stop_s: number
  memory_mb: Record<string, number>
}

export async function benchStart() {
  const first: Start[] = []
  const again: Start[] = []
  for (let run = 0; run < RUNS; run++) {
    const folder = mkdtempSync(join(tmpdir(), 'tongbao-start-'))
    try {
      first.push(await start(join(folder, 'data')))
      again.push(await start(join(folder, 'data')))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { bench: 'start', runs: RUNS, empty_folder: median(first), existing_folder: median(again) }
}

async function start(folder: string): Promise<Start> {
  const port = await fourPorts()
  const begun = performance.now()
  const since = () => round((performance.now() - begun) / 1000)
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('../src/cli/start.ts', import.meta.url)),
      '--data',
      folder,
      '--port',
      String(port),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const exit = once(child, 'exit')
  const file = join(folder, 'started.json')
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`the start ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const ready = since()
  const started = JSON.parse(readFileSync(file, 'utf8'))
  await createPayment(started.hub, started.api_key)
  const firstPayment = since()
  const pids: Record<string, number> = started.pids
  const memory = Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, memoryMb(pid)]),
  )
  const stopping = performance.now()
  child.kill('SIGTERM')
  await exit
  return {
    ready_s: ready,
    first_payment_s: firstPayment,
    stop_s: round((performance.now() - stopping) / 1000),
    memory_mb: memory,
  }
}

async function createPayment(hub: string, key: string): Promise<void> {
  const answer = await fetch(`${hub}/v1/payments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify({
      amount: 8850,
      currency: 'CNY',
      reference: crypto.randomUUID(),
      title: 'Tea',
    }),
  })
  if (answer.status !== 201) throw new Error(`the first payment answered ${answer.status}`)
}

/** The first of four free ports in a row, which a start needs. */
async function fourPorts(): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1)
    if (first < 65_000) return first
  }
}

function median(starts: readonly Start[]): Start {
  const middle = starts.toSorted((a, b) => a.first_payment_s - b.first_payment_s)[
    starts.length >> 1
  ]
  if (!middle) throw new Error('nothing was measured')
  return middle
}
