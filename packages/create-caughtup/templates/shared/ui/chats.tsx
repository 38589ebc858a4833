import {
  ConnectionAction,
  ConnectionBanner,
  ConnectionText,
  SessionList,
  SessionListHits,
  SessionListNotice,
  SessionListRows,
  SessionListScroller,
  SessionListSearch,
  SessionRow,
  SessionRowLink,
  useSessionRow,
} from '@caughtup/react-ui'
import { activityView, asChatError, type ChatClient } from '@caughtup/web-client'
import { useCallback } from 'react'

import { hrefOf, open } from './use-route.ts'

interface ChatsProps {
  client: ChatClient
  selectedId: string | undefined
  onError: (error: { message: string }) => void
}

/** The list of the visitor's chats, live, with a search over titles and messages. */
export function Chats({ client, selectedId, onError }: ChatsProps) {
  const remove = useCallback(
    async (sessionId: string, title: string) => {
      if (!confirm(`Delete “${title}” with all its messages?`)) return
      try {
        await client.rpc.sessions.delete({ sessionId })
        if (sessionId === selectedId) open({})
      } catch (error) {
        onError(asChatError(error))
      }
    },
    [client, selectedId, onError],
  )
  const renderRow = useCallback(
    () => <Row onDelete={(sessionId, title) => void remove(sessionId, title)} />,
    [remove],
  )
  return (
    <>
      <header>
        <h2>Chats</h2>
        <a className="button" href={hrefOf({})}>
          New chat
        </a>
      </header>
      <SessionList className="chats" client={client} selectedId={selectedId} href={hrefOf}>
        <SessionListSearch className="field" />
        <SessionListScroller className="scroller">
          <SessionListRows renderRow={renderRow} />
          <SessionListNotice className="quiet" />
          <SessionListHits className="hits" />
        </SessionListScroller>
      </SessionList>
      <ConnectionBanner
        view={activityView(client)}
        className="banner"
        onSignIn={async () => location.reload()}
      >
        <ConnectionText />
        <ConnectionAction />
      </ConnectionBanner>
    </>
  )
}

function Row({ onDelete }: { onDelete: (sessionId: string, title: string) => void }) {
  const { row, title, tabIndex } = useSessionRow()
  const remove = () => onDelete(row.sessionId, title)
  return (
    <SessionRow className="row" onDelete={remove}>
      <SessionRowLink />
      <button aria-label={`Delete ${title}`} title="Delete" tabIndex={tabIndex} onClick={remove}>
        ✕
      </button>
    </SessionRow>
  )
}
