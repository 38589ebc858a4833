import { withEventMeta } from '@orpc/server'

import type { SentFrame } from '../streams/frames.ts'

/** Converts a stream to what oRPC sends. Only this function knows that oRPC keeps a frame's id as metadata. */
export function toEventIterator<Frame extends object>(
  stream: AsyncIteratorObject<SentFrame<Frame>, void, void>,
): AsyncIteratorObject<Frame, void, void> & AsyncDisposable {
  const close = async (): Promise<IteratorReturnResult<void>> => {
    await stream.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      const result = await stream.next()
      if (result.done) return result
      const { frame, id } = result.value
      return { done: false, value: id === undefined ? frame : withEventMeta(frame, { id }) }
    },
    return: close,
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await close()
    },
  }
}
