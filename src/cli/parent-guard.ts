// Loaded into every program that the start runs, before its own code: when the start is gone, even
// by kill -9, the program ends as if it had been asked to, and after a grace period in any case.

const GRACE_MS = 10_000

if (process.channel !== undefined) {
  process.on('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  // The channel must not keep a program alive that has nothing left to do.
  process.channel.unref()
}
