// What went wrong at the database, told apart by what the caller has to do.

/**
 * True when the connection broke or never stood, so that nobody knows whether the statement took
 * effect. SQLSTATE class 08 and 57P01..03 (shutdown, crash, starting up), and the socket's own errors.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(08...|57P0[1-4])$/.test(code)) return true
  if (
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/.test(code)
  )
    return true
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|read ECONNRESET)/.test(
    error.message,
  )
}

/** True when the server asks to run the same statement again: deadlock or serialization failure. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001')
  )
}
