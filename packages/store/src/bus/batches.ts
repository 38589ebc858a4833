import type { Event } from '@caughtup/schema'
import { isEventType } from '@caughtup/schema/event'

import type { CommittedBatch } from '../port/bus.ts'

/** Whether the second begins where the first ends. */
export function continuedBy(first: CommittedBatch, { after }: CommittedBatch): boolean {
  const { journal } = first.after
  return after.journal === journal && after.seq === seqOf(first) && after.tag === first.tag
}

/** Two batches of which the second continues the first. */
export function joined(first: CommittedBatch, { events, tag }: CommittedBatch): CommittedBatch {
  return { ...first, events: [...first.events, ...events], tag }
}

function seqOf({ events, after }: CommittedBatch): number {
  return events.at(-1)?.seq ?? after.seq
}

/** As JSON: the session, its journal, the tag before the batch, the tag of the batch, the events. */
export function batchJson({ sessionId, after, tag, events }: CommittedBatch): string {
  return JSON.stringify([sessionId, after.journal, after.tag, tag, events])
}

/** @throws TypeError for what is no batch */
export function readBatch(value: unknown): CommittedBatch {
  if (!Array.isArray(value)) throw new TypeError('A batch is a list.')
  const [sessionId, journal, before, tag, events]: unknown[] = value
  const names = [sessionId, journal, before, tag]
  if (!areTexts(names) || !isStretch(events)) throw new TypeError('This is not a batch.')
  const [id = '', itsJournal = '', tagBefore = '', itsTag = ''] = names
  const seq = (events[0]?.from ?? 1) - 1
  return {
    sessionId: id,
    after: { journal: itsJournal, seq, tag: tagBefore },
    events,
    tag: itsTag,
  }
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function areTexts(values: unknown[]): values is string[] {
  return values.every((value) => typeof value === 'string')
}

/** Whether these are events without a hole. Their content is what a process of this database wrote. */
function isStretch(events: unknown): events is Event[] {
  if (!Array.isArray(events) || events.length === 0) return false
  let next: number | undefined
  for (const event of events as unknown[]) {
    if (typeof event !== 'object' || event === null) return false
    const { type, from, seq, at }: { [field: string]: unknown } = { ...event }
    if (typeof type !== 'string' || !isEventType(type) || typeof at !== 'number') return false
    if (!isSeq(from) || !isSeq(seq) || seq < from || from !== (next ?? from)) return false
    next = seq + 1
  }
  return true
}
