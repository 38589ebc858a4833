import { getEventMeta, ORPCError } from '@orpc/server'

/**
 * The frames of a procedure's stream as server-sent events: each with its cursor as `id`. An error of the
 * procedure is the last event.
 *
 * It is no generator, because `return` must not wait for the next frame.
 */
export function eventTexts(frames: AsyncIterator<unknown, unknown, void>): AsyncIterable<string> {
  let isOver = false
  const next = async (): Promise<IteratorResult<string, undefined>> => {
    if (isOver) return { done: true, value: undefined }
    try {
      const { done, value } = await frames.next()
      if (!done) return { value: eventText(value, getEventMeta(value)?.id) }
      isOver = true
      return { done, value: undefined }
    } catch (error) {
      if (!(error instanceof ORPCError)) throw error
      isOver = true
      return { value: `event: error\n${eventText(error.toJSON())}` }
    }
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        isOver = true
        await frames.return?.()
        return { done: true, value: undefined }
      },
    }),
  }
}

function eventText(data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
