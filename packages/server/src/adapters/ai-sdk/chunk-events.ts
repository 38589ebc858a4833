import type { ChatFrame } from '@caughtup/schema'
import type { UiChunk } from '@caughtup/schema/chunks'

import type { RunView } from './run-view.ts'

/** A session's frames, from those on that come after its state at the moment. */
export interface LiveFrames {
  frames: AsyncIterator<ChatFrame, unknown, void>
  /** Ends the frames at once. */
  close: () => void
}

/**
 * The chunks of a run as server-sent events, until the client has its whole answer. It throws if the frames end
 * before.
 *
 * It is no generator, because `return` must not wait for the next frame.
 */
export function chunkEvents(
  view: RunView,
  { frames, close }: LiveFrames,
  first: readonly UiChunk[],
): AsyncIterable<string> {
  let text: string | undefined = textOf(first)
  let isDone = false
  const next = async (): Promise<IteratorResult<string, undefined>> => {
    if (isDone) return { done: true, value: undefined }
    let value = text ?? ''
    text = undefined
    while (value === '' && !view.isOver) {
      const frame = await frames.next()
      if (frame.done) throw new Error('The frames of a session ended before the answer of a run.')
      value = textOf(view.take(frame.value))
    }
    isDone = view.isOver
    if (isDone) close()
    return { done: false, value: isDone ? `${value}data: [DONE]\n\n` : value }
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        isDone = true
        close()
        return { done: true, value: undefined }
      },
    }),
  }
}

function textOf(chunks: readonly UiChunk[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
}
