import { isKnown } from '../event/event-traits.ts'
import type { Event, EventOf } from '../event/event.ts'
import type { Message } from '../model/message.ts'
import { applyToHead, emptyHead, type Head } from './head.ts'
import { applyToMessages } from './messages.ts'

/** A session as a client shows it: its head and the messages it holds, oldest first. */
export interface View extends Head {
  /** Ascending by `order`; a message that did not change keeps its identity. */
  readonly messages: readonly Message[]
  /** Whether the session has messages before the first one held. */
  readonly hasOlder: boolean
  /** Events that were passed over because they were unreadable or of an unknown type. */
  readonly skipped: number
}

export const emptyView: View = { ...emptyHead, messages: [], hasOlder: false, skipped: 0 }

/**
 * - `applied`: the view with the event in it
 * - `known`: the view had it already
 * - `gap`: events before it are missing; ask for what lies after `view.seq`
 * - `needs-window`: what it brings is not in the journal; ask for a full replay
 */
export type Applied = { result: 'applied' | 'known' | 'gap' | 'needs-window'; view: View }

/**
 * The one fold: a view and the next event give the next view. Pure, and shared by the store's
 * projection and the client, so that both agree by construction.
 *
 * Contiguous means `from = view.seq + 1`. Types that are not known here are passed over and
 * counted: a newer server never stops an older client.
 */
export function applyEvent(view: View, event: Event): Applied {
  if (event.seq <= view.seq) return { result: 'known', view }
  if (event.from !== view.seq + 1) return { result: 'gap', view }
  if (needsWindow(view, event)) return { result: 'needs-window', view }
  const head = applyToHead(view, event)
  const opened = event.type === 'boundary' && head.epoch > view.epoch
  return {
    result: 'applied',
    view: {
      ...head,
      messages: opened ? openEpoch(event) : applyToMessages(view.messages, event),
      hasOlder: view.hasOlder || (opened && view.messages.length > 0),
      skipped: view.skipped + (isKnown(event) ? 0 : event.seq - event.from + 1),
    },
  }
}

/** Whether what is to be shown after the event is neither in it nor in the view. */
function needsWindow({ messages, hasOlder }: View, event: Event): boolean {
  if (event.type === 'imported' || event.type === 'forked') return true
  if (event.type !== 'history-truncated') return false
  // All that is held goes, and what lies before it was never loaded.
  const [first] = messages
  return hasOlder && (first === undefined || event.after < first.order)
}

/** A fresh load of the new epoch shows its summary and nothing else; so does a live view. */
function openEpoch(event: EventOf<'boundary'>): readonly Message[] {
  return event.summary ? [event.summary] : []
}
