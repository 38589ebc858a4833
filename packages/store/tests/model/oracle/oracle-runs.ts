import { type FinishReason, type Part, type QueuedRun, unansweredText } from '@caughtup/schema'

/** The active run of a session, and the runs that wait for their turn. */
export class OracleRuns {
  active: { id: string; status: 'streaming' | 'waiting'; attempt: number } | undefined
  queue: QueuedRun[] = []

  start(id: string): void {
    this.leave(id)
    this.active = { id, status: 'streaming', attempt: 1 }
  }

  /** A prompt that steers comes behind the others that do, and before those that merely wait. */
  enqueue(run: QueuedRun): void {
    const steering = this.queue.filter(steers)
    const waiting = this.queue.filter((each) => !steers(each))
    this.queue = steers(run) ? [...steering, run, ...waiting] : [...steering, ...waiting, run]
  }

  leave(id: string): void {
    this.queue = this.queue.filter(({ runId }) => runId !== id)
  }

  /** Prompts that are offered to the active run. */
  get offered(): Extract<QueuedRun, { kind: 'agent' }>[] {
    return this.queue.flatMap((run) => (run.kind === 'agent' && run.steer ? run : []))
  }
}

function steers(run: QueuedRun): boolean {
  return run.kind === 'agent' && run.steer === true
}

/** Ends a part of a message that is finished: text is complete, and calls have failed or were denied. */
export function ended(part: Part, reason: FinishReason): Part {
  if (part.type === 'text' || part.type === 'reasoning') {
    return part.state === 'streaming' ? { ...part, state: 'done' } : part
  }
  if (part.type !== 'dynamic-tool') return part
  const { toolCallId, toolName } = part
  const failed = {
    type: 'dynamic-tool',
    toolCallId,
    toolName,
    state: 'output-error',
    errorText: unansweredText(reason),
  } as const
  if (part.state === 'input-available' || part.state === 'approval-requested') {
    return { ...failed, input: part.input }
  }
  if (part.state !== 'approval-responded') return part
  const { approval, input } = part
  if (approval.approved) return { ...failed, input, approval: { ...approval, approved: true } }
  return { ...part, state: 'output-denied', approval: { ...approval, approved: false } }
}
