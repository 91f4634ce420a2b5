// A reporter for node --test beside the readable one: the run's closing counts as one JSON object.

export default async function* totals(source) {
  let counts = { tests: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }
  for await (const event of source) {
    // Each file has a summary of its own; the whole run's names no file.
    if (event.type === 'test:summary' && event.data.file === undefined) counts = event.data.counts
  }
  yield JSON.stringify(counts)
}
