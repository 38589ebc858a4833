import { useMemo, useSyncExternalStore } from 'react'

const form = /^#\/s\/([A-Za-z0-9_-]{1,64})(?:\/m\/([A-Za-z0-9_-]{1,64}))?$/

export interface SessionRoute {
  sessionId?: string
  /** A message of it to begin at. */
  messageId?: string
}

/** The session in the URL, which survives a reload and can be shared. */
export function useSessionRoute(): SessionRoute {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return useMemo(() => {
    const [, sessionId, messageId] = form.exec(hash) ?? []
    return { ...(sessionId && { sessionId }), ...(messageId && { messageId }) }
  }, [hash])
}

export function sessionHref(sessionId: string): string {
  return `#/s/${sessionId}`
}

export function messageHref(sessionId: string, messageId: string): string {
  return `${sessionHref(sessionId)}/m/${messageId}`
}

export function openSession(sessionId: string): void {
  location.hash = sessionHref(sessionId)
}

export function openHome(): void {
  location.hash = '#/'
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
