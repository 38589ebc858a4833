import type { EventDraft } from '@caughtup/schema'

/** Which slices write to this message. */
export function isAbout(
  messageId: string,
): (slice: { readonly drafts: readonly EventDraft[] }) => boolean {
  return ({ drafts }) => drafts.some((draft) => subjectOf(draft) === messageId)
}

function subjectOf(draft: EventDraft): string | undefined {
  if (draft.type === 'message-created') return draft.message.id
  return 'messageId' in draft ? draft.messageId : undefined
}
