/**
 * The texts of events; `end` is called when there are no more, or nobody reads them any more.
 *
 * It is no generator, because `return` must not wait for the next event.
 */
export function endingEvents<T>(
  events: AsyncIterable<T>,
  { textOf, end }: { textOf: (event: T) => string; end: () => void },
): AsyncIterable<string> {
  const iterator = events[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<string, undefined>> {
        try {
          const next = await iterator.next()
          if (!next.done) return { value: textOf(next.value) }
          end()
          return { done: true, value: undefined }
        } catch (error) {
          end()
          throw error
        }
      },
      async return() {
        end()
        return { done: true, value: undefined }
      },
    }),
  }
}
