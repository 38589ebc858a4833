import { isRecord } from './bad-value.ts'
import type { TranscriptFormat } from './transcript.ts'

/** The format of a message, or of a conversation's first one; `undefined` where it is neither. */
export function detectFormat(value: unknown): TranscriptFormat | undefined {
  if (!isRecord(value)) return undefined
  if (Array.isArray(value['messages'])) return detectFormat(value['messages'][0])
  if ('parts' in value) return 'ui'
  return 'content' in value || 'tool_calls' in value ? 'openai' : undefined
}
