import type { Event, Message } from '@caughtup/schema'

import { touchedMessage } from '../../../core/touched-message.ts'
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
  const message = touchedMessage(event, overlay)
  if (!message || message === 'missing') return
  const held = overlay.get(message.id)
  if (!held || held.revision < event.seq) overlay.set(message.id, message)
}
