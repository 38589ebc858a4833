import type { EventDraft } from '@caughtup/schema'
import { messagesOf } from '@caughtup/schema/event'

/** Whether a slice names this message. */
export function isAbout(
  messageId: string,
): (slice: { readonly drafts: readonly EventDraft[] }) => boolean {
  return ({ drafts }) => drafts.some((draft) => messagesOf(draft).includes(messageId))
}
