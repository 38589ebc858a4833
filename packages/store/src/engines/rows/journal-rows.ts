import type { Event, Message } from '@caughtup/schema'

import { jsonBytes } from '../../base/bytes.ts'
import { redact } from '../../journal/redact.ts'
import { appendEvent, type Segment, segmentsAfter, type Single } from '../../journal/segment.ts'
import type { EventRow, SessionRow } from './tables/rows.ts'

/** Sizes in JSON, so that what tables keep as objects is not written out at each reading. */
export class Sizes {
  readonly #messages = new WeakMap<Message, number>()
  readonly #singles = new WeakMap<Event, Single>()

  message(message: Message): number {
    const known = this.#messages.get(message)
    if (known !== undefined) return known
    const bytes = jsonBytes(message)
    this.#messages.set(message, bytes)
    return bytes
  }

  /** Puts an event behind the others, as `appendEvent` does. */
  append(segments: Segment[], event: Event, tag: string): void {
    const known = this.#singles.get(event)
    if (known) {
      segments.push(known)
      return
    }
    appendEvent(segments, event, tag)
    const last = segments.at(-1)
    if (last?.kind === 'single') this.#singles.set(event, last)
  }
}

/** Rows of a journal, ascending, as segments: without what is below the floor or being erased. */
export function segmentsOf(
  rows: readonly EventRow[],
  { floor, erasing }: Pick<SessionRow, 'floor' | 'erasing'>,
  sizes = new Sizes(),
): Segment[] {
  const erased = new Set(erasing?.messageIds)
  const segments: Segment[] = []
  for (const { tag, events } of rows) {
    for (const event of events) {
      sizes.append(segments, erased.size > 0 ? redact(event, erased) : event, tag)
    }
  }
  return floor > 0 ? segmentsAfter(segments, floor) : segments
}
