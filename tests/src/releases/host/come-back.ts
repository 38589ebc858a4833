import { restoreSession, type SessionSnapshot } from '@caughtup/web-client'

import type { Device } from '../recorded/releases.ts'
import type { Host } from './host.ts'
import { caughtUp } from './shown.ts'

/** A device comes back with what it had: its view begins with that, and is brought up to date. */
export async function comeBack(
  host: Host,
  { sessionId, session }: Device,
): Promise<SessionSnapshot> {
  const view = host.client('ann').session(sessionId)
  if (!restoreSession(view, session)) throw new Error(`${sessionId} cannot be restored.`)
  return caughtUp(view)
}
