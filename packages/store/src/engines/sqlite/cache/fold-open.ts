import type { Event, Message } from '@caughtup/schema'

import { touchedMessage } from '../../../core/touched-message.ts'
import { cut, type Segment } from '../../../journal/segment.ts'

/** Applies a segment to the messages that it creates or extends, unless they have it already. */
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
