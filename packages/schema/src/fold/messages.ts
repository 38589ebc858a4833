import type { Event, EventOf, VersionMark } from '../event/event.ts'
import type { Message, Version } from '../model/message.ts'
import { applyOps, withCustom } from './apply-ops.ts'
import { settleParts } from './settle-parts.ts'

/** The message after `event`, which must name it. */
export function applyToMessage(
  message: Message,
  event: EventOf<'message-delta' | 'message-finished'>,
): Message {
  if (event.type === 'message-delta') {
    const { ops, seq: revision } = event
    const parts = applyOps(message.parts, ops)
    return { ...message, parts, metadata: withCustom(message.metadata, ops), revision }
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
 * Events that are applied one after the other share one, so that they copy the messages once and not for
 * each event: the array that the batch made may be changed while it lasts. Of the results, only the last
 * may be kept.
 */
export interface Batch {
  made?: Message[]
}

/**
 * A range of a session's messages after `event`; the same array if none of them changed. Boundaries
 * and imports are left to the caller, who knows which range it shows.
 */
export function applyToMessages(
  messages: readonly Message[],
  event: Event,
  batch: Batch = {},
): readonly Message[] {
  switch (event.type) {
    case 'message-created': {
      const next = ownOf(messages, batch)
      next.push(event.message)
      return next
    }
    case 'message-delta':
    case 'message-finished': {
      // Nearly always the last message.
      const index = messages.findLastIndex((message) => message.id === event.messageId)
      const message = messages[index]
      return message ? replaced(messages, index, applyToMessage(message, event), batch) : messages
    }
    case 'message-replaced': {
      const index = messages.findLastIndex(({ id }) => id === event.message.id)
      return index < 0 ? messages : replaced(messages, index, event.message, batch)
    }
    case 'message-deleted':
      return marked(
        kept(messages, ({ id }) => id !== event.messageId),
        event,
      )
    case 'message-erased':
      return marked(
        kept(messages, ({ id }) => !event.messageIds.includes(id)),
        event,
      )
    case 'history-truncated':
      return kept(messages, ({ order }) => order <= event.after)
    case 'history-restored':
      return [...kept(messages, ({ order }) => order <= event.after), ...(event.messages ?? [])]
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

/** The messages as an array that the batch may change. */
function ownOf(messages: readonly Message[], batch: Batch): Message[] {
  if (batch.made && batch.made === messages) return batch.made
  batch.made = [...messages]
  return batch.made
}

function replaced(
  messages: readonly Message[],
  index: number,
  message: Message,
  batch: Batch,
): readonly Message[] {
  const next = ownOf(messages, batch)
  next[index] = message
  return next
}

/** The message as the first of a version, or of the only one with a count of 1. */
export function withVersion(
  message: Message,
  { index, count }: Version,
  revision: number,
): Message {
  const { version: _, ...rest } = message
  return { ...rest, ...(count > 1 && { version: { index, count } }), revision }
}

function marked(
  messages: readonly Message[],
  { marks, seq }: { marks?: readonly VersionMark[]; seq: number },
): readonly Message[] {
  if (!marks) return messages
  const byId = new Map(marks.map((mark) => [mark.messageId, mark]))
  return messages.map((message) => {
    const mark = byId.get(message.id)
    return mark ? withVersion(message, mark, seq) : message
  })
}

function kept(
  messages: readonly Message[],
  stays: (message: Message) => boolean,
): readonly Message[] {
  return messages.every(stays) ? messages : messages.filter(stays)
}
