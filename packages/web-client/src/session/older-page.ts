import type { ChatFrameOf, Event, EventOf, Message, Page } from '@caughtup/schema'
import { applyToMessages, type Batch, eventOfText, type View } from '@caughtup/schema/fold'

/** One change of a session, as it came: a `text` frame names its message by the order alone. */
export type Change = Event | ChatFrameOf<'text'>

type MessageChange =
  | ChatFrameOf<'text'>
  | EventOf<
      | 'message-delta'
      | 'message-finished'
      | 'message-replaced'
      | 'message-deleted'
      | 'message-erased'
    >

/** A request for an older page, and the changes of messages that may be in it. */
export interface OlderRequest {
  readonly id: number
  /**
   * Changes seen since the request was sent, which the page may lack. At most `maxChanges`; beyond
   * that the answer is dropped, and the caller may request it again.
   */
  readonly changes: readonly MessageChange[]
  /** The answer, until the view has reached the moment at which it was read. */
  readonly page?: Page
}

/** More than one message can receive within the default `requestTimeout`, at a delta per 33 ms. */
const maxChanges = 1_000

/** The request after `change`; `undefined` if its answer can no longer be used. */
export function noteChange(
  request: OlderRequest,
  change: Change,
  messages: readonly Message[],
): OlderRequest | undefined {
  const isHeld = (messageId: string) => messages.some(({ id }) => id === messageId)
  const noted = (about: MessageChange) =>
    request.changes.length < maxChanges
      ? { ...request, changes: [...request.changes, about] }
      : undefined
  switch (change.type) {
    case 'text':
      return messages.some(({ order }) => order === change.order) ? request : noted(change)
    case 'message-delta':
    case 'message-finished':
      return isHeld(change.messageId) ? request : noted(change)
    case 'message-replaced':
      return isHeld(change.message.id) ? request : noted(change)
    // Noted even if the view contains the message: the page may contain it too and bring it back.
    case 'message-deleted':
    case 'message-erased':
      return noted(change)
    // The view no longer shows the epoch that the page continues.
    case 'boundary':
      return undefined
    // These concern messages after the view's first, and the page lies before it.
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
 * The view with the page in front of its messages.
 *
 * - `early`: the page contains events that the view will receive, and would apply twice
 * - `torn`: a merged event is partly contained in the page
 */
export function placePage(
  view: View,
  page: Pick<Page, 'messages' | 'hasOlder' | 'asOf'>,
  changes: readonly MessageChange[],
): View | 'early' | 'torn' {
  const first = view.messages[0]?.order ?? Infinity
  const older = page.messages.filter(({ order }) => order < first)
  if (older.some(({ revision }) => revision > view.seq)) return 'early'
  const missed = changes
    .filter(({ seq }) => seq > page.asOf)
    .map((change) =>
      change.type === 'text' ? eventOfText(change, { ...view, messages: older }) : change,
    )
  const revisions = new Map(older.map(({ id, revision }) => [id, revision]))
  const torn = missed.some(
    (change) =>
      change.type === 'message-delta' && change.from <= (revisions.get(change.messageId) ?? 0),
  )
  if (torn) return 'torn'
  const batch: Batch = {}
  const placed = missed.reduce<readonly Message[]>(
    (messages, change) => applyToMessages(messages, change, batch),
    older,
  )
  return { ...view, messages: [...placed, ...view.messages], hasOlder: page.hasOlder }
}
