// Gathers the writes of concurrent callers and performs them together, one statement for many.

/** The write reached the database but its outcome was not learnt; the caller has to read back. */
export class OutcomeUnknown extends Error {}

export interface GroupWriterOptions<Item, Result> {
  /** Writes all items in one statement; answers one result per item, in order. */
  write(items: readonly Item[]): Promise<Result[]>
  /** Items with equal keys never share a group, nor are they written at the same time. */
  keyOf(item: Item): string
  /** What to tell one caller whose item alone makes the statement fail. */
  failed(item: Item, error: unknown): Promise<Result>
  /** True when the connection broke, so that nobody knows whether the group was committed. */
  isLost(error: unknown): boolean
  /** Largest group. */
  maxItems: number
  /** Groups under way at once. */
  lanes: number
}

interface Waiting<Item, Result> {
  item: Item
  key: string
  resolve(result: Result): void
  reject(error: unknown): void
}

export interface GroupWriter<Item, Result> {
  write(item: Item): Promise<Result>
  /** Resolves when everything handed over so far has been written or refused. */
  drain(): Promise<void>
}

export function createGroupWriter<Item, Result>(
  options: GroupWriterOptions<Item, Result>,
): GroupWriter<Item, Result> {
  let queue: Waiting<Item, Result>[] = []
  const busy = new Set<string>()
  let running = 0
  let scheduled = false
  const idle: (() => void)[] = []

  function pump(): void {
    scheduled = false
    while (running < options.lanes && queue.length > 0) {
      const group = takeGroup()
      if (group.length === 0) return
      running++
      void run(group).finally(() => {
        running--
        for (const { key } of group) busy.delete(key)
        if (queue.length > 0) schedule()
        else if (running === 0) for (const done of idle.splice(0)) done()
      })
    }
  }

  // Waits for the end of this turn, so that callers of the same turn share a group: those who come
  // back with their next change right after their last one was written, too.
  function schedule(): void {
    if (scheduled || running >= options.lanes) return
    scheduled = true
    setImmediate(pump)
  }

  function takeGroup(): Waiting<Item, Result>[] {
    const group: Waiting<Item, Result>[] = []
    const rest: Waiting<Item, Result>[] = []
    for (const waiting of queue) {
      if (group.length < options.maxItems && !busy.has(waiting.key)) {
        busy.add(waiting.key)
        group.push(waiting)
      } else rest.push(waiting)
    }
    queue = rest
    return group
  }

  // A group that fails is split until the culprit stands alone: one bad row never fails its
  // neighbours. A lost connection is no reason to split; each caller is told to read back.
  async function run(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await options.write(group.map((w) => w.item))
      group.forEach((w, i) => {
        const result = results[i]
        if (result === undefined) w.reject(new Error('group write answered too few results'))
        else w.resolve(result)
      })
    } catch (error) {
      if (options.isLost(error)) {
        for (const w of group)
          w.reject(new OutcomeUnknown('connection lost while committing', { cause: error }))
      } else if (group.length > 1) {
        const half = group.length >> 1
        await run(group.slice(0, half))
        await run(group.slice(half))
      } else {
        for (const w of group) await options.failed(w.item, error).then(w.resolve, w.reject)
      }
    }
  }

  return {
    write(item) {
      return new Promise((resolve, reject) => {
        queue.push({ item, key: options.keyOf(item), resolve, reject })
        schedule()
      })
    },
    drain() {
      if (running === 0 && queue.length === 0) return Promise.resolve()
      return new Promise((resolve) => idle.push(resolve))
    },
  }
}
