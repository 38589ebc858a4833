import type { EventDraft } from '@caughtup/schema'

/** The message that a draft is about. */
export function subjectOf(draft: EventDraft): string | undefined {
  if (draft.type === 'message-created') return draft.message.id
  return 'messageId' in draft ? draft.messageId : undefined
}
