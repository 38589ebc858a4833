import type { KeptPrompt } from './kept-prompt.ts'
import type { OutboxStore } from './outbox-store.ts'

/** Keeps prompts in memory. */
export function memoryStore(kept: readonly KeptPrompt[] = []): OutboxStore {
  // A map keeps the place of an entry that is set again.
  const prompts = new Map(kept.map((prompt) => [prompt.input.messageId, prompt]))
  return {
    list: async () => [...prompts.values()],
    async change(messageId, decide) {
      const next = decide(prompts.get(messageId))
      if (next) prompts.set(messageId, next)
      else prompts.delete(messageId)
    },
  }
}
