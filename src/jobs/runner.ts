// Runs jobs from the queue in PostgreSQL, and gives back what a dead hub had taken.

import { EventEmitter } from 'node:events'
import { Logger, type Runner, run, type TaskList } from 'graphile-worker'
import type { Listener } from '../db/listener.ts'
import type { Pool } from '../db/pool.ts'
import type { Log } from '../ports.ts'

/** Advisory locks of this class say "the worker pool with this name lives". */
const LIVING_POOLS = 0x7462_0001

export interface JobsOptions {
  pool: Pool
  listener: Listener
  log: Log
  tasks: TaskList
  /** Jobs at once. They wait for the network most of the time. */
  concurrency: number
}

export interface Jobs {
  stop(): Promise<void>
}

/** Runs until stopped. A runner that gives up, as it does when the database stays away, is replaced. */
export async function runJobs(options: JobsOptions): Promise<Jobs> {
  let stopping = false
  let running = await start(options)
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    running.runner.promise.then(
      () => !stopping && again(new Error('the job runner ended')),
      (error: unknown) => !stopping && again(error),
    )
  }

  function again(reason: unknown): void {
    options.log.warn({ error: String(reason) }, 'the job runner is started again')
    timer = setTimeout(async () => {
      try {
        running = await start(options)
        if (stopping) await running.runner.stop()
        else watch()
      } catch (error) {
        if (!stopping) again(error)
      }
    }, RESTART_MS)
  }

  watch()
  return {
    async stop() {
      stopping = true
      clearTimeout(timer)
      // A runner that has just ended by itself has nothing left to stop.
      await running.runner
        .stop()
        .catch((error: unknown) =>
          options.log.debug({ error: String(error) }, 'the job runner had stopped'),
        )
      await running.released
    },
  }
}

const RESTART_MS = 1_000

interface Running {
  runner: Runner
  /** Settles when its jobs are free for others. */
  released: Promise<void>
}

async function start(options: JobsOptions): Promise<Running> {
  const events = new EventEmitter()
  const warn = (message: string) => (error: unknown) =>
    options.log.warn({ error: String(error) }, message)
  // Other hubs may take over a pool's jobs as soon as nobody holds its lock; so may we, when a
  // runner of ours has given up.
  let held: Promise<() => Promise<void>> | undefined
  events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) => {
    held = options.listener.hold(LIVING_POOLS, workerPool.id)
    held.catch(warn('a job pool could not be announced'))
  })
  const runner = await run({
    pgPool: options.pool,
    taskList: options.tasks,
    events,
    noHandleSignals: true,
    logger: workerLogger(options.log),
    preset: {
      worker: {
        concurrentJobs: options.concurrency,
        pollInterval: 1_000,
        localQueue: {
          size: options.concurrency,
          ttl: 60_000,
          // Jobs that come one by one are fetched a few at a time instead of each on its own.
          refetchDelay: { durationMs: 20 },
        },
        completeJobBatchDelay: 5,
        failJobBatchDelay: 5,
      },
    },
  })
  const release = async () => {
    await held?.then((give) => give()).catch(warn('a job pool is still announced'))
  }
  return { runner, released: runner.promise.then(release, release) }
}

/** Frees jobs that were taken by a worker pool which no longer lives. To be called every few seconds. */
export async function freeJobsOfDeadHubs(pool: Pool): Promise<void> {
  await pool.query({
    name: 'free-jobs-of-dead-hubs',
    text: /* sql */ `
      select graphile_worker.force_unlock_workers(array(
        select distinct j.locked_by from graphile_worker.jobs j
        where j.locked_by is not null and j.locked_at < clock_timestamp() - interval '3 seconds'
          and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted
            and l.classid::bigint = $1 and l.objid::bigint = (hashtext(j.locked_by)::bigint & 4294967295))))`,
    values: [LIVING_POOLS],
  })
  // A job that was queued anew while it ran is kept under no key and may not run again. Its hub
  // would have removed it at its end.
  await pool.query({
    name: 'remove-superseded-jobs',
    text: /* sql */ `
      select graphile_worker.complete_jobs(array(
        select id from graphile_worker.jobs
        where locked_at is null and key is null and attempts >= max_attempts and last_error is null))`,
  })
}

// Jobs use the pool of their own parts; the queue's few connections fetch and finish in batches.
const NEEDS_NO_POOL = /maxPoolSize/

function workerLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error') log.error({ ...meta, error: String(meta?.error ?? '') }, message)
    else if (level === 'warning' && !NEEDS_NO_POOL.test(message)) log.warn({}, message)
    else log.debug({}, message)
  })
}
