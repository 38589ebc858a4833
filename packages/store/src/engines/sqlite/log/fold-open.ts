import type { Event, Message } from '@caughtup/schema'
import { applyToMessage } from '@caughtup/schema/fold'

import { cut, type Segment } from '../../../journal/segment.ts'

/** Folds a segment into the messages that it makes or streams into, as far as they lack it. */
export function foldOpen(overlay: Map<string, Message>, segment: Segment): void {
  if (segment.kind === 'single') {
    foldEvent(overlay, segment.event)
    return
  }
  const message = segment.kind === 'appends' ? overlay.get(segment.messageId) : undefined
  if (!message || message.revision >= segment.seq) return
  const from = Math.max(segment.from, message.revision + 1)
  foldEvent(overlay, cut(segment, from, segment.seq))
}

export function foldEvent(overlay: Map<string, Message>, event: Event): void {
  switch (event.type) {
    case 'message-created':
      if (!overlay.has(event.message.id)) overlay.set(event.message.id, event.message)
      break
    case 'boundary':
      if (event.summary && !overlay.has(event.summary.id)) {
        overlay.set(event.summary.id, event.summary)
      }
      break
    case 'message-delta':
    case 'message-finished': {
      const message = overlay.get(event.messageId)
      if (!message || message.revision >= event.seq) break
      overlay.set(message.id, applyToMessage(message, event))
      break
    }
    case 'message-replaced': {
      // A finished message is in its row already.
      const message = overlay.get(event.message.id)
      if (message && message.revision < event.seq) overlay.set(message.id, event.message)
      break
    }
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
      break
  }
}
