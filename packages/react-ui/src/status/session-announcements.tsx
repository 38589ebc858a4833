import type { Message } from '@caughtup/schema'
import type { SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'
import { useEffect, useRef } from 'react'

import { useAnnounce } from '../ui/announcer.tsx'
import { useTexts } from '../ui/ui-provider.tsx'
import { useConnectionTrouble } from './use-connection-trouble.ts'

/** The part of an answer that is read out, in characters; the message itself has the rest. */
const spokenLength = 400

/**
 * Tells screen readers, by the `Announcer` above: that the connection is lost and back, that prompts are
 * kept, that an answer waits for a person, and each answer that was completed meanwhile. Each once. It shows
 * nothing; what is urgent the `ConnectionBanner` says itself.
 */
export function SessionAnnouncements({ session }: { session: SessionView }): null {
  useConnectionAnnouncements(session)
  useAnswerAnnouncements(session)
  return null
}

function useConnectionAnnouncements(session: SessionView): void {
  const announce = useAnnounce()
  const { announcements, connection } = useTexts()
  const { kind, urgent, keptPrompts = 0 } = useConnectionTrouble(session) ?? {}
  const isLive = useSession(session, ({ connection: { status } }) => status === 'live')

  const told = useRef<typeof kind>(undefined)
  useEffect(() => {
    if (isLive) {
      if (told.current) announce?.(announcements.connectedAgain)
      told.current = undefined
    } else if (kind && kind !== 'catching-up' && kind !== told.current) {
      told.current = kind
      if (!urgent) announce?.(connection[kind])
    }
  }, [announce, announcements, connection, isLive, kind, urgent])

  const keptBefore = useRef(0)
  useEffect(() => {
    if (keptPrompts > keptBefore.current) announce?.(connection.promptsKept(keptPrompts))
    // An attempt under way hides the trouble for a moment, and with it the count.
    if (isLive || keptPrompts > 0) keptBefore.current = keptPrompts
  }, [announce, connection, keptPrompts, isLive])
}

function useAnswerAnnouncements(session: SessionView): void {
  const announce = useAnnounce()
  const { announcements } = useTexts()
  const [order, isOpen, isLive] = useSession(session, ({ messages, connection: { status } }) => {
    const last = messages.at(-1)
    return [last?.order ?? 0, last?.status === 'open', status === 'live'] as const
  })
  // What came before it is old.
  const newest = useRef<number>(undefined)
  useEffect(() => {
    if (!isLive) return
    const before = newest.current
    if (isOpen) newest.current ??= order - 1
    else newest.current = Math.max(order, before ?? 0)
    if (before === undefined || isOpen || order <= before) return
    const answer = session.getSnapshot().messages.findLast((message) => message.order === order)
    if (answer?.role !== 'assistant') return
    const isFailed = answer.metadata.finishReason === 'error'
    const text = textOf(answer).slice(0, spokenLength)
    announce?.(isFailed ? announcements.answerFailed : announcements.answerComplete(text))
  }, [announce, announcements, order, isOpen, isLive, session])

  const waits = useSession(session, ({ waiting }) => waiting.length > 0)
  const waited = useRef(waits)
  useEffect(() => {
    if (waits && !waited.current) announce?.(announcements.waitsForYou)
    waited.current = waits
  }, [announce, announcements, waits])
}

function textOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
