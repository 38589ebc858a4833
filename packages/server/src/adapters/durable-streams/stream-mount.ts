import { background } from '@caughtup/schema/clock'

import type { Mount, MountAnswer, MountCall, MountedChat } from '../../host/mount.ts'
import { endingEvents } from '../../mounts/ending-events.ts'
import { answerHead, answerRead } from './answer-read.ts'
import type { StreamLog } from './stream-log.ts'

export interface StreamMountOptions {
  path: string
  /** Opens the stream that the route's `:id` names, for the caller. */
  open: (call: MountCall, chat: MountedChat) => Promise<OpenLog>
  /** How long a long-poll waits, in ms. @default 20000 */
  longPoll?: number
  /** How long one answer goes on with server-sent events, in ms; the client comes back. @default 60000 */
  lifetime?: number
}

interface OpenLog extends Disposable {
  readonly log: StreamLog
  /** Ends what goes on; aborted when it is disposed of. */
  readonly signal: AbortSignal
}

/** Of every answer: a page of another site gets nothing of it, and it is nothing else than it says. */
const guarded = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

/** Streams that can be read by the protocol of Durable Streams, at `<path>/<stream>`. */
export function streamMount(options: StreamMountOptions): Mount {
  const { path, open, longPoll = 20_000, lifetime = 60_000 } = options
  return {
    path,
    exposedHeaders: ['stream-next-offset', 'stream-up-to-date', 'stream-cursor', 'etag'],
    routes: (chat) => [
      {
        method: 'GET',
        path: '/:id',
        async answer(call) {
          using held = new DisposableStack()
          const { log, signal } = held.use(await open(call, chat))
          const { url, headers } = call
          const { clock } = chat.store
          const asked = { query: url.searchParams, headers, clock, longPoll }
          const answered = await answerRead(log, { ...asked, signal })
          if (!answered.events) return withHeaders(answered)
          const kept = held.move()
          // At once, also while nothing comes or its client does not read.
          const end = () => kept.dispose()
          kept.defer(background(clock).after(lifetime, end))
          return withHeaders({
            ...answered,
            events: endingEvents(answered.events, { textOf: String, end }),
          })
        },
      },
      {
        method: 'HEAD',
        path: '/:id',
        async answer(call) {
          using opened = await open(call, chat)
          return withHeaders(await answerHead(opened.log, opened.signal))
        },
      },
    ],
    failure: (error) => withHeaders({ status: error.status, json: error.toJSON() }),
  }
}

function withHeaders(answer: MountAnswer): MountAnswer {
  return { ...answer, headers: { ...guarded, ...answer.headers } }
}
