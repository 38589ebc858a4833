import type { PromptPart, QueuedRun } from '@caughtup/schema'
import type { PendingPrompt, ViewError } from '@caughtup/web-client'

/** Something that waits for its turn: a prompt, or a run of another kind in the session's queue. */
export interface WaitingPrompt {
  /** Of the run in the queue, or of the message that the prompt will be. */
  readonly id: string
  /** A prompt, an answer that is given again, or a change of the context. */
  readonly kind: 'prompt' | 'retry' | 'compaction' | 'reset'
  /** Empty unless it is a prompt. */
  readonly parts: readonly PromptPart[]
  readonly state: WaitingState
  /** Whether it outlives the page. */
  readonly kept: boolean
  /** Why it failed. */
  readonly error?: ViewError
}

/**
 * - `unsent`: waits in the outbox for the network, for the server or for its turn
 * - `sending`: the server may have it
 * - `failed`: refused for good, see `error`
 * - `queued`: the server has it, and it waits for the runs before it
 * - `steering`: it is offered to the answer that is being written
 */
export type WaitingState = 'unsent' | 'sending' | 'failed' | 'queued' | 'steering'

/** What can be done with something that waits. */
export type WaitingAction = 'edit' | 'steer' | 'retry' | 'remove'

/** Depends on the state of the prompt. A queued run without a prompt can only be removed. */
const actionsOf: Readonly<Record<WaitingState, readonly WaitingAction[]>> = {
  unsent: ['edit', 'remove'],
  sending: [],
  failed: ['retry', 'edit', 'remove'],
  queued: ['steer', 'edit', 'remove'],
  steering: ['edit', 'remove'],
}

export function canDo({ kind, state }: WaitingPrompt, action: WaitingAction): boolean {
  return kind === 'prompt' ? actionsOf[state].includes(action) : action === 'remove'
}

/** A run of `snapshot.queue`. */
export function fromQueue(run: QueuedRun): WaitingPrompt {
  const waiting = { id: run.runId, kept: true, state: 'queued' as const }
  if (run.kind !== 'agent') return { ...waiting, kind: run.kind, parts: [] }
  if (run.retry) return { ...waiting, kind: 'retry', parts: [] }
  return {
    ...waiting,
    kind: 'prompt',
    parts: run.parts,
    state: run.steer ? 'steering' : 'queued',
  }
}

const outboxStates = {
  queued: 'unsent',
  sending: 'sending',
  sent: 'sending',
  failed: 'failed',
} as const

/** A prompt of `snapshot.pending`. */
export function fromOutbox({ messageId, parts, state, kept, error }: PendingPrompt): WaitingPrompt {
  return {
    id: messageId,
    kind: 'prompt',
    parts,
    state: outboxStates[state],
    kept,
    ...(error && { error }),
  }
}
