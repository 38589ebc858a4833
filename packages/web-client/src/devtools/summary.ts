import type { ActivityFrame, ChatFrame } from '@caughtup/schema'

/** A frame in one line. */
export function frameSummary(frame: ChatFrame | ActivityFrame): string {
  switch (frame.type) {
    case 'replay':
      return `replay ${frame.mode}${frame.reason ? ` (${frame.reason})` : ''}`
    case 'messages':
      return `messages ${frame.messages.length}`
    case 'events': {
      const [first, last] = [frame.events[0], frame.events.at(-1)]
      const types = new Set(frame.events.map(({ type }) => type))
      return `events ${first?.from ?? '?'}–${last?.seq ?? '?'} ${[...types].join(', ')}`
    }
    case 'text':
      return `text ${frame.from ?? frame.seq}–${frame.seq}, ${frame.text.length} characters`
    case 'caught-up':
      return 'epoch' in frame ? `caught up (${frame.mode}), epoch ${frame.epoch}` : 'caught up'
    case 'transient':
      return `transient ${frame.name}`
    case 'heartbeat':
      return 'heartbeat'
    case 'end':
      return `end: ${frame.reason}`
    case 'activities':
      return `activities ${frame.rows.length}${frame.complete ? ', complete' : ''}`
    case 'changed':
      return `changed ${frame.row.sessionId}`
    case 'removed':
      return `removed ${frame.sessionId}`
  }
}
