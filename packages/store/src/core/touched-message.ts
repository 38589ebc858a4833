import type { Event, Message } from '@caughtup/schema'
import { applyToMessage } from '@caughtup/schema/fold'

/** The message that the event creates or streams into, as it is after it; `missing` if not open. */
export function touchedMessage(
  event: Event,
  overlay: ReadonlyMap<string, Message>,
): Message | 'missing' | undefined {
  switch (event.type) {
    case 'message-created':
      return event.message
    case 'boundary':
      return event.summary
    case 'message-delta':
    case 'message-finished': {
      const message = overlay.get(event.messageId)
      return message?.status === 'open' ? applyToMessage(message, event) : 'missing'
    }
    // A finished one is a row, and is not in the overlay.
    case 'message-replaced':
      return overlay.has(event.message.id) ? event.message : undefined
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'message-deleted':
    case 'history-truncated':
    case 'history-restored':
    case 'imported':
    case 'forked':
    case 'message-erased':
    case 'redacted':
    case 'unreadable':
      return undefined
  }
}
