// A PostgreSQL server that an earlier, killed start left running.

import { spawnSync } from 'node:child_process'
import { readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Place, postmasterFile } from './embedded-place.ts'

const STOP_LIMIT_MS = 30_000

/** Ends a server that a killed start left behind; the next one then starts on clean ground. */
export async function stopLeftOver(place: Place): Promise<void> {
  const pid = Number(postmasterFile(place)[0])
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return
  if (!(await runsIn(pid, place.cluster))) {
    // The number belongs to another program now (after a reboot); PostgreSQL would refuse to start.
    rmSync(join(place.cluster, 'postmaster.pid'))
    return
  }
  process.kill(pid, 'SIGINT')
  const until = Date.now() + STOP_LIMIT_MS
  while (isAlive(pid)) {
    if (Date.now() > until) {
      throw new Error(
        `A PostgreSQL server of an earlier start (pid ${pid}) still runs in ${place.cluster} and did not ` +
          `stop within ${STOP_LIMIT_MS / 1000} s. End it with "kill -QUIT ${pid}" and start again.`,
      )
    }
    await delay(50)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether the process is the server of this cluster: that one's working folder is the cluster. */
async function runsIn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
    } catch (error) {
      // Gone meanwhile, or another user's process: in neither case a server that we started.
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  }
  const answer = spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' })
  return answer.stdout.includes(cluster)
}
