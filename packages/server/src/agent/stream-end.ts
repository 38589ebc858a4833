import { type AgentPart, type FinishReason, isFinishReason, isNormalEnd } from '@caughtup/schema'

import type { DescribeError } from '../host/describe-error.ts'
import { toRunError } from '../runs/run-errors.ts'
import type { RunEnd } from '../runs/run-execution.ts'

/**
 * Determines how an agent's stream ended from the parts that it yielded.
 *
 * `finish` gives its reason, and `abort` means `interrupted`. Without either, a plain stream ends with
 * `stop`; a stream of the AI SDK (it begins with `start` or `start-step`) ends with `other`, because it
 * would have announced its end and was therefore cut off.
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

  /** The end, if the stream yields nothing more. */
  get end(): RunEnd {
    return this.#said ?? { reason: this.#announced ? 'other' : 'stop' }
  }

  /** Maps the AI SDK's finish reason; without one, the agent has finished. */
  #endFor(reason: string = 'stop'): RunEnd {
    return reason === 'error' ? this.#failed(undefined) : { reason: known(reason) }
  }

  #failed(error: unknown): RunEnd {
    return { reason: 'error', error: toRunError(error, this.#describeError) }
  }
}

/** An agent may report the reasons of a normal end; any other, such as a provider's own, becomes `other`. */
function known(reason: string): FinishReason {
  return isFinishReason(reason) && isNormalEnd(reason) ? reason : 'other'
}
