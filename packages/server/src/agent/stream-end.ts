import { type AgentPart, type FinishReason, isFinishReason, isNormalEnd } from '@caughtup/schema'

import type { DescribeError } from '../host/describe-error.ts'
import { toRunError } from '../runs/run-errors.ts'
import type { RunEnd } from '../runs/run-execution.ts'

/**
 * How an agent's stream ends, from the parts that it yields.
 *
 * A stream that says `finish` ends for its reason, one that says `abort` is `interrupted`. One that
 * says neither is `stop` if it is a plain one, and `other` if it began as the AI SDK's streams do
 * (`start`, `start-step`): those announce their end, so theirs was cut off.
 */
export class StreamEnd {
  readonly #describeError: DescribeError
  #announced = false
  #said: RunEnd | undefined

  constructor(describeError: DescribeError) {
    this.#describeError = describeError
  }

  take(part: AgentPart): void {
    const { type } = part
    if (type === 'start' || type === 'start-step') this.#announced = true
    else if (type === 'finish') this.#said = this.#endFor(part.finishReason)
    else if (type === 'abort') this.#said = { reason: 'interrupted' }
    else if (type === 'error') this.#said = this.#failed(part.error)
  }

  /** How it ends if nothing more comes. */
  get end(): RunEnd {
    return this.#said ?? { reason: this.#announced ? 'other' : 'stop' }
  }

  /** The AI SDK's finish reasons in ours; without one, the agent was done. */
  #endFor(reason: string = 'stop'): RunEnd {
    return reason === 'error' ? this.#failed(undefined) : { reason: known(reason) }
  }

  #failed(error: unknown): RunEnd {
    return { reason: 'error', error: toRunError(error, this.#describeError) }
  }
}

/** An agent may give the reasons of a normal end; all others, a provider's own too, are `other`. */
function known(reason: string): FinishReason {
  return isFinishReason(reason) && isNormalEnd(reason) ? reason : 'other'
}
