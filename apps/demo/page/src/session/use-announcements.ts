import type { Message } from '@caughtup/schema'
import type { ConnectionStatus } from '@caughtup/web-client'
import { useEffect, useRef } from 'react'

import { messageText } from '../../../shared/message-text.ts'
import { useAnnounce } from '../ui/announcer.tsx'

/** The part of an answer that is read out, in characters; the transcript has the rest. */
const spokenLength = 400

const spokenStatus: Partial<Record<ConnectionStatus, string>> = {
  live: 'Connected again.',
  waiting: 'The connection was lost. Reconnecting.',
  offline: 'You are offline.',
  ended: 'The server ended the connection.',
  failed: 'The connection failed.',
}

/** Announces changes of the connection, and each complete answer, to screen readers. */
export function useAnnouncements(status: ConnectionStatus, messages: readonly Message[]): void {
  const announce = useAnnounce()

  const formerStatus = useRef<ConnectionStatus>(undefined)
  useEffect(() => {
    const settled = status !== 'connecting' && status !== 'replaying' && status !== 'idle'
    if (!settled) return
    const text = spokenStatus[status]
    if (text && formerStatus.current && formerStatus.current !== status) announce(text)
    formerStatus.current = status
  }, [announce, status])

  const openId = useRef<string>(undefined)
  const last = messages.at(-1)
  useEffect(() => {
    if (last?.role !== 'assistant') return
    if (last.status === 'open') {
      openId.current = last.id
    } else if (openId.current === last.id) {
      openId.current = undefined
      announce(`Answer complete. ${messageText(last).slice(0, spokenLength)}`)
    }
  }, [announce, last])
}
