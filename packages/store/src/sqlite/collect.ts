import type { Event } from '@caughtup/schema'
import { mergeEvents } from '@caughtup/schema/fold'

import { jsonBytes, textBytes } from '../json.ts'
import type { Entry } from './event-codec.ts'

/**
 * Merges entries into one batch of about `bytes` bytes of JSON, counted after merging, and at
 * least one event. `last` is the newest entry in it.
 */
export function collect(
  entries: Iterable<Entry>,
  bytes: number,
): { events: Event[]; last: Entry | undefined; complete: boolean } {
  let events: Event[] = []
  let last: Entry | undefined
  let size = 0
  for (const entry of entries) {
    if (last && size >= bytes) return { events, last, complete: false }
    const newest = events.at(-1)
    const joined = newest ? mergeEvents([newest, entry.event]) : [entry.event]
    size += newest && joined.length === 1 ? addedText(entry.event) : entry.bytes
    if (newest) events.splice(-1, 1, ...joined)
    else events = joined
    last = entry
  }
  return { events, last, complete: true }
}

/** What a delta adds to the one that it joins. */
function addedText(event: Event): number {
  if (event.type !== 'message-delta') return 0
  let bytes = 0
  for (const op of event.ops) {
    bytes += op.op === 'append' ? textBytes(op.text) : jsonBytes(op.value)
  }
  return bytes
}
