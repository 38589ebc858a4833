import type { Message } from '@caughtup/schema'
import { encodeCursor } from '@caughtup/schema/cursor'
import { emptyView } from '@caughtup/schema/fold'
import { protocolVersion } from '@caughtup/schema/protocol'
import { createChatClient, restoreSession, type SessionView, sse } from '@caughtup/web-client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { UiProvider } from '../ui/ui-provider.tsx'
import { MessageList } from './message-list.tsx'
import { MessageListAround } from './message-list-around.tsx'
import { JumpToLatest } from './parts/jump-to-latest.tsx'
import { useMessageList } from './parts/message-list-context.ts'
import { MessageRows } from './parts/message-rows.tsx'
import { MessageViewport } from './parts/message-viewport.tsx'

/** A view that begins with messages, as `captureSession` takes them. */
function sessionWith(messages: readonly Message[]): SessionView {
  const client = createChatClient({ link: sse({ url: 'http://localhost/rpc' }) })
  const session = client.session('s')
  if (messages.length === 0) return session
  const seq = messages.length
  const cursor = encodeCursor({ journal: 'journal', seq, tag: 'tag' })
  const view = { ...emptyView, seq, messages, hasOlder: true }
  expect(restoreSession(session, { protocol: protocolVersion, cursor, view })).toBe(true)
  return session
}

const messages = Array.from({ length: 60 }, (_, n): Message => ({
  id: `m${n}`,
  role: n % 2 === 0 ? 'user' : 'assistant',
  parts: [{ type: 'text', text: `Message ${n}.`, state: 'done' }],
  order: n + 1,
  revision: n + 1,
  epoch: 0,
  status: n === 59 ? 'open' : 'done',
  metadata: { createdAt: 0 },
}))
const renderMessage = ({ id }: Message) => <i>{id}</i>

test('a server renders the newest messages, and room for those above', () => {
  const html = renderToStaticMarkup(
    <MessageList
      session={sessionWith(messages)}
      className="mine"
      renderMessage={renderMessage}
      estimateHeight={() => 100}
    />,
  )
  expect(html).toMatch(/^<div data-status="filled" data-following="true"[^>]* class="mine">/)
  expect(html).toMatch(/<section aria-label="Transcript"[^>]* tabindex="0"/)
  expect(html).toContain('<button type="button">Load older messages</button>')
  expect(html).toContain('<div aria-hidden="true" style="height:4000px"></div><div role="feed"')
  expect(html).not.toContain('<i>m39</i>')
  expect(html).toContain(
    '<article aria-label="You"' +
      ' aria-posinset="41" aria-setsize="-1" aria-busy="false" data-role="user"><i>m40</i></article>',
  )
  expect(html).toMatch(/aria-label="Assistant"[^>]* aria-busy="true"[^>]*><i>m59<\/i>/)
  expect(html).not.toContain('Jump to latest')
})

test('says that the messages load while none have come, around one too', () => {
  const session = sessionWith([])
  const list = <MessageList session={session} renderMessage={renderMessage} />
  const around = (
    <MessageListAround
      session={session}
      messageId="m7"
      onLeave={() => {}}
      renderMessage={renderMessage}
    />
  )
  for (const html of [renderToStaticMarkup(list), renderToStaticMarkup(around)]) {
    expect(html).toContain('data-status="loading"')
    expect(html).toContain('<div role="status">')
    expect(html).toMatch(/<section [^>]*aria-busy="true"/)
    expect(html).not.toContain('role="feed"')
    expect(html).not.toContain('beginning')
  }
})

test('has the parts that it is given, in words of the page', () => {
  function Count() {
    const { messages: all, epoch } = useMessageList()
    return <b>{`${all.length} in ${epoch}`}</b>
  }
  const html = renderToStaticMarkup(
    <UiProvider texts={{ messages: { transcript: 'Verlauf', speaker: () => 'Jemand' } }}>
      <MessageList session={sessionWith(messages.slice(0, 1))} renderMessage={renderMessage}>
        <MessageViewport className="scrolls">
          <MessageRows className="rows" rowClassName="row" />
        </MessageViewport>
        <Count />
      </MessageList>
    </UiProvider>,
  )
  expect(html).toMatch(/<section aria-label="Verlauf"[^>]* class="scrolls">/)
  expect(html).toMatch(/<div role="feed"[^>]* class="rows"><div data-key="m0" class="row"/)
  expect(html).toContain('<article aria-label="Jemand"')
  expect(html).toContain('<b>1 in 0</b>')
  expect(html).not.toContain('Load older')
})

test('a part outside of a list says so', () => {
  expect(() => renderToStaticMarkup(<JumpToLatest />)).toThrow('outside of a <MessageList>')
})
