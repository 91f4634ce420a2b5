// Whether the database is away, which a caller is told apart from a failure of ours.

export { isConnectionLost as isDatabaseAway } from '../db/errors.ts'
