import type { FinishReason } from '../model/finish-reason.ts'
import type { Message } from '../model/message.ts'
import type { UiChunk, UiFinishReason } from './ui-chunk.ts'

const uiReasons: Record<FinishReason, UiFinishReason> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'content-filter',
  other: 'other',
  interrupted: 'interrupted',
  error: 'error',
  lost: 'interrupted',
}

/**
 * What ends the stream of a message that has ended, or whose run waits for an answer to a tool call;
 * `undefined` for one that goes on. A client takes a stream that ends without it for a complete one.
 */
export function endChunk(
  { status, metadata }: Pick<Message, 'status' | 'metadata'>,
  { waiting = false }: { waiting?: boolean } = {},
): UiChunk | undefined {
  if (status === 'open') return waiting ? { type: 'finish', finishReason: 'tool-calls' } : undefined
  const { finishReason, error } = metadata
  if (finishReason === 'error') {
    return { type: 'error', errorText: error?.message ?? 'The answer failed.' }
  }
  return { type: 'finish', ...(finishReason && { finishReason: uiReasons[finishReason] }) }
}
