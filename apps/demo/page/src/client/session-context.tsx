import { createContext, use, useMemo, type ReactNode } from 'react'

import type { DemoSession } from './demo-client.ts'

interface ShownSession {
  session: DemoSession
  /** The newest one: messages of older epochs cannot be changed. */
  epoch: number
}

const SessionContext = createContext<ShownSession | undefined>(undefined)

export function SessionProvider({
  session,
  epoch,
  children,
}: ShownSession & { children: ReactNode }) {
  const value = useMemo(() => ({ session, epoch }), [session, epoch])
  return <SessionContext value={value}>{children}</SessionContext>
}

export function useShownSession(): ShownSession {
  const value = use(SessionContext)
  if (value === undefined) throw new Error('No SessionProvider above this component')
  return value
}
