import type { EventOf, Message, VersionMark } from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import { lookUp, type LookingUp, type MessagePlace, type Stretch } from './lookups.ts'
import type { RowChange, SessionState } from './types.ts'
import { remarked, stretchesOf } from './versions.ts'

/** A place in the tree of versions: what follows an order, within a stretch or (0) shown. */
interface Place {
  order: number
  stretch: number
}

interface Left {
  marks?: VersionMark[]
  /** How many hidden versions lie after the last message. */
  next: number
}

/**
 * What removing messages does to the versions of the newest epoch: those that began after one of them
 * begin after the message before it, and who was first of several may be another one, or alone.
 */
export function* removeFromVersions(
  { record, overlay }: SessionState,
  { places, seq }: { places: readonly MessagePlace[]; seq: number },
  changes: RowChange[],
): LookingUp<Left> {
  const removed = new Map(
    places.filter(({ epoch }) => epoch === record.epoch).map((place) => [place.order, place]),
  )
  const stretches = removed.size > 0 ? yield* stretchesOf(record) : []
  if (stretches.length === 0) return { next: record.next }
  const begins = new Map<number, Place>()
  for (const place of [...removed.values()].sort((a, b) => a.order - b.order)) {
    begins.set(place.order, yield* placeBefore(record, stretches, place, begins))
  }
  for (const from of new Set(stretches.map(({ after }) => after))) {
    const to = begins.get(from)?.order
    if (to !== undefined) changes.push({ change: 'reanchor', from, to })
  }
  const left = yield* stretchesLeft(stretches, removed, begins)
  const marks: VersionMark[] = []
  let { next } = record
  for (const place of affected(stretches, removed, begins)) {
    const firsts = left
      .filter(({ after, within }) => after === place.order && within === place.stretch)
      .map(({ first }) => first)
    const following = yield* followingLeft(place, removed)
    if (!following) {
      if (place.stretch === 0) next = firsts.length
      continue
    }
    const marked = remarked(overlay.get(following.id) ?? following, firsts, seq)
    if (!marked) continue
    changes.push({ change: 'replace', message: marked })
    const { id: messageId, version = { index: 1, count: 1 } } = marked
    // Hidden ones too: their revision says that they changed.
    marks.push({ messageId, ...version })
  }
  return { next, ...(marks.length > 0 && { marks }) }
}

/** Where what followed a removed message begins now. */
function* placeBefore(
  { epochStart }: SessionRecord,
  stretches: readonly Stretch[],
  { order, stretch }: MessagePlace,
  places: ReadonlyMap<number, Place>,
): LookingUp<Place> {
  const before = (yield* lookUp('before', order, stretch)) ?? 0
  const own = stretches.find(({ id }) => id === stretch)
  const start = own ? { order: own.after, stretch: own.within } : { order: epochStart, stretch: 0 }
  const place = before > start.order ? { order: before, stretch } : start
  // Messages before it may be removed as well: their own places are known already.
  return places.get(place.order) ?? place
}

/** The stretches without the removed messages, where they begin then. */
function* stretchesLeft(
  stretches: readonly Stretch[],
  removed: ReadonlyMap<number, MessagePlace>,
  places: ReadonlyMap<number, Place>,
): LookingUp<Stretch[]> {
  const left: Stretch[] = []
  for (const stretch of stretches) {
    const gone = [...removed.values()].filter((place) => place.stretch === stretch.id).length
    if (gone >= stretch.count) continue
    const begin = places.get(stretch.after)
    const at = begin
      ? { after: begin.order, within: begin.stretch }
      : { after: stretch.after, within: stretch.within }
    const first = removed.has(stretch.first)
      ? (yield* followingLeft({ order: stretch.first, stretch: stretch.id }, removed))?.order
      : stretch.first
    left.push({ ...stretch, ...at, first: first ?? stretch.first })
  }
  return left
}

/** The places whose versions may have changed, each once. */
function affected(
  stretches: readonly Stretch[],
  removed: ReadonlyMap<number, MessagePlace>,
  places: ReadonlyMap<number, Place>,
): Iterable<Place> {
  const found = new Map<string, Place>()
  const add = (place: Place) => found.set(`${place.order} ${place.stretch}`, place)
  for (const place of places.values()) add(place)
  for (const { stretch } of removed.values()) {
    const own = stretches.find(({ id }) => id === stretch)
    if (own) add(places.get(own.after) ?? { order: own.after, stretch: own.within })
  }
  return found.values()
}

/** The next message of the same stretch that is not removed. */
function* followingLeft(
  { order, stretch }: Place,
  removed: ReadonlyMap<number, unknown>,
): LookingUp<Message | undefined> {
  let message = yield* lookUp('following', order, stretch)
  while (message && removed.has(message.order)) {
    message = yield* lookUp('following', message.order, stretch)
  }
  return message
}

/** The members of the event that say what became of versions and of undo. */
export function afterRemoval(
  { marks, next }: Left,
  canUndo: boolean,
): Pick<EventOf<'message-deleted'>, 'marks' | 'next' | 'canUndo' | 'canRedo'> {
  return { canUndo, canRedo: next > 0, next, ...(marks && { marks }) }
}
