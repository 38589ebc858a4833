import type { WaitingPrompt } from '../prompts/waiting/waiting-prompt.ts'

/** What the prompts that wait say. */
export const promptsTexts = {
  queue: 'Queue',
  /** What waits, where that is no prompt. */
  kind: (kind: Exclude<WaitingPrompt['kind'], 'prompt'>): string =>
    ({
      retry: 'Answer again',
      compaction: 'Compact the context',
      reset: 'Clear the context',
    })[kind],
  /** A file that has no name. */
  file: 'a file',
  status: ({ state, kept, error }: WaitingPrompt): string => {
    switch (state) {
      case 'unsent':
        return `Waits until it can be sent.${kept ? '' : ' Keep this page open.'}`
      case 'sending':
        return 'Sending…'
      case 'failed':
        return `Not sent: ${error?.message ?? ''}`
      case 'queued':
        return 'Waits for its turn.'
      case 'steering':
        return 'Offered to the answer that is being written.'
    }
  },
  edit: 'Edit this prompt',
  steer: 'Offer it to the answer that is being written',
  retry: 'Try again',
  remove: (kind: WaitingPrompt['kind']): string =>
    kind === 'prompt' ? 'Cancel this prompt' : 'Cancel this',
  editor: 'Queued prompt',
}
