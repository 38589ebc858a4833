import type { Event, EventOf, Message, Page } from '@caughtup/schema'
import { applyToMessages, type View } from '@caughtup/schema/fold'

type MessageChange = EventOf<
  'message-delta' | 'message-finished' | 'message-replaced' | 'message-deleted' | 'message-erased'
>

/** A request for an older page, and what happened to messages that may be in it. */
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
  const isHeld = (messageId: string) => messages.some(({ id }) => id === messageId)
  const noted = (change: MessageChange) =>
    request.changes.length < mostChanges
      ? { ...request, changes: [...request.changes, change] }
      : undefined
  switch (event.type) {
    case 'message-delta':
    case 'message-finished':
      return isHeld(event.messageId) ? request : noted(event)
    case 'message-replaced':
      return isHeld(event.message.id) ? request : noted(event)
    // Also what is held: it came while the view held little, and the page may bring it back.
    case 'message-deleted':
    case 'message-erased':
      return noted(event)
    // The epoch that the page continues is no longer shown.
    case 'boundary':
      return undefined
    // What these bring or take lies behind the messages that are held, and a page before them.
    case 'message-created':
    case 'history-truncated':
    case 'history-restored':
      return request
    case 'run-started':
    case 'run-changed':
    case 'run-ended':
    case 'queue-changed':
    case 'usage':
    case 'imported':
    case 'forked':
    case 'redacted':
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
  const missed = changes.filter(({ seq }) => seq > page.asOf)
  const revisions = new Map(older.map(({ id, revision }) => [id, revision]))
  const torn = missed.some(
    (change) =>
      change.type === 'message-delta' && change.from <= (revisions.get(change.messageId) ?? 0),
  )
  if (torn) return 'torn'
  const placed = missed.reduce(applyToMessages, older)
  return { ...view, messages: [...placed, ...view.messages], hasOlder: page.hasOlder }
}
