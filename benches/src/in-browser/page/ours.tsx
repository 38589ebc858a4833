// A chat on our client. `?way=` is how its rows are drawn.
import { createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { StreamingText, useMessage, useSession } from '@caughtup/web-client/react'
import { memo } from 'react'

import { announce, countNotification, countRow } from './bench-page.ts'
import { Row } from './rows.tsx'
import { show } from './show.tsx'

const parameters = new URLSearchParams(location.search)
const client = createChatClient({
  link: sse({ url: '/rpc' }),
  notifyEvery: Number(parameters.get('notifyEvery')),
})
const session = client.session(parameters.get('session') ?? '')

/** Rows whose texts are written past React. */
function StreamedRows() {
  const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
  return ids.map((id) => <StreamedRow key={id} session={session} id={id} />)
}

interface RowProps {
  session: SessionView
  id: string
}

const StreamedRow = memo(function StreamedRow({ id }: RowProps) {
  countRow()
  return <StreamingText as="div" className="row" session={session} messageId={id} />
})

/** Rows that React draws, each when its own message changes. */
function SelectedRows() {
  const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
  return ids.map((id) => <SelectedRow key={id} session={session} id={id} />)
}

const SelectedRow = memo(function SelectedRow({ id }: RowProps) {
  const message = useMessage(session, id)
  return message ? <Row message={message} /> : null
})

/** The whole snapshot in one component, with memoised rows: what a page is at first. */
function WholeList() {
  const { messages } = useSession(session)
  return messages.map((message) => <Row key={message.id} message={message} />)
}

const ways = new Map(
  Object.entries({ streamed: StreamedRows, selected: SelectedRows, whole: WholeList }),
)
const Rows = ways.get(parameters.get('way') ?? '') ?? WholeList

let asked = false
announce({
  ask() {
    asked = true
    session.subscribe(countNotification)
    void session.send('Go on.')
  },
  done() {
    const { messages, run } = session.getSnapshot()
    return asked && !run && messages.at(-1)?.role === 'assistant'
  },
})

/** The window of a fresh client, and then older pages until all of it is held. */
async function load() {
  const leave = session.subscribe(() => {})
  while (session.getSnapshot().connection.status !== 'live') await drawn()
  while (session.getSnapshot().hasOlder) await session.loadOlder()
  show(<Rows />)
  await drawn()
  leave()
  document.body.dataset['ready'] = 'true'
}

const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve))
void load()
