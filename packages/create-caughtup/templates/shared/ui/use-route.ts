import { useMemo, useSyncExternalStore } from 'react'

/** What the page shows, by the hash of its URL: so it survives a reload, and can be bookmarked. */
export interface Route {
  sessionId?: string
  /** A message that a search found, to begin at. */
  messageId?: string
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    subscribe,
    () => location.hash,
    () => '', // on a server that renders the page
  )
  return useMemo(() => {
    const [sessionId, messageId] = hash.slice(1).split('/')
    return { ...(sessionId && { sessionId }), ...(messageId && { messageId }) }
  }, [hash])
}

export function hrefOf({ sessionId, messageId }: Route): string {
  return `#${[sessionId, messageId].filter(Boolean).join('/')}`
}

export function open(route: Route): void {
  location.hash = hrefOf(route)
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
