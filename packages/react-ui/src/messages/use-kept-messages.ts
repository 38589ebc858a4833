import type { Message } from '@caughtup/schema'
import type { SessionSnapshot, SessionView } from '@caughtup/web-client'
import { useEffect, useState } from 'react'

/** Of the messages before a boundary, those that stay: more than anybody reads in the meantime. */
const mostKept = 500

const none: readonly Message[] = []

/**
 * The messages of a session, of which a compaction or a reset takes none from under the reader's eyes:
 * the view then holds the new epoch alone, so the ones before stay as they were until the view has
 * loaded them again.
 */
export function useKeptMessages(
  session: SessionView,
  { messages, epoch, connection, hasOlder, loadingOlder, olderError }: SessionSnapshot,
): readonly Message[] {
  const [last, setLast] = useState({ messages, epoch })
  const [kept, setKept] = useState(none)
  if (last.messages !== messages || last.epoch !== epoch) {
    setLast({ messages, epoch })
    // After a longer absence there may be more between the epochs than the reader has seen.
    const isLive = connection.status === 'live' && epoch === last.epoch + 1
    if (isLive) setKept([...kept, ...last.messages].slice(-mostKept))
  }

  const first = messages[0]?.order ?? Infinity
  const missing = kept.filter(({ order }) => order < first)
  if (missing.length === 0 && kept.length > 0) setKept(none)
  const loads = missing.length > 0 && hasOlder && !loadingOlder && !olderError
  useEffect(() => {
    if (loads) void session.loadOlder()
  }, [loads, session])
  return missing.length === 0 ? messages : [...missing, ...messages]
}
