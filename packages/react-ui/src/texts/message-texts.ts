import type { Message } from '@caughtup/schema'
import type { ViewError } from '@caughtup/web-client'

type Role = Message['role']

const speakers: Record<Role, string> = { user: 'You', assistant: 'Assistant', system: 'System' }

/** What the message list says. */
export const messageTexts = {
  /** The names of what scrolls, and of the messages in it. */
  transcript: 'Transcript',
  messages: 'Messages',
  /** The name of a message. */
  speaker: (role: Role) => speakers[role],
  summary: 'Summary',
  contextCleared: 'Context cleared',
  loadOlder: 'Load older messages',
  loadingOlder: 'Loading older messages…',
  loadOlderAgain: 'Try again',
  olderFailed: ({ message }: ViewError) => `Older messages could not be loaded: ${message}`,
  historyStart: 'This is the beginning of the chat.',
  jumpToLatest: 'Jump to latest',
  /** Why there are no messages to show, as far as it is known. */
  failed: (error: ViewError | undefined) => {
    if (error?.code === 'NOT_FOUND') return 'This is no longer there.'
    return error?.message ?? 'The messages could not be loaded.'
  },
}
