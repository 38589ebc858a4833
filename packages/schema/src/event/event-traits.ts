import type { EventDraft, HistoryDraft } from './drafts.ts'
import type { Event, EventOf, EventType } from './event.ts'

/** The traits of each event type; all code that branches on a trait looks it up here. */
const traits = {
  'message-created': { changes: 'streaming', activity: true },
  'message-delta': { changes: 'streaming' },
  'message-finished': { changes: 'streaming', activity: true },
  boundary: { changes: 'any', activity: true },
  'run-started': { changes: 'none', activity: true },
  'run-changed': { changes: 'none', activity: true },
  'run-ended': { changes: 'none', activity: true },
  'queue-changed': { changes: 'none' },
  usage: { changes: 'none' },
  'message-replaced': { changes: 'named', activity: true, rewritesRows: true },
  'message-deleted': { changes: 'named', activity: true, rewritesRows: true },
  'history-truncated': { changes: 'any', activity: true, rewritesRows: true },
  'history-restored': { changes: 'any', activity: true, rewritesRows: true },
  imported: { changes: 'any', activity: true, rewritesRows: true },
  forked: { changes: 'any', activity: true, rewritesRows: true },
  'message-erased': { changes: 'named', activity: true, rewritesRows: true },
  redacted: { changes: 'none' },
  unreadable: { changes: 'any' },
} as const satisfies Record<EventType, Traits>

interface Traits {
  /**
   * Which messages of a session it may change.
   *
   * - `streaming`: the one that it creates, streams into or finishes
   * - `named`: those that it names, finished ones too
   * - `any`: others than it names, or which of them are shown
   */
  changes: 'none' | 'streaming' | 'named' | 'any'
  /** Whether it changes the session's activity row. */
  activity?: true
  /** Whether it changes or adds stored rows of finished messages, so that a store packs before it. */
  rewritesRows?: true
}

/** Types whose entry in the table has this trait. */
type TypeWith<T> = {
  [Type in EventType]: (typeof traits)[Type] extends T ? Type : never
}[EventType]

/** An event that creates a message, streams into it or finishes it. */
export type StreamingEvent = EventOf<TypeWith<{ changes: 'streaming' }>>

export type RewritingType = TypeWith<{ rewritesRows: true }>

/** Types of the events after which a message that was finished before may read differently. */
export const historyChanges: readonly EventType[] = /* @__PURE__ */ typesThat(({ changes }) =>
  ['named', 'any'].includes(changes),
)

function typesThat(condition: (traits: Traits) => boolean): EventType[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
  return (Object.keys(traits) as EventType[]).filter((type) => condition(traits[type]))
}

/** Whether this version can apply the event: a newer server may send types that it does not know. */
export function isKnown({ type }: Event): boolean {
  return type !== 'unreadable' && Object.hasOwn(traits, type)
}

export function isStreaming(event: Event): event is StreamingEvent {
  return traits[event.type].changes === 'streaming'
}

export function rewritesRows(event: Event): boolean {
  return traitsOf(event).rewritesRows === true
}

/** Whether the draft is an edit of history, which acts on stored rows. */
export function isHistoryDraft(draft: EventDraft): draft is HistoryDraft {
  return traitsOf(draft).rewritesRows === true
}

/** Whether a commit of the draft may change messages that it does not name. */
export function changesAny(draft: EventDraft): boolean {
  return traitsOf(draft).changes === 'any'
}

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(traits, text)
}

/** Whether the event changes the session's activity row; a delta never does. */
export function changesActivity(event: Event): boolean {
  return traitsOf(event).activity === true
}

function traitsOf({ type }: { type: EventType }): Traits {
  return traits[type]
}
