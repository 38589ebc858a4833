import { useSyncExternalStore } from 'react'

const form = /^#\/s\/([A-Za-z0-9_-]{1,64})$/

/** The session in the URL, which survives a reload and can be shared. */
export function useSessionRoute(): string | undefined {
  return useSyncExternalStore(subscribe, sessionOfUrl)
}

export function sessionHref(sessionId: string): string {
  return `#/s/${sessionId}`
}

export function openSession(sessionId: string): void {
  location.hash = sessionHref(sessionId)
}

export function openHome(): void {
  location.hash = '#/'
}

function sessionOfUrl(): string | undefined {
  return form.exec(location.hash)?.[1]
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
