import type { EventDraft } from './drafts.ts'
import type { Event, VersionMark } from './event.ts'

/**
 * The ids of the messages that an event or a draft names: those that it creates, changes or removes,
 * the prompt of a queued run, and the message at which a draft truncates or restores.
 */
export function messagesOf(entry: Event | EventDraft): readonly string[] {
  switch (entry.type) {
    case 'message-created':
      return [entry.message.id]
    case 'message-delta':
    case 'message-finished':
      return [entry.messageId]
    case 'message-deleted':
      return [entry.messageId, ...marked(entry)]
    case 'message-replaced':
      return ['message' in entry ? entry.message.id : entry.messageId]
    case 'message-erased':
      return [...entry.messageIds, ...marked(entry)]
    case 'boundary':
      return entry.summary ? [entry.summary.id] : []
    case 'history-truncated':
      if ('before' in entry) return [entry.before]
      return 'after' in entry && typeof entry.after === 'string' ? [entry.after] : []
    case 'history-restored':
      if ('messageId' in entry) return [entry.messageId]
      return 'messages' in entry ? entry.messages.map(({ id }) => id) : []
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

function marked(entry: object & { marks?: readonly VersionMark[] }): string[] {
  return entry.marks?.map(({ messageId }) => messageId) ?? []
}
