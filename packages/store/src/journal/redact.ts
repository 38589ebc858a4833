import type { Event } from '@caughtup/schema'

import { entriesOf } from './entries.ts'
import { appendEvent, type Segment } from './segment.ts'

/**
 * An entry without the content of erased messages; the entry itself if it has none. Entries that
 * open an epoch or change the queue keep their place, so that replays stay right.
 */
export function redact(event: Event, erased: ReadonlySet<string>): Event {
  switch (event.type) {
    case 'message-created':
    case 'message-replaced':
      return erased.has(event.message.id) ? redacted(event) : event
    case 'message-delta':
    case 'message-finished':
      return erased.has(event.messageId) ? redacted(event) : event
    case 'boundary': {
      const { summary, ...rest } = event
      return summary && erased.has(summary.id) ? rest : event
    }
    case 'history-restored': {
      const { messages: all } = event
      const messages = all?.filter(({ id }) => !erased.has(id))
      return messages && all && messages.length < all.length ? { ...event, messages } : event
    }
    case 'queue-changed': {
      const run = event.add ?? event.replace
      if (run?.kind !== 'agent' || !erased.has(run.messageId)) return event
      const { custom: _, ...rest } = run
      const bare = { ...rest, parts: [] }
      return event.add ? { ...event, add: bare } : { ...event, replace: bare }
    }
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'usage':
    case 'message-deleted':
    case 'history-truncated':
    case 'imported':
    case 'forked':
    case 'message-erased':
    case 'redacted':
    case 'unreadable':
      return event
  }
}

/** The same for segments; the segments themselves if they have nothing of erased messages. */
export function redactSegments(
  segments: readonly Segment[],
  erased: ReadonlySet<string>,
): readonly Segment[] {
  if (!segments.some((segment) => tellsOf(segment, erased))) return segments
  const rest: Segment[] = []
  for (const segment of segments) {
    if (!tellsOf(segment, erased)) {
      rest.push(segment)
      continue
    }
    for (const event of entriesOf(segment, 'oldest')) {
      appendEvent(rest, redact(event, erased), segment.tag)
    }
  }
  return rest
}

function tellsOf(segment: Segment, erased: ReadonlySet<string>): boolean {
  switch (segment.kind) {
    case 'single':
      return redact(segment.event, erased) !== segment.event
    case 'appends':
      return erased.has(segment.messageId)
    case 'erased':
      return false
  }
}

function redacted({ from, seq, epoch, at }: Event): Event {
  return { type: 'redacted', from, seq, epoch, at }
}
