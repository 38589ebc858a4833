/* oxlint-disable react/purity, react/immutability, react/globals -- some of these count how often they are drawn */
import type { SessionView } from '@caughtup/web-client'
import { StreamingText, useMessage, useRevealedText, useSession } from '@caughtup/web-client/react'
import {
  memo,
  Profiler,
  type ReactNode,
  startTransition,
  Suspense,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'

import { counts } from './counts.ts'

interface OfSession {
  session: SessionView
}

export const scenes = {
  rows: (session) => <Rows session={session} />,
  texts: (session) => <Texts session={session} />,
  'a revealed text': () => <RevealedText />,
  suspending: (session) => (
    <Suspense fallback={<p>Loading</p>}>
      <Suspending session={session} />
    </Suspense>
  ),
  transition: (session) => <Transition session={session} use={useSession} />,
  'transition beside an external store': (session) => (
    <Transition session={session} use={useExternalStore} />
  ),
} satisfies Record<string, (session: SessionView) => ReactNode>

function textOf(message: ReturnType<typeof useMessage>): string {
  return message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
}

/** A list that selects the ids, inline, and a row per message. */
function Rows({ session }: OfSession) {
  const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
  useEffect(() => {
    counts.list += 1
  })
  useEffect(() => {
    counts.selections += 1
  }, [ids])
  return ids.map((id) => (
    <Profiler key={id} id={id} onRender={countRow}>
      <Row session={session} id={id} />
    </Profiler>
  ))
}

function countRow(id: string) {
  counts.rows[id] = (counts.rows[id] ?? 0) + 1
}

const Row = memo(function Row({ session, id }: OfSession & { id: string }) {
  const message = useMessage(session, id)
  return (
    <p data-id={id} data-status={message?.status}>
      {textOf(message)}
    </p>
  )
})

/** The texts of all messages, past React. A message that was shown keeps its element. */
function Texts({ session }: OfSession) {
  const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
  const [shown, setShown] = useState(ids)
  const added = ids.filter((id) => !shown.includes(id))
  if (added.length > 0) setShown([...shown, ...added])
  return shown.map((id) => (
    <Profiler key={id} id={id} onRender={countRow}>
      <StreamingText as="p" data-id={id} session={session} messageId={id} />
    </Profiler>
  ))
}

/** A text that the test sets. */
function RevealedText() {
  const [{ text, done }, setText] = useState({ text: 'There. ', done: false })
  const shown = useRevealedText(text, { done })
  useEffect(() => {
    counts.setText = (next, isDone) => setText({ text: next, done: isDone })
  }, [])
  useEffect(() => {
    counts.shown.push(shown)
  }, [shown])
  return <p id="revealed">{shown}</p>
}

let ready: Promise<void> | undefined
let isReady = false

/** Follows a session, and cannot be drawn before it is let go on. */
function Suspending({ session }: OfSession) {
  const { connection } = useSession(session)
  const count = useSession(session, ({ messages }) => messages.length)
  ready ??= new Promise((resolve) => {
    counts.goOn = () => {
      isReady = true
      resolve()
    }
  })
  // oxlint-disable-next-line typescript/only-throw-error -- as a component suspends in React 18
  if (!isReady) throw ready
  return (
    <p>
      {connection.status} {count}
    </p>
  )
}

function useExternalStore(session: SessionView) {
  return useSyncExternalStore(session.subscribe, session.getSnapshot)
}

const slowComponents = 150
/** In ms: together they take several frames. */
const slowness = 6

/** Shows the whole snapshot, and mounts slow components in a transition when it is let go on. */
function Transition({
  session,
  use,
}: OfSession & { use: (session: SessionView) => { messages: readonly object[] } }) {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    counts.goOn = () => startTransition(() => setSlow(true))
  }, [])
  return (
    <>
      <Whole session={session} use={use} />
      {slow &&
        Array.from({ length: slowComponents }, (_, place) => <Slow key={place} place={place} />)}
      {slow && <p id="settled">settled</p>}
    </>
  )
}

function Whole({
  session,
  use,
}: OfSession & { use: (session: SessionView) => { messages: readonly object[] } }) {
  const { messages } = use(session)
  useEffect(() => {
    counts.meanwhile += 1
  })
  return <p id="whole">{JSON.stringify(messages.at(-1))}</p>
}

function Slow({ place }: { place: number }) {
  if (place === 0) counts.beginnings += 1
  const end = performance.now() + slowness
  while (performance.now() < end);
  return <i>{place}</i>
}
