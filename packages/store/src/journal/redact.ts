import type { Event } from '@caughtup/schema'

import type { Segment } from './segment.ts'

/**
 * An entry without what it said of erased messages; itself where it says nothing of them. What
 * opens an epoch or changes the queue stays in its place, so that replays stay right.
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
      const messages = event.messages.filter(({ id }) => !erased.has(id))
      return messages.length < event.messages.length ? { ...event, messages } : event
    }
    case 'queue-changed': {
      const run = event.add ?? event.replace
      if (run?.kind !== 'agent' || !erased.has(run.messageId)) return event
      const bare = { ...run, parts: [] }
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

/** The same for a segment: of appends to an erased message is left one entry over all their seqs. */
export function redactSegment(segment: Segment, erased: ReadonlySet<string>): Segment {
  const { from, seq, tag } = segment
  if (segment.kind === 'appends') {
    if (!erased.has(segment.messageId)) return segment
    const { epoch, ats } = segment
    const event: Event = { type: 'redacted', from, seq, epoch, at: ats.at(-1) ?? 0 }
    return { kind: 'single', from, seq, tag, event, bytes: 0 }
  }
  const event = redact(segment.event, erased)
  return event === segment.event ? segment : { kind: 'single', from, seq, tag, event, bytes: 0 }
}

function redacted({ from, seq, epoch, at }: Event): Event {
  return { type: 'redacted', from, seq, epoch, at }
}
