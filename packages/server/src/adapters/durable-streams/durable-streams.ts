import type { Mount } from '../../host/mount.ts'
import { journalLog } from './journal-log.ts'
import { streamMount } from './stream-mount.ts'

export interface DurableStreamsOptions {
  /** Where the streams are: a session's is `<path>/<session>`. */
  path: string
}

/**
 * The journals of sessions as streams of the protocol Durable Streams (`@durable-streams/client` and the
 * like), to be read only: an entry is an event of the journal. Who may follow a session may read its
 * stream; for others there is none. For `mounts` of `createChatServer`.
 */
export function durableStreams({ path }: DurableStreamsOptions): Mount {
  return streamMount({
    path,
    async open(call, { store }) {
      const opened = await call.stream(call.params['id'] ?? '')
      return {
        log: journalLog(store, opened.session.id),
        signal: opened.signal,
        [Symbol.dispose]: () => opened[Symbol.dispose](),
      }
    },
  })
}
