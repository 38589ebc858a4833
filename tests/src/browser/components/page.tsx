// A page of plain components without any styles, which tests drive.
import {
  ApprovalAnswer,
  ApprovalCard,
  ApprovalOutput,
  ApprovalReason,
  ApproveButton,
  Announcer,
  ConnectionBanner,
  DenyButton,
  SessionAnnouncements,
  SessionList,
  SessionListRows,
  SessionListHits,
  SessionListNotice,
  SessionListScroller,
  SessionListSearch,
  SessionRow,
  SessionRowLink,
  type UiFailure,
  UiProvider,
  useApproval,
  useSessionRow,
  VersionSwitch,
} from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import {
  activityView,
  type ChatClient,
  createChatClient,
  type SessionView,
  sse,
} from '@caughtup/web-client'
import { indexedDbOutbox } from '@caughtup/web-client/indexed-db'
import { useSession } from '@caughtup/web-client/react'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

/** What a test finds in the page. */
interface ComponentsPage {
  client: ChatClient
  session: SessionView
  /** Of all sessions, in the order of the list. */
  titles: () => string[]
  failures: UiFailure[]
  /** What screen readers were told, in order. */
  said: string[]
}

declare global {
  interface Window {
    componentsPage: ComponentsPage
  }
}

const parameters = new URLSearchParams(location.search)
const given = (name: string) => parameters.get(name) ?? ''
const client = createChatClient({
  link: sse({ url: `${given('server')}/rpc?as=${given('user')}` }),
  outbox: indexedDbOutbox({ user: given('user') }),
  reconnect: { maxDelay: 300 },
})
const session = client.session(given('session'))
const failures: UiFailure[] = []
const said: string[] = []

function Page() {
  return (
    <Announcer>
      <UiProvider onError={(failure) => failures.push(failure)}>
        <aside aria-label="The list">
          <Sessions />
        </aside>
        <main>
          <h1>Chat</h1>
          <ConnectionBanner view={session} id="banner" onLeave={() => (location.hash = '#left')} />
          <SessionAnnouncements session={session} />
          <Messages />
        </main>
      </UiProvider>
    </Announcer>
  )
}

function Sessions() {
  return (
    <SessionList
      client={client}
      selectedId={session.sessionId}
      href={({ sessionId, messageId = '' }) => `#${sessionId}/${messageId}`}
    >
      <SessionListSearch />
      <SessionListScroller style={{ height: 300 }}>
        <SessionListRows renderRow={() => <Row />} />
        <SessionListNotice />
        <SessionListHits />
      </SessionListScroller>
    </SessionList>
  )
}

/** A row that is renamed in its place by F2, and deleted by Delete. */
function Row() {
  const { row, title } = useSessionRow()
  const { sessionId } = row
  const [renaming, setRenaming] = useState(false)
  return (
    <SessionRow
      onRename={() => setRenaming(true)}
      onDelete={() => void client.rpc.sessions.delete({ sessionId })}
    >
      {renaming ? (
        <input
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the link
          autoFocus
          aria-label="Title"
          defaultValue={title}
          onKeyDown={({ key, currentTarget }) => {
            if (key !== 'Enter') return
            setRenaming(false)
            void client.rpc.sessions.update({ sessionId, title: currentTarget.value })
          }}
        />
      ) : (
        <SessionRowLink />
      )}
    </SessionRow>
  )
}

function Messages() {
  const messages = useSession(session, (snapshot) => snapshot.messages)
  return messages.map((message) => (
    <article key={message.id} data-message-id={message.id}>
      <Parts message={message} />
      <VersionSwitch session={session} message={message} />
    </article>
  ))
}

function Parts({ message }: { message: Message }) {
  return message.parts.map((part, index) => {
    if (part.type === 'text') return <p key={index}>{part.text}</p>
    if (part.type !== 'dynamic-tool') return null
    return (
      <ApprovalCard key={index} session={session} part={part} data-call={part.toolCallId}>
        <ApproveButton />
        <DenyButton />
        <ApprovalReason />
        <ApprovalOutput>
          <Place />
        </ApprovalOutput>
        <ApprovalAnswer />
      </ApprovalCard>
    )
  })
}

/** Answers a call that the page makes. */
function Place() {
  const { respond } = useApproval()
  return (
    <button type="button" onClick={() => respond({ output: { place: 'here' } })}>
      Tell the place
    </button>
  )
}

document.documentElement.lang = 'en'
const root = document.createElement('div')
document.body.append(root)
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
const announcer = await new Promise<Element>((resolve) => {
  const look = () => {
    const element = document.querySelector('[data-announcer]')
    if (element) resolve(element)
    else requestAnimationFrame(look)
  }
  look()
})
// Each text is an element of its own.
new MutationObserver((records) => {
  for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
    said.push(node.textContent ?? '')
  }
}).observe(announcer, { childList: true })

window.componentsPage = {
  client,
  session,
  titles: () =>
    activityView(client)
      .getSnapshot()
      .rows.map(({ title }) => title),
  failures,
  said,
}
