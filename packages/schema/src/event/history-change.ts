import type { Event, EventType } from './event.ts'

/**
 * Whether an event may change or remove a message that was finished before it, or show or bring one
 * that is not the newest; an unreadable one may have.
 */
const changesHistory: Record<Event['type'], boolean> = {
  'message-created': false,
  'message-delta': false,
  'message-finished': false,
  boundary: true,
  'run-started': false,
  'run-ended': false,
  'run-changed': false,
  'queue-changed': false,
  usage: false,
  'message-replaced': true,
  'message-deleted': true,
  'history-truncated': true,
  'history-restored': true,
  imported: true,
  forked: true,
  'message-erased': true,
  redacted: false,
  unreadable: true,
}

/** Types of the events that may have changed what was finished before them. */
export const historyChanges: readonly EventType[] = typesOf(changesHistory).filter(
  (type) => changesHistory[type],
)

function typesOf(table: Record<Event['type'], boolean>): Event['type'][] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's own keys
  return Object.keys(table) as Event['type'][]
}
