import type { Event, EventOf, Message, Page } from '@caughtup/schema'
import { applyToMessages, eventOfText } from '@caughtup/schema/fold'

import type { Change } from '../session/older-page.ts'

/** Pages that follow each other. Immutable. */
export interface Stretch {
  /** Ascending by `order`. */
  readonly messages: readonly Message[]
  /** The orders that it covers, both included: of these it has every message. */
  readonly first: number
  readonly last: number
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** It has every change up to this seq, of one page more. */
  readonly asOf: number
}

/** A page with the changes that came since it was requested; `torn` as for `afterChange`. */
export function stretchOf(page: Page, changes: readonly Change[]): Stretch | 'torn' {
  const { messages, hasOlder, hasNewer, asOf } = page
  const [first, last] = [messages[0]?.order ?? Infinity, messages.at(-1)?.order ?? -Infinity]
  let stretch: Stretch = { messages, first, last, hasOlder, hasNewer, asOf }
  for (const change of changes) {
    if (change.seq <= asOf) continue
    const next = afterChange(stretch, change)
    if (next === 'torn') return next
    stretch = next
  }
  return stretch
}

/** Two stretches of which the second begins where the first ends. */
export function joined(older: Stretch, newer: Stretch): Stretch {
  return {
    messages: [...older.messages, ...newer.messages.filter(({ order }) => order > older.last)],
    first: Math.min(older.first, newer.first),
    last: Math.max(older.last, newer.last),
    hasOlder: older.hasOlder,
    hasNewer: newer.hasNewer,
    asOf: Math.min(older.asOf, newer.asOf),
  }
}

/**
 * The stretch after a change of the session. Pages are read at different moments, so a message may
 * have the change already, which its revision tells. `torn`: it has a part of a merged change.
 */
export function afterChange(stretch: Stretch, change: Change): Stretch | 'torn' {
  const { messages } = stretch
  switch (change.type) {
    case 'text':
      return withOne(stretch, eventOfText(change, { epoch: 0, messages }))
    case 'message-delta':
    case 'message-finished':
    case 'message-replaced':
      return withOne(stretch, change)
    case 'message-deleted':
    case 'message-erased':
      return withMessages(stretch, withMarks(messages, change))
    case 'history-truncated':
      return truncated(stretch, change)
    case 'message-created':
      return withAdded(stretch, [change.message])
    case 'history-restored':
      return withAdded(truncated(stretch, change), change.messages ?? [])
    case 'boundary':
      return change.summary ? withAdded(stretch, [change.summary]) : stretch
    // After those that bring messages which are not in them there is a full replay.
    case 'imported':
    case 'forked':
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'redacted':
    case 'unreadable':
    default:
      return stretch
  }
}

type ChangeOfOne = EventOf<'message-delta' | 'message-finished' | 'message-replaced'>

function withOne(stretch: Stretch, event: ChangeOfOne): Stretch | 'torn' {
  const messageId = event.type === 'message-replaced' ? event.message.id : event.messageId
  const message = stretch.messages.find(({ id }) => id === messageId)
  if (!message || event.seq <= message.revision) return stretch
  if (event.from <= message.revision) return 'torn'
  return withMessages(stretch, applyToMessages(stretch.messages, event satisfies Event))
}

/** Removes messages, and changes the versions of others; not of those that are as new already. */
function withMarks(
  messages: readonly Message[],
  event: EventOf<'message-deleted' | 'message-erased'>,
): readonly Message[] {
  const next = applyToMessages(messages, event)
  if (next === messages) return messages
  const newer = new Map(
    messages.flatMap((each) => (each.revision >= event.seq ? [[each.id, each] as const] : [])),
  )
  return newer.size === 0 ? next : next.map((each) => newer.get(each.id) ?? each)
}

/** Without the messages after an order, but for those that came later. */
function truncated(stretch: Stretch, { after, seq }: { after: number; seq: number }): Stretch {
  const stays = ({ order, revision }: Message) => order <= after || revision > seq
  const { messages } = stretch
  return messages.every(stays) ? stretch : withMessages(stretch, messages.filter(stays))
}

/** With the messages that it covers of those that the session shows from now on. */
function withAdded(stretch: Stretch, added: readonly Message[]): Stretch {
  const { messages, first, last } = stretch
  const missing = added.filter(
    ({ id, order }) =>
      order >= first && order <= last && !messages.some((known) => known.id === id),
  )
  const hasOlder = stretch.hasOlder || added.some(({ order }) => order < first)
  const hasNewer = stretch.hasNewer || added.some(({ order }) => order > last)
  if (missing.length > 0) {
    const all = [...messages, ...missing].sort((a, b) => a.order - b.order)
    return { ...stretch, hasOlder, hasNewer, messages: all }
  }
  const isSame = hasOlder === stretch.hasOlder && hasNewer === stretch.hasNewer
  return isSame ? stretch : { ...stretch, hasOlder, hasNewer }
}

function withMessages(stretch: Stretch, messages: readonly Message[]): Stretch {
  return messages === stretch.messages ? stretch : { ...stretch, messages }
}
