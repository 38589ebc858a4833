import type { Event, Message } from '@caughtup/schema'
import { applyToMessage } from '@caughtup/schema/fold'

import { holds, sequence } from '../sequence.ts'
import { applyToRecord, type SessionRecord } from '../session-record.ts'
import type { Refusal, Slice } from '../storage.ts'
import type { Entry } from './event-codec.ts'

/** What the engine holds of a session in memory: its state, and its journal's newest stretch. */
export interface LiveSession {
  /** Its row in `sessions`. */
  readonly key: number
  readonly id: string
  readonly journal: string
  record: SessionRecord
  /** Tag of the commit that wrote `record.seq`. */
  tag: string
  /** Messages that changed since the session was packed, and every open one, by id. */
  overlay: ReadonlyMap<string, Message>
  /** The newest entries, without a hole: all that are in the log, and some that are in blocks. */
  entries: Entry[]
  /** How many of them, from the end, are in the log only, and their bytes. */
  unpacked: { count: number; bytes: number }
}

/** A session's next state while its transaction is not committed. */
export class Stage {
  readonly live: LiveSession
  record: SessionRecord
  overlay: Map<string, Message>
  readonly added: Entry[] = []
  /** Whether more than text changed, so that the session's row is to be written. */
  rowChanged = false
  /** Whether a run starts, which is then this process's. */
  startsRun = false
  /** Whether its activity row changed. */
  activity = false
  /** Whether everything up to here is in blocks and rows. */
  packed = false

  constructor(live: LiveSession) {
    this.live = live
    this.record = live.record
    this.overlay = new Map(live.overlay)
  }

  /**
   * Applies a slice, or refuses it and changes nothing.
   * `exists` tells whether a message of that id is among the packed ones.
   */
  take(
    slice: Slice,
    exists: (messageId: string) => boolean,
  ): { refused: Refusal } | { refused?: undefined; events: Event[]; messages: Message[] } {
    const guarded = slice.guard ? holds(this.record, slice.guard) : true
    if (guarded !== true) return { refused: guarded }
    let record = this.record
    const overlay = new Map(this.overlay)
    const touched = new Set<string>()
    const events: Event[] = []
    for (const draft of slice.drafts) {
      const event = sequence(record, draft, slice.at)
      const message = subject(event, overlay)
      if (message === 'missing') return { refused: 'message-missing' }
      if (message) {
        const isNew = event.type === 'message-created' || event.type === 'boundary'
        if (isNew && (overlay.has(message.id) || exists(message.id))) {
          return { refused: 'message-exists' }
        }
        overlay.set(message.id, message)
        touched.add(message.id)
      }
      record = applyToRecord(record, event)
      events.push(event)
    }
    this.record = record
    this.overlay = overlay
    const messages = [...touched].flatMap((id) => overlay.get(id) ?? [])
    return { events, messages }
  }
}

/** The message that the event makes or changes, as it is after it. */
function subject(
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
    case 'run-started':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'unreadable':
      return undefined
  }
}

/**
 * Rebuilds the state of a session from what was packed (its row and its open messages) and the
 * entries that came after.
 */
export function recover(
  base: Pick<LiveSession, 'key' | 'id' | 'journal' | 'record' | 'tag'>,
  open: readonly Message[],
  entries: Entry[],
): LiveSession {
  let { record, tag } = base
  let bytes = 0
  const overlay = new Map(open.map((message) => [message.id, message]))
  for (const { event, tag: entryTag, bytes: entryBytes } of entries) {
    bytes += entryBytes
    if (event.seq > record.seq) {
      record = applyToRecord(record, event)
      tag = entryTag
    }
    switch (event.type) {
      case 'message-created':
        overlay.set(event.message.id, event.message)
        break
      case 'boundary':
        if (event.summary) overlay.set(event.summary.id, event.summary)
        break
      case 'message-delta':
      case 'message-finished': {
        const message = overlay.get(event.messageId)
        if (message) overlay.set(message.id, applyToMessage(message, event))
        break
      }
      case 'run-started':
      case 'run-ended':
      case 'queue-changed':
      case 'usage':
      case 'unreadable':
        break
    }
  }
  return { ...base, record, tag, overlay, entries, unpacked: { count: entries.length, bytes } }
}
