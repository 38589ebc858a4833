import type { Event, EventOf } from '../event/event.ts'
import type { Message, RunError } from '../model/message.ts'
import { applyOps } from './apply-ops.ts'
import type { QueuedRun, Run } from '../model/run.ts'
import { settleParts } from './settle-parts.ts'
import type { ContextUsage, UsageLedger } from '../model/usage.ts'

export { applyOps, mergeEvents, mergeOps } from './apply-ops.ts'
export { settleParts } from './settle-parts.ts'

/** What is known of a session besides its messages, as of `seq`. */
export interface Head {
  /** The newest event applied; 0 before the first. */
  readonly seq: number
  readonly epoch: number
  readonly run?: Run
  readonly queue: readonly QueuedRun[]
  readonly usage?: UsageLedger
  readonly contextUsage?: ContextUsage
  /** Of the newest run that named one. */
  readonly lastModel?: string
  readonly lastThinkingLevel?: string
  /** Of the newest run, when it failed. */
  readonly lastError?: RunError
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/** A session as a client shows it: its head and the messages it holds, oldest first. */
export interface View extends Head {
  /** Ascending by `order`; a message that did not change keeps its identity. */
  readonly messages: readonly Message[]
  /** Whether the session has messages before the first one held. */
  readonly hasOlder: boolean
  /** Events that were passed over because they were unreadable or of an unknown type. */
  readonly skipped: number
}

export const emptyHead: Head = { seq: 0, epoch: 0, queue: [], canUndo: false, canRedo: false }

export const emptyView: View = { ...emptyHead, messages: [], hasOlder: false, skipped: 0 }

/**
 * - `applied`: the view with the event in it
 * - `known`: the view had it already
 * - `gap`: events before it are missing; ask for what lies after `view.seq`
 * - `needs-window`: what it brings is not in the journal; ask for a full replay
 */
export type Applied = { result: 'applied' | 'known' | 'gap' | 'needs-window'; view: View }

/**
 * The one fold: a view and the next event give the next view. Pure, and shared by the store's
 * projection and the client, so that both agree by construction.
 *
 * Contiguous means `from = view.seq + 1`. Types that are not known here are passed over and
 * counted: a newer server never stops an older client.
 */
export function applyEvent(view: View, event: Event): Applied {
  if (event.seq <= view.seq) return { result: 'known', view }
  if (event.from !== view.seq + 1) return { result: 'gap', view }
  if (needsWindow(view, event)) return { result: 'needs-window', view }
  const head = applyToHead(view, event)
  const opened = event.type === 'boundary' && head.epoch > view.epoch
  return {
    result: 'applied',
    view: {
      ...head,
      messages: opened ? openEpoch(event) : applyToMessages(view.messages, event),
      hasOlder: view.hasOlder || (opened && view.messages.length > 0),
      skipped: view.skipped + (isKnown(event) ? 0 : event.seq - event.from + 1),
    },
  }
}

/** The head after `event`; fields of `head` that the event does not concern stay as they are. */
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
    case 'run-changed':
      return head.run?.id === event.runId
        ? { ...next, run: { ...head.run, status: event.status } }
        : next
    case 'run-ended': {
      const ended = event.error ? { ...next, lastError: event.error } : next
      return head.run?.id === event.runId ? without(ended, 'run') : ended
    }
    case 'queue-changed':
      return { ...next, queue: applyToQueue(head.queue, event) }
    case 'usage': {
      if ((head.usage?.version ?? 0) >= event.version) return next
      const { version, totals, models } = event
      return { ...next, usage: { version, totals, ...(models && { models }) } }
    }
    case 'message-created':
      // A new turn: what was taken back before it stays away.
      return { ...next, canUndo: head.canUndo || event.message.role === 'user', canRedo: false }
    case 'message-finished':
      return event.contextUsage ? { ...next, contextUsage: event.contextUsage } : next
    case 'boundary': {
      // A boundary that does not open the very next epoch is malformed, and changes nothing.
      if (event.epoch !== head.epoch + 1) return next
      const estimate = event.summary?.metadata.contextUsage
      return {
        ...without(next, 'contextUsage'),
        epoch: event.epoch,
        canUndo: false,
        canRedo: false,
        ...(estimate && { contextUsage: estimate }),
      }
    }
    case 'message-deleted':
    case 'history-truncated':
    case 'history-restored':
    case 'imported':
    case 'forked':
      return { ...next, canUndo: event.canUndo, canRedo: event.canRedo }
    case 'message-erased': {
      const { canUndo, canRedo } = event
      // The entry that told it may be redacted: a later view could not know it.
      return { ...without(next, 'contextUsage'), canUndo, canRedo }
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
 * The queue after `event`. A run is in it once: where an entry before this one was unreadable, adding
 * what is there already moves it, and removing what is not there changes nothing.
 */
export function applyToQueue(
  queue: readonly QueuedRun[],
  { add, front, remove, replace }: EventOf<'queue-changed'>,
): readonly QueuedRun[] {
  if (replace) return queue.map((queued) => (queued.runId === replace.runId ? replace : queued))
  const left = remove ?? add?.runId
  const rest = queue.filter(({ runId }) => runId !== left)
  if (!add) return rest
  return front ? [add, ...rest] : [...rest, add]
}

/** The message after `event`, which must be about it. */
export function applyToMessage(
  message: Message,
  event: EventOf<'message-delta' | 'message-finished'>,
): Message {
  if (event.type === 'message-delta') {
    return { ...message, parts: applyOps(message.parts, event.ops), revision: event.seq }
  }
  const { reason, usage, contextUsage, error } = event
  return {
    ...message,
    status: 'done',
    revision: event.seq,
    parts: settleParts(message.parts, reason),
    metadata: {
      ...message.metadata,
      finishedAt: event.at,
      finishReason: reason,
      ...(usage && { usage }),
      ...(contextUsage && { contextUsage }),
      ...(error && { error }),
    },
  }
}

/**
 * A stretch of a session's messages after `event`: the same array where it does not concern them.
 * What a boundary or an import does is up to whoever holds the stretch.
 */
export function applyToMessages(messages: readonly Message[], event: Event): readonly Message[] {
  switch (event.type) {
    case 'message-created':
      return [...messages, event.message]
    case 'message-delta':
    case 'message-finished': {
      // What changes is nearly always the last message.
      const index = messages.findLastIndex((message) => message.id === event.messageId)
      const message = messages[index]
      return message ? messages.with(index, applyToMessage(message, event)) : messages
    }
    case 'message-replaced': {
      const index = messages.findLastIndex(({ id }) => id === event.message.id)
      return index < 0 ? messages : messages.with(index, event.message)
    }
    case 'message-deleted':
      return kept(messages, ({ id }) => id !== event.messageId)
    case 'message-erased':
      return kept(messages, ({ id }) => !event.messageIds.includes(id))
    case 'history-truncated':
      return kept(messages, ({ order }) => order <= event.after)
    // An undo hides the newest messages and whatever is written then forgets it: they end the view.
    case 'history-restored':
      return [...messages, ...event.messages]
    case 'boundary':
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'imported':
    case 'forked':
    case 'redacted':
    case 'unreadable':
    default:
      return messages
  }
}

/** Whether what is to be shown after the event is neither in it nor in the view. */
function needsWindow({ messages, hasOlder }: View, event: Event): boolean {
  if (event.type === 'imported' || event.type === 'forked') return true
  if (event.type !== 'history-truncated') return false
  // All that is held goes, and what lies before it was never loaded.
  const [first] = messages
  return hasOlder && (first === undefined || event.after < first.order)
}

/** A fresh load of the new epoch shows its summary and nothing else; so does a live view. */
function openEpoch(event: EventOf<'boundary'>): readonly Message[] {
  return event.summary ? [event.summary] : []
}

const knownTypes: Record<Exclude<Event['type'], 'unreadable'>, true> = {
  'message-created': true,
  'message-delta': true,
  'message-finished': true,
  boundary: true,
  'run-started': true,
  'run-ended': true,
  'run-changed': true,
  'queue-changed': true,
  usage: true,
  'message-replaced': true,
  'message-deleted': true,
  'history-truncated': true,
  'history-restored': true,
  imported: true,
  forked: true,
  'message-erased': true,
  redacted: true,
}

function isKnown(event: Event): boolean {
  return Object.hasOwn(knownTypes, event.type)
}

/** The head alone, where more than that was passed. */
export function headOf(head: Head): Head {
  const { seq, epoch, run, queue, usage, contextUsage, canUndo, canRedo } = head
  const { lastModel, lastThinkingLevel, lastError } = head
  return {
    seq,
    epoch,
    queue,
    canUndo,
    canRedo,
    ...(run && { run }),
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastError && { lastError }),
  }
}

function kept(
  messages: readonly Message[],
  stays: (message: Message) => boolean,
): readonly Message[] {
  return messages.every(stays) ? messages : messages.filter(stays)
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value
  return rest
}
