import type { Message } from '@caughtup/schema'

import type { PromptPlace } from '../../port/reading.ts'

/** Prompts that a step examines at most: those in sessions that their author left are passed over. */
export const examinedPrompts = 1_000

/** Who sent a message, if it is a prompt that a recall may find. SQLite's column `author` has it. */
export function promptAuthor({ role, status, metadata }: Message): string | undefined {
  return role === 'user' && status === 'done' ? metadata.author : undefined
}

/** The order of a recall, newest first. SQLite's index `messages_author` repeats it. */
export function byNewestPrompt(a: PromptPlace, b: PromptPlace): number {
  return b.createdAt - a.createdAt || b.session - a.session || b.order - a.order
}
