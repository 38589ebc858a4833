import type { EventDraft } from './drafts.ts'
import type { Event } from './event.ts'

/**
 * The ids of the messages that an event or a draft names: those that it creates, changes or removes,
 * the prompt of a queued run, and the message after which a draft truncates.
 */
export function messagesOf(entry: Event | EventDraft): readonly string[] {
  switch (entry.type) {
    case 'message-created':
      return [entry.message.id]
    case 'message-delta':
    case 'message-finished':
    case 'message-deleted':
      return [entry.messageId]
    case 'message-replaced':
      return ['message' in entry ? entry.message.id : entry.messageId]
    case 'message-erased':
      return entry.messageIds
    case 'boundary':
      return entry.summary ? [entry.summary.id] : []
    case 'history-truncated':
      return typeof entry.after === 'string' ? [entry.after] : []
    case 'history-restored':
    case 'imported':
      return 'messages' in entry ? entry.messages.map(({ id }) => id) : []
    case 'queue-changed': {
      const queued = ('add' in entry && entry.add) || ('replace' in entry && entry.replace)
      return queued && queued.kind === 'agent' ? [queued.messageId] : []
    }
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'usage':
    case 'forked':
    case 'redacted':
    case 'unreadable':
    // A newer server may send types that are not known here.
    default:
      return []
  }
}
