import { Buffer } from 'node:buffer'

import { CaughtupError, preview, type Session, type UpdateQueuedInput } from '@caughtup/schema'

import type { CallLimit } from '../access/call-limit.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { refusedError } from '../runs/run-errors.ts'
import { contentOf } from './prompt-input.ts'
import { assertPrompt } from './prompt-limits.ts'

/** Replaces the content of prompts that wait, for their authors and the owners of their sessions. */
export class UpdateQueued {
  readonly #settings: Settings
  readonly #rate: CallLimit

  constructor(settings: Settings, rate: CallLimit) {
    this.#settings = settings
    this.#rate = rate
  }

  /**
   * @throws CaughtupError `BAD_INPUT`, `TOO_LARGE`, `LIMIT_EXCEEDED`; `NOT_FOUND` for a run that does
   *   not wait, that has no prompt of its own, or whose prompt is another principal's
   */
  async update(
    session: Session,
    input: UpdateQueuedInput,
    principal: Principal,
  ): Promise<{ runId: string }> {
    const { store, limits } = this.#settings
    const { parts, field } = contentOf(input)
    assertPrompt(parts, field, this.#settings)
    await this.#rate.take(principal.id)
    const { runId } = input
    const { queue } = (await store.head(session.id)).head
    const waiting = queue.find((run) => run.runId === runId)
    const isTheirs = session.owner === principal.id || waiting?.author === principal.id
    if (waiting?.kind !== 'agent' || waiting.retry || !isTheirs) throw notQueued(runId)
    const replace = { ...waiting, parts }
    const after = queue.map((run) => (run === waiting ? replace : run))
    if (queue.length > 1 && bytesOf(after) > limits.queuedBytesPerSession) {
      throw refusedError(session.id, 'queue-too-large', limits)
    }
    const { refused } = await store.append({
      sessionId: session.id,
      drafts: [{ type: 'queue-changed', replace }],
      guard: { is: 'queued', runId },
    })
    // Its turn came, or somebody took it back.
    if (refused !== undefined) throw notQueued(runId)
    return { runId }
  }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function notQueued(runId: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `No prompt of run ${preview(runId)} waits.`, {
    field: 'runId',
    value: preview(runId),
  })
}
