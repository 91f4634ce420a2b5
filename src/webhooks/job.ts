// The job that delivers what one endpoint is to be told about one subject, as the queue knows it.

/** Queued under the key `deliver:<endpoint>:<subject>`, in the statement that writes the deliveries. */
export interface DeliverPayload {
  merchant_id: string
  webhook_endpoint_id: string
  subject_id: string
}

export function isDeliverPayload(value: unknown): value is DeliverPayload {
  return (
    typeof value === 'object' &&
    value !== null &&
    'merchant_id' in value &&
    typeof value.merchant_id === 'string' &&
    'webhook_endpoint_id' in value &&
    typeof value.webhook_endpoint_id === 'string' &&
    'subject_id' in value &&
    typeof value.subject_id === 'string'
  )
}

/**
 * SQL that queues one job for each (merchant_id, webhook_endpoint_id, subject_id) of the table
 * `source` at `runAt`, an SQL expression. A job that is queued already is moved to that time.
 */
export function queueJobs(source: string, runAt: string): string {
  return /* sql */ `
    select count(*) from graphile_worker.add_jobs(array(
      select json_populate_record(null::graphile_worker.job_spec, json_build_object(
        'identifier', 'deliver',
        'job_key', 'deliver:' || webhook_endpoint_id || ':' || subject_id,
        'run_at', ${runAt},
        'payload', json_build_object('merchant_id', merchant_id,
          'webhook_endpoint_id', webhook_endpoint_id, 'subject_id', subject_id)))
      from (select distinct merchant_id, webhook_endpoint_id, subject_id from ${source}) one))`
}

/** SQL for a time that is not later than a job that is queued already. */
export function orEarlier(runAt: string): string {
  return `least(${runAt}, (select run_at from graphile_worker.jobs
    where key = 'deliver:' || webhook_endpoint_id || ':' || subject_id and locked_at is null))`
}
