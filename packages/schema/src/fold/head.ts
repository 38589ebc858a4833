import type { Event, EventOf } from '../event/event.ts'
import type { RunError } from '../model/message.ts'
import type { QueuedRun, Run } from '../model/run.ts'
import type { ContextUsage, UsageLedger } from '../model/usage.ts'

/** The state of a session apart from its messages, as of `seq`. */
export interface Head {
  /** The newest event applied; 0 before the first. */
  readonly seq: number
  readonly epoch: number
  readonly run?: Run
  readonly queue: readonly QueuedRun[]
  readonly usage?: UsageLedger
  readonly contextUsage?: ContextUsage
  /** The model of the newest run that named one. */
  readonly lastModel?: string
  readonly lastThinkingLevel?: string
  /** The error of the newest run, if it failed. */
  readonly lastError?: RunError
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** How many hidden versions lie after the last message. */
  readonly next: number
}

export const emptyHead: Head = {
  seq: 0,
  epoch: 0,
  queue: [],
  canUndo: false,
  canRedo: false,
  next: 0,
}

/** The head after `event`. */
export function applyToHead(head: Head, event: Event): Head {
  const next = { ...headOf(head), seq: event.seq }
  switch (event.type) {
    case 'run-started': {
      const { model, thinkingLevel } = event.run
      return {
        ...without(next, 'lastError'),
        run: event.run,
        ...(model !== undefined && { lastModel: model }),
        ...(thinkingLevel !== undefined && { lastThinkingLevel: thinkingLevel }),
      }
    }
    case 'run-changed': {
      if (head.run?.id !== event.runId) return next
      const { status, attempt, usage } = event
      const told = { ...(attempt !== undefined && { attempt }), ...(usage && { usage }) }
      return { ...next, run: { ...head.run, status, ...told } }
    }
    case 'run-ended': {
      const ended = event.error ? { ...next, lastError: event.error } : next
      return head.run?.id === event.runId ? without(ended, 'run') : ended
    }
    case 'queue-changed':
      return { ...next, queue: applyToQueue(head.queue, event) }
    case 'usage': {
      if ((head.usage?.version ?? 0) >= event.version) return next
      const { version, totals, models, cost } = event
      const usage = { version, totals, ...(models && { models }), ...(cost && { cost }) }
      return { ...next, usage }
    }
    case 'message-created':
      // A new turn is a version of its own: those in its place are not after it.
      return {
        ...next,
        canUndo: head.canUndo || event.message.role === 'user',
        canRedo: false,
        next: 0,
      }
    case 'message-finished':
      return event.contextUsage ? { ...next, contextUsage: event.contextUsage } : next
    case 'boundary': {
      // A boundary that does not open the next epoch is malformed, and changes nothing.
      if (event.epoch !== head.epoch + 1) return next
      const estimate = event.summary?.metadata.contextUsage
      return {
        ...without(next, 'contextUsage'),
        epoch: event.epoch,
        canUndo: false,
        canRedo: false,
        next: 0,
        ...(estimate && { contextUsage: estimate }),
      }
    }
    case 'message-deleted':
    case 'imported':
    case 'forked':
      return { ...next, ...undoState(event) }
    case 'history-truncated':
    case 'message-erased':
      // It was of a message that is gone, or of one whose entries may be redacted now.
      return { ...without(next, 'contextUsage'), ...undoState(event) }
    case 'history-restored': {
      const newest = event.messages?.findLast(({ metadata }) => metadata.contextUsage)
      const contextUsage = newest?.metadata.contextUsage
      return {
        ...without(next, 'contextUsage'),
        ...undoState(event),
        ...(contextUsage && { contextUsage }),
      }
    }
    case 'message-replaced':
    case 'message-delta':
    case 'redacted':
    case 'unreadable':
    default:
      return next
  }
}

/**
 * The queue after `event`. A run is in it at most once. A steering prompt is added behind the others of
 * its kind, and before those that merely wait. If an earlier entry was unreadable, adding a
 * run that is in the queue moves it, and removing one that is not changes nothing.
 */
export function applyToQueue(
  queue: readonly QueuedRun[],
  { add, front, remove, replace }: EventOf<'queue-changed'>,
): readonly QueuedRun[] {
  if (replace) return queue.map((queued) => (queued.runId === replace.runId ? replace : queued))
  const left = remove ?? add?.runId
  const rest = queue.filter(({ runId }) => runId !== left)
  if (!add) return rest
  if (front) return [add, ...rest]
  const place = add.kind === 'agent' && add.steer ? rest.findLastIndex(isSteering) + 1 : rest.length
  return rest.toSpliced(place, 0, add)
}

function isSteering(queued: QueuedRun): boolean {
  return queued.kind === 'agent' && queued.steer === true
}

/** The head alone, without other members of the argument. */
export function headOf(head: Head): Head {
  const { seq, epoch, run, queue, usage, contextUsage, canUndo, canRedo, next } = head
  const { lastModel, lastThinkingLevel, lastError } = head
  return {
    seq,
    epoch,
    queue,
    canUndo,
    canRedo,
    next,
    ...(run && { run }),
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastError && { lastError }),
  }
}

function undoState({ canUndo, canRedo, next }: Pick<Head, 'canUndo' | 'canRedo' | 'next'>) {
  return { canUndo, canRedo, next }
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value
  return rest
}
