import type { EndReason } from '@caughtup/schema'

import type { Access } from '../access/access.ts'
import { sessionNotFound, shuttingDown } from '../errors/call-errors.ts'
import type { MountStream } from '../host/mount.ts'
import type { ChatContext } from '../host/principal.ts'
import type { StreamRegistry } from '../streams/stream-registry.ts'

interface Asked {
  sessionId: string
  context: ChatContext
  /** The request's. */
  signal: AbortSignal
}

/** See `MountCall.stream`. */
export async function openMountStream(
  { access, streams }: { access: Access; streams: StreamRegistry },
  { sessionId, context, signal }: Asked,
): Promise<MountStream> {
  signal.throwIfAborted()
  const principal = await access.caller(context.request)
  const ending = new AbortController()
  const end = (reason: EndReason) =>
    ending.abort(reason === 'shutting-down' ? shuttingDown() : sessionNotFound(sessionId))
  const right = () => access.ofChat(principal, sessionId)
  // It counts before its caller is authorized, so that a removal meanwhile ends it.
  const leave = streams.register(principal.id, { id: sessionId, right }, end)
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  const stream = {
    signal: AbortSignal.any([signal, ending.signal]),
    [Symbol.dispose]() {
      signal.removeEventListener('abort', leave)
      leave()
      ending.abort()
    },
  }
  try {
    return { ...stream, session: await access.authorizeSession(principal, 'onChat', sessionId) }
  } catch (error) {
    stream[Symbol.dispose]()
    throw error
  }
}
