import { background, type Clock } from '@caughtup/schema/clock'
import type { OnError } from '@caughtup/store'

import { isShuttingDown } from '../errors/call-errors.ts'

/** What may be unread in the body before no more events are pulled, in bytes. */
const bodyBytes = 16 * 1024
/** Sent with the headers, so that both pass every buffer on the way, and while there are no events. */
const comment = ': \n\n'

export interface EventBodyOptions {
  clock: Clock
  /** Time between two comments, in ms. */
  heartbeat: number
  /** Gets what the events throw, unless the client is gone or the server shuts down. */
  onError: OnError
  signal: AbortSignal
}

/** Server-sent events as the body of a response. */
export function eventBody(
  events: AsyncIterable<string>,
  { clock, heartbeat, onError, signal }: EventBodyOptions,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let cancelBeat = () => {}
  let isOver = false
  const end = async () => {
    isOver = true
    cancelBeat()
    await iterator.return?.()
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = () => controller.enqueue(encoder.encode(comment))
        const beat = () => {
          cancelBeat = background(clock).after(heartbeat, () => {
            if ((controller.desiredSize ?? 0) > 0) send()
            beat()
          })
        }
        send()
        beat()
        // Some runtimes abort the request instead of cancelling the body, and some callers read on.
        signal.addEventListener('abort', () => {
          controller.error(signal.reason)
          end().catch((error: unknown) => onError(error, 'closing a stream of events'))
        })
      },
      async pull(controller) {
        try {
          const next = await iterator.next()
          if (isOver) return
          if (!next.done) return controller.enqueue(encoder.encode(next.value))
          cancelBeat()
          controller.close()
        } catch (error) {
          if (isOver) return
          cancelBeat()
          if (!signal.aborted && !isShuttingDown(error)) onError(error, 'a stream of events')
          controller.error(error)
        }
      },
      cancel: end,
    },
    { highWaterMark: bodyBytes, size: ({ byteLength }) => byteLength },
  )
}
