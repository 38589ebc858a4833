import type { Connection } from '@caughtup/web-client'
import { useView } from '@caughtup/web-client/react'

import type { Texts } from '../texts/texts.ts'
import { useNow } from '../ui/use-now.ts'
import { useTexts } from '../ui/ui-provider.tsx'
import type { ConnectedView } from './connection-trouble.ts'

/** Often enough for a countdown of seconds. */
const stepMs = 250

/** The state of a view's connection in a few words, with the seconds until the next attempt. */
export function useConnectionText(view: ConnectedView): string {
  const connection = useView(view, (snapshot) => snapshot.connection)
  const now = useNow(connection.retryAt === undefined ? undefined : stepMs)
  return connectionText(connection, now, useTexts().connection.status)
}

export function connectionText(
  { status, attempts, retryAt, endReason }: Connection,
  now: number,
  texts: Texts['connection']['status'],
): string {
  switch (status) {
    case 'connecting':
      return attempts > 1 ? texts.reconnecting : texts.connecting
    case 'waiting': {
      if (retryAt === undefined) return texts.crowded
      const seconds = Math.ceil((retryAt - now) / 1_000)
      return seconds > 0 ? texts.waiting(seconds) : texts.reconnecting
    }
    case 'ended':
      if (endReason === 'session-deleted') return texts.deleted
      return endReason === 'forbidden' || endReason === 'replaced' ? texts[endReason] : texts.ended
    case 'idle':
    case 'displaced':
    case 'replaying':
    case 'live':
    case 'offline':
    case 'failed':
      return texts[status]
  }
}
