import type { EndReason } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { isPermanentError, type ViewError } from '../core/errors.ts'
import { type RetryWait, retryWait } from '../core/retry.ts'

/** How an attempt to stream ended. */
export interface Outcome {
  /** The reason of the server's last frame. */
  end?: EndReason
  error?: ViewError
  /** Whether the stream was caught up at some time. */
  live: boolean
  /** Whether it was so for long enough that the delays start over. */
  stable: boolean
}

export type NextStep =
  | { type: 'ended'; reason: Exclude<EndReason, 'shutting-down'> }
  | { type: 'failed'; error: ViewError; attempts: number }
  | { type: 'retry'; error: ViewError | undefined; attempts: number; wait: RetryWait }

/**
 * Decides what a view does when its stream is over:
 *
 * - The server ended it: the view has `ended`, unless the server is only shutting down.
 * - A permanent error (`UNAUTHORIZED` after a 401, `NOT_FOUND`, `BAD_INPUT` …): the view has
 *   `failed`. Only `reconnect()` tries again, over a new connection, so with new credentials.
 * - `INTERNAL` (a 500): it retries, but fails after `unknownErrors` of them in a row.
 * - Anything else (no network, a stream that broke, a busy server): it retries without end.
 */
export class ReconnectPolicy {
  readonly #context: Pick<ClientContext, 'reconnect' | 'random'>
  readonly #recovers: (error: ViewError) => boolean
  #attempts = 0
  #failures = 0
  #unknownErrors = 0

  /** @param recovers whether the next attempt asks for something else, so that no error is final */
  constructor(
    context: Pick<ClientContext, 'reconnect' | 'random'>,
    recovers: (error: ViewError) => boolean,
  ) {
    this.#context = context
    this.#recovers = recovers
  }

  /** Counts an attempt; returns how many there were since the stream was last live. */
  attempt(): number {
    this.#attempts += 1
    return this.#attempts
  }

  next({ end, error, live, stable }: Outcome): NextStep {
    if (end && end !== 'shutting-down') return { type: 'ended', reason: end }
    const { reconnect, random } = this.#context
    if (live) this.#attempts = 0
    if (stable) this.#failures = 0
    if (stable || error?.code !== 'INTERNAL') this.#unknownErrors = 0
    this.#failures += 1
    if (error?.code === 'INTERNAL') this.#unknownErrors += 1
    const attempts = this.#attempts
    if (error && !this.#recovers(error)) {
      const isFinal = isPermanentError(error) || this.#unknownErrors >= reconnect.unknownErrors
      if (isFinal) return { type: 'failed', error, attempts }
    }
    const wait = retryWait(this.#failures, error, reconnect, random)
    return { type: 'retry', error, attempts, wait }
  }
}
