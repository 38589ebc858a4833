import type { EventOf, Message } from '@caughtup/schema'
import { withVersion } from '@caughtup/schema/fold'

import type { SessionRecord } from './evolve.ts'
import { lookUp, type LookingUp, type Stretch } from './lookups.ts'
import type { RowChange } from './types.ts'
import type { Refusal } from '../port/commit.ts'

/*
 * A version is a stretch: all messages that were shown after a place when they were hidden. The place
 * is the order of the message before them, its anchor, so stretches with one anchor are versions of
 * what follows there. What was shown within a hidden stretch stays remembered, so they are a tree.
 */

/** The largest version that a journal's entry carries, in bytes of JSON; a larger one needs a window. */
const mostBytes = 128 * 1024

/** The hidden stretches of the newest epoch. */
export function* stretchesOf({ epoch, epochStart }: SessionRecord): LookingUp<Stretch[]> {
  const stretches = yield* lookUp('stretches', epoch)
  // What precedes an epoch's first message is no message of it.
  return stretches.map((each) =>
    each.after > epochStart ? each : { ...each, after: epochStart, within: 0 },
  )
}

/** The order of the shown message before an order, or where the newest epoch begins. */
export function* shownBefore({ epochStart }: SessionRecord, order: number): LookingUp<number> {
  return Math.max((yield* lookUp('before', order, 0)) ?? 0, epochStart)
}

/** The order of the last message of the newest epoch, or where it begins. */
export function lastShown(record: SessionRecord): LookingUp<number> {
  return shownBefore(record, record.lastOrder + 1)
}

export function versionsAt(
  stretches: readonly Stretch[],
  place: Pick<Stretch, 'after' | 'within'>,
): Stretch[] {
  return stretches.filter(({ after, within }) => after === place.after && within === place.within)
}

/** The ids of these stretches and of all that are anchored in them. */
export function withInner(
  stretches: readonly Stretch[],
  isMeant: (stretch: Stretch) => boolean,
): number[] {
  const ids = new Set<number>()
  // A stretch is younger than its anchor, so those that contain others come first.
  for (const stretch of stretches.toSorted((a, b) => a.first - b.first)) {
    if (isMeant(stretch) || ids.has(stretch.within)) ids.add(stretch.id)
  }
  return [...ids]
}

/**
 * Hides what is shown after a place, and drops the oldest versions there that exceed the most.
 *
 * @returns how many versions are hidden there then
 */
export function* keepAfter(
  record: SessionRecord,
  { after, count, seq, most }: { after: number; count: number; seq: number; most: number },
  changes: RowChange[],
): LookingUp<number> {
  const stretches = yield* stretchesOf(record)
  const here = versionsAt(stretches, { after, within: 0 }).sort((a, b) => a.first - b.first)
  const hides = count > 0 ? 1 : 0
  if (hides) changes.push({ change: 'hide', after, stretch: seq })
  // One is about to be shown, and the one that was shown just now is never dropped.
  const surplus = Math.min(here.length, Math.max(0, here.length + hides - (most - 1)))
  const oldest = new Set(here.slice(0, surplus).map(({ id }) => id))
  const dropped = withInner(stretches, ({ id }) => oldest.has(id))
  if (dropped.length > 0) changes.push({ change: 'forget', stretches: dropped })
  return here.length + hides - surplus
}

/** Shows a hidden stretch in place of what is shown there. */
export function* showStretch(
  record: SessionRecord,
  { stretch, seq }: { stretch: Stretch; seq: number },
  changes: RowChange[],
): LookingUp<
  Pick<EventOf<'history-restored'>, 'after' | 'count' | 'hidden' | 'messages' | 'next'>
> {
  const { id, after, count, last } = stretch
  const stretches = yield* stretchesOf(record)
  const firsts = versionsAt(stretches, stretch).map(({ first }) => first)
  const hidden = yield* lookUp('countAfter', after)
  const shown = yield* lookUp('following', after, 0)
  if (shown) {
    changes.push({ change: 'hide', after, stretch: seq })
    firsts.push(shown.order)
  }
  changes.push({ change: 'show', stretch: id })
  const first = yield* lookUp('following', after, id)
  const marked = first && remarked(first, firsts, seq)
  if (marked) changes.push({ change: 'replace', message: marked })
  const next = versionsAt(stretches, { after: last, within: id }).length
  const messages = yield* lookUp('stretch', id, mostBytes)
  const event = { after, count, hidden, next }
  if (!messages) return event
  const [head, ...rest] = messages
  return {
    ...event,
    messages: marked && head?.id === marked.id ? [marked, ...rest] : [...messages],
  }
}

/** A first message with its version among these; `undefined` if it has that already. */
export function remarked(
  message: Message,
  firsts: readonly number[],
  revision: number,
): Message | undefined {
  const index = firsts.filter((first) => first < message.order).length + 1
  const count = new Set([...firsts, message.order]).size
  const { index: hadIndex = 1, count: hadCount = 1 } = message.version ?? {}
  if (hadIndex === index && hadCount === count) return undefined
  return withVersion(message, { index, count }, revision)
}

/**
 * An undo hides the newest epoch's last turn, which begins with its newest prompt.
 *
 * @returns the order after which messages are hidden: that of the message before the prompt, so that
 *   all versions of what follows it have the same place
 */
export function* undoneAfter(record: SessionRecord): LookingUp<number | { refused: Refusal }> {
  const prompt = yield* lookUp('lastPrompt', record.epochStart + 1, record.lastOrder)
  if (prompt === undefined) return { refused: 'nothing-to-undo' }
  return yield* shownBefore(record, prompt)
}

/** Whether the newest epoch keeps a prompt, and so an undo, up to this order. */
export function* canUndoUpTo(record: SessionRecord, order: number): LookingUp<boolean> {
  return (yield* lookUp('lastPrompt', record.epochStart + 1, order)) !== undefined
}

/** Whether the newest epoch keeps a prompt, and so an undo, when these messages are removed. */
export function* canUndoWithout(
  record: SessionRecord,
  removed: readonly Message[],
): LookingUp<boolean> {
  const orders = new Set(removed.map(({ order }) => order))
  let upTo = record.lastOrder
  for (;;) {
    const prompt = yield* lookUp('lastPrompt', record.epochStart + 1, upTo)
    if (prompt === undefined) return false
    if (!orders.has(prompt)) return true
    upTo = prompt - 1
  }
}
