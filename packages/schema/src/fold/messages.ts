import type { Event, EventOf } from '../event/event.ts'
import type { Message } from '../model/message.ts'
import { applyOps } from './apply-ops.ts'
import { settleParts } from './settle-parts.ts'

/** The message after `event`, which must name it. */
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
 * A range of a session's messages after `event`; the same array if none of them changed. Boundaries
 * and imports are left to the caller, who knows which range it shows.
 */
export function applyToMessages(messages: readonly Message[], event: Event): readonly Message[] {
  switch (event.type) {
    case 'message-created':
      return [...messages, event.message]
    case 'message-delta':
    case 'message-finished': {
      // Nearly always the last message.
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
    // They belong at the end: an undo hides the newest messages, and any write after it drops the redo.
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

function kept(
  messages: readonly Message[],
  stays: (message: Message) => boolean,
): readonly Message[] {
  return messages.every(stays) ? messages : messages.filter(stays)
}
