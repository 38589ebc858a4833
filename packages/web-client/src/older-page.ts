import type { Event, EventOf, Message, Page } from '@caughtup/schema'
import { applyToMessage, type View } from '@caughtup/schema/fold'

type MessageChange = EventOf<'message-delta' | 'message-finished'>

/** A request for an older page, and what happened to messages that the view does not hold. */
export interface OlderRequest {
  readonly id: number
  /**
   * Changes seen since it was sent, to be applied over a page that was read before them. At most
   * `mostChanges`; beyond that the answer is dropped, and the request may be made again.
   */
  readonly changes: readonly MessageChange[]
  /** The answer, while the view has yet to reach the moment at which it was read. */
  readonly page?: Page
}

const mostChanges = 1_000

/** The request after `event`; `undefined` when its answer can no longer be used. */
export function noteEvent(
  request: OlderRequest,
  event: Event,
  messages: readonly Message[],
): OlderRequest | undefined {
  switch (event.type) {
    case 'message-delta':
    case 'message-finished': {
      if (messages.some(({ id }) => id === event.messageId)) return request
      if (request.changes.length >= mostChanges) return undefined
      return { ...request, changes: [...request.changes, event] }
    }
    // The epoch that the page continues is no longer shown.
    case 'boundary':
      return undefined
    case 'message-created':
    case 'run-started':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'unreadable':
    default:
      return request
  }
}

/**
 * The view with the page before its messages.
 *
 * - `early`: events that the page already contains are yet to come, and would be applied twice
 * - `torn`: an event covers both what the page contains and what it does not
 */
export function placePage(
  view: View,
  page: Page,
  changes: readonly MessageChange[],
): View | 'early' | 'torn' {
  const first = view.messages[0]?.order ?? Infinity
  const older = page.messages.filter(({ order }) => order < first)
  if (older.some(({ revision }) => revision > view.seq)) return 'early'
  const placed: Message[] = []
  for (const message of older) {
    const missed = changes.filter(
      ({ messageId, seq }) => messageId === message.id && seq > page.asOf,
    )
    if (missed.some(({ from }) => from <= message.revision)) return 'torn'
    placed.push(missed.reduce(applyToMessage, message))
  }
  return { ...view, messages: [...placed, ...view.messages], hasOlder: page.hasOlder }
}
