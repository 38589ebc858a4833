import { ChatClientError } from '../core/errors.ts'
import type { SessionView } from '../session/session-view.ts'
import { emptySessionState } from '../session/session-state.ts'
import { type CachedSession, fromCache, isEmpty, toCache } from './cached-session.ts'

/**
 * The newest stretch of a session, up to 100 messages, as plain data that JSON can carry: what a server
 * renders a page with, and what the page begins with.
 */
export interface InitialSession extends CachedSession {}

/**
 * What a view shows once it is caught up, for `restoreSession` in the page. It opens the view's stream, if
 * nobody has, and leaves it. To be called where a page is rendered, with a client of the request's user.
 *
 * @throws {ChatClientError} if the view fails or ends instead; the signal's reason if that aborts first
 */
export async function captureSession(
  view: SessionView,
  { signal }: { signal?: AbortSignal } = {},
): Promise<InitialSession> {
  return await new Promise<InitialSession>((resolve, reject) => {
    const look = () => {
      const session = toCache(view.state)
      const { status, error, endReason } = view.getSnapshot().connection
      if (session) settle(() => resolve(session))
      else if (status === 'failed' && error) settle(() => reject(new ChatClientError(error)))
      else if (status === 'ended') {
        const message = `The session cannot be shown: ${endReason}.`
        settle(() => reject(new ChatClientError({ code: 'NOT_FOUND', message, data: {} })))
      }
    }
    const abort = () => settle(() => reject(signal?.reason))
    const unsubscribe = view.subscribe(look)
    const settle = (end: () => void) => {
      unsubscribe()
      signal?.removeEventListener('abort', abort)
      end()
    }
    if (signal?.aborted) abort()
    else {
      signal?.addEventListener('abort', abort, { once: true })
      look()
    }
  })
}

/**
 * Lets a view begin with what `captureSession` took: it shows that, `stale`, from its first snapshot on, and
 * asks the server for what came since. To be called before the first render; the same as on the server
 * is drawn then.
 *
 * Returns false, and changes nothing, if the view shows something already, or if the value is of another
 * version of the protocol or damaged: then all comes by the network.
 */
export function restoreSession(view: SessionView, value: unknown): boolean {
  const session = fromCache(value)
  if (!session || !isEmpty(view)) return false
  view.restore({ ...emptySessionState, view: session.view, cursor: session.cursor })
  return true
}
