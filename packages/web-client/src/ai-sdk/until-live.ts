import { ChatClientError, type ViewError } from '../core/errors.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionView } from '../session/session-view.ts'

/** Why a view follows its session no more, until it is told to; `undefined` while it does. */
export function failureOf({ connection }: SessionSnapshot): ChatClientError | undefined {
  const { status, error, endReason } = connection
  if (status === 'failed' && error) return new ChatClientError(error)
  if (status !== 'ended') return undefined
  const ended: ViewError = {
    code: endReason === 'forbidden' ? 'UNAUTHORIZED' : 'NOT_FOUND',
    message: `The server ended the stream: ${endReason ?? 'no reason given'}.`,
    data: {},
  }
  return new ChatClientError(ended)
}

/** A view that failed tries again, for instance with new credentials. */
export function revive(view: SessionView): void {
  if (failureOf(view.getSnapshot())) view.reconnect()
}

/**
 * Resolves with the first snapshot that is not behind the server; the caller subscribes the view.
 *
 * @throws {ChatClientError} what the view failed of; the signal's reason when it aborts
 */
export function untilLive(
  view: SessionView,
  signal: AbortSignal | undefined,
): Promise<SessionSnapshot> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const snapshot = view.getSnapshot()
      const failure = failureOf(snapshot)
      if (snapshot.stale && !failure && signal?.aborted !== true) return
      leave()
      signal?.removeEventListener('abort', look)
      if (signal?.aborted === true) reject(signal.reason)
      else if (failure && snapshot.stale) reject(failure)
      else resolve(snapshot)
    }
    const leave = view.subscribe(look)
    signal?.addEventListener('abort', look)
    look()
  })
}
