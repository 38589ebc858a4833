import {
  Announcer,
  ConnectionBanner,
  SessionAnnouncements,
  SessionList,
  SessionListRows,
  SessionListScroller,
  SessionRow,
  VersionSwitch,
} from '@caughtup/react-ui'
import type { ChatClient, SessionSnapshot } from '@caughtup/web-client'
import {
  StreamingText,
  useActivity,
  useMessage,
  useRevealedText,
  useSession,
  useStreamingText,
} from '@caughtup/web-client/react'
import { createElement, type ReactElement } from 'react'

// A component of React 18 that uses the hooks.
export function useFirst(client: ChatClient): SessionSnapshot | undefined {
  const [row] = useActivity(client).rows
  const session = useSession(client.session(row?.sessionId ?? 'none'))
  return row && session
}

export function Last({ client }: { client: ChatClient }): ReactElement {
  const session = client.session('s')
  const messageId = useSession(session, ({ messages }) => messages.at(-1)?.id ?? '')
  const role = useRevealedText(useMessage(session, messageId)?.role ?? '', { done: true })
  const past = createElement('p', useStreamingText(session, messageId))
  const whole = createElement(StreamingText, { session, messageId, as: 'pre', className: 'whole' })
  return createElement('div', null, role, past, whole)
}

export function Chat({ client }: { client: ChatClient }): ReactElement {
  const session = client.session('s')
  const newest = useSession(session, ({ messages }) => messages.at(-1))
  const rows = createElement(SessionListRows, { renderRow: () => createElement(SessionRow) })
  return createElement(Announcer, {
    children: [
      createElement(SessionAnnouncements, { session }),
      createElement(ConnectionBanner, { view: session, className: 'banner' }),
      newest && createElement(VersionSwitch, { session, message: newest }),
      createElement(SessionList, { client }, createElement(SessionListScroller, null, rows)),
    ],
  })
}
