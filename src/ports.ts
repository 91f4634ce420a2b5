// What comes from outside: time, chance, network, log. Everything that decides takes these as
// arguments, so that a test can hold the clock and a simulation can replay a seed.

/** A point in time, in milliseconds since 1970-01-01T00:00:00Z. */
export type Milliseconds = number

export interface Clock {
  /** The current time. */
  now(): Milliseconds
}

export interface Random {
  /** `size` unpredictable bytes from the system's generator. */
  bytes(size: number): Uint8Array
}

export interface OutgoingRequest {
  method: 'GET' | 'POST'
  /** Absolute URL. */
  url: string
  headers: Record<string, string>
  body?: string | Uint8Array
  /** Longest time until the connection stands. Default 3 000. */
  connectTimeoutMs?: number
  /** Longest time until the whole answer is here. Default 15 000. */
  timeoutMs?: number
  /** An answer larger than this is refused. Default 1 MiB. */
  maxBytes?: number
  /** Shown to the other side while TLS is set up; such connections are shared with nobody else. */
  clientCertificate?: ClientCertificate
}

/** Who we are in TLS: a certificate, its chain behind it, and the key to the first. All in PEM. */
export interface ClientCertificate {
  certificate: string
  key: string
}

export interface OutgoingAnswer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

/**
 * Why there is no answer. `sent: false` means that certainly no byte of the request left this
 * machine, so the other side cannot have acted on it; everything else is an unknown outcome.
 */
export class NetworkError extends Error {
  readonly sent: boolean
  readonly reason:
    | 'refused'
    | 'dns'
    | 'connect_timeout'
    | 'timeout'
    | 'reset'
    | 'tls'
    | 'too_large'
    | 'forbidden'
    /** Too many requests to this host are waiting already. */
    | 'overloaded'

  constructor(reason: NetworkError['reason'], sent: boolean, message: string) {
    super(message)
    this.name = 'NetworkError'
    this.reason = reason
    this.sent = sent
  }
}

export interface Network {
  /** One request, no redirects followed, no retries. Throws {@link NetworkError} without an answer. */
  send(request: OutgoingRequest): Promise<OutgoingAnswer>
}

export interface Log {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** All ports together, as most modules take them. */
export interface Ports {
  clock: Clock
  random: Random
  network: Network
  log: Log
}
