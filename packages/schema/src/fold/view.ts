import { isKnown } from '../event/event-traits.ts'
import type { Event, EventOf } from '../event/event.ts'
import type { Message } from '../model/message.ts'
import { applyToHead, emptyHead, type Head } from './head.ts'
import { applyToMessages, type Batch } from './messages.ts'

/** A session as a client shows it: the head, and the messages that are loaded. */
export interface View extends Head {
  /** Ascending by `order`. Unchanged messages keep their identity. */
  readonly messages: readonly Message[]
  /** Whether the session has messages before the first loaded one. */
  readonly hasOlder: boolean
  /** Events that were skipped because they were unreadable or of an unknown type. */
  readonly skipped: number
}

export const emptyView: View = { ...emptyHead, messages: [], hasOlder: false, skipped: 0 }

/**
 * - `applied`: the view with the event in it
 * - `known`: the view already had it
 * - `gap`: events before it are missing; request those after `view.seq`
 * - `needs-window`: its messages are not in the journal; request a full replay
 */
export type Applied = { result: 'applied' | 'known' | 'gap' | 'needs-window'; view: View }

/**
 * The one fold: a view and the next event give the next view. Pure, and shared by the store's
 * projection and the client, so that both agree by construction.
 *
 * Events must be contiguous: `from` is `view.seq + 1`. Unknown types are skipped and counted, so that
 * a newer server never stops an older client.
 *
 * @param batch shared by events of which only the last view is kept: their messages are copied once
 */
export function applyEvent(view: View, event: Event, batch?: Batch): Applied {
  if (event.seq <= view.seq) return { result: 'known', view }
  if (event.from !== view.seq + 1) return { result: 'gap', view }
  if (needsWindow(view, event)) return { result: 'needs-window', view }
  const head = applyToHead(view, event)
  const opened = event.type === 'boundary' && head.epoch > view.epoch
  return {
    result: 'applied',
    view: {
      ...head,
      messages: opened ? openEpoch(event) : applyToMessages(view.messages, event, batch),
      hasOlder: view.hasOlder || (opened && view.messages.length > 0),
      skipped: view.skipped + (isKnown(event) ? 0 : event.seq - event.from + 1),
    },
  }
}

/** Whether messages to show after the event are neither in it nor in the view. */
function needsWindow({ messages, hasOlder }: View, event: Event): boolean {
  if (event.type === 'imported' || event.type === 'forked') return true
  if (event.type === 'history-restored' && !event.messages) return true
  if (event.type !== 'history-truncated' && event.type !== 'history-restored') return false
  // It removes every loaded message, and those before them were never loaded.
  const [first] = messages
  return hasOlder && (first === undefined || event.after < first.order)
}

/** A live view shows what a fresh load of the new epoch shows: its summary alone. */
function openEpoch(event: EventOf<'boundary'>): readonly Message[] {
  return event.summary ? [event.summary] : []
}
