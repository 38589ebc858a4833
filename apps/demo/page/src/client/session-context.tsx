import type { Prompt } from '@caughtup/web-client'
import { createContext, use, useMemo, type ReactNode } from 'react'

import type { DemoSession } from './demo-client.ts'

interface ShownSession {
  session: DemoSession
  /** The newest one: messages of older epochs cannot be changed. */
  epoch: number
  /** Whether a run is active. */
  busy: boolean
  /** Sends a prompt; the transcript shows it, and its failure. */
  send: (prompt: string | Prompt) => void
}

const SessionContext = createContext<ShownSession | undefined>(undefined)

export function SessionProvider({
  session,
  epoch,
  busy,
  send,
  children,
}: ShownSession & { children: ReactNode }) {
  const value = useMemo(() => ({ session, epoch, busy, send }), [session, epoch, busy, send])
  return <SessionContext value={value}>{children}</SessionContext>
}

export function useShownSession(): ShownSession {
  const value = use(SessionContext)
  if (value === undefined) throw new Error('No SessionProvider above this component')
  return value
}
