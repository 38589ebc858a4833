import type { ActivityRow } from '@caughtup/schema'
import { activityView, createChatClient, sse } from '@caughtup/web-client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { SessionList } from './session-list.tsx'
import { SessionListNotice } from './session-list-notice.tsx'
import { SessionListRows } from './session-list-rows.tsx'
import { SessionListScroller } from './session-list-scroller.tsx'
import { useSessionRow } from './session-row-context.ts'

const rowOf = (index: number, more: Partial<ActivityRow> = {}): ActivityRow => ({
  sessionId: `s${index}`,
  title: `Chat ${index}`,
  revision: index,
  recency: 1_000 - index,
  streaming: false,
  generation: 0,
  epoch: 0,
  messageCount: 0,
  headSeq: 0,
  unread: 0,
  ...more,
})

/** A client whose server answered the list with these rows. */
async function clientOf(rows: readonly ActivityRow[]) {
  const frames = [
    { type: 'activities', rows, complete: true },
    { type: 'caught-up', cursor: 'c' },
  ]
  const text = frames.map((json) => `event: message\ndata: ${JSON.stringify({ json })}\n\n`)
  const client = createChatClient({
    link: sse({
      url: 'http://chat.test/rpc',
      fetch: async () =>
        new Response(text.join(''), { headers: { 'content-type': 'text/event-stream' } }),
    }),
  })
  const view = activityView(client)
  await new Promise<void>((resolve) => {
    const leave = view.subscribe(() => {
      if (view.getSnapshot().rows.length < rows.length) return
      leave()
      resolve()
    })
  })
  return client
}

const html = (element: React.ReactElement) => renderToStaticMarkup(element)

test('a server draws the rows of the moment: links, and the first of a long list', async () => {
  const rows = Array.from({ length: 400 }, (_, index) => rowOf(index))
  const client = await clientOf(rows)
  const drawn = html(
    <SessionList
      client={client}
      href={({ sessionId }) => `/chats/${sessionId}`}
      className="mine"
    />,
  )
  expect(drawn).toMatch(/^<div class="mine"><input type="search"/)
  expect(drawn).toContain('<nav aria-label="Chats"')
  expect(drawn).toContain('aria-posinset="1" aria-setsize="400" data-session-id="s0"')
  expect(drawn).toContain('<a href="/chats/s0" data-session-link="" tabindex="0">')
  expect(drawn.match(/<li/g)!.length).toBeLessThan(40)
  expect(drawn.match(/tabindex="0"/g)).toHaveLength(1)
})

test('a row tells what is most important: an answer that streams, what is unread, what failed', async () => {
  const lastError = { code: 'AGENT', message: 'No more tokens.', at: 1 }
  const client = await clientOf([
    rowOf(1, { streaming: true, unread: 3 }),
    rowOf(2, { unread: 3, lastError }),
    rowOf(3, { lastError }),
    rowOf(4, { unread: 2, title: ' ' }),
  ])
  const drawn = html(<SessionList client={client} selectedId="s4" />)
  const texts = drawn.match(/<button type="button".*?<\/button>/g)!
  expect(texts.map((text) => text.replace(/<.*?>/g, ''))).toEqual([
    'Chat 1 answering now',
    'Chat 2 3 unread',
    'Chat 3 last answer failed',
    // Unread answers of a session that is being read are none.
    'New chat ',
  ])
  expect(drawn).toContain('aria-current="page"')
  expect(drawn).toContain('title="No more tokens."')
})

test('the host draws rows as it likes, with what the list knows of them', async () => {
  const client = await clientOf([rowOf(1, { unread: 1 }), rowOf(2)])
  const Row = () => {
    const { title, unread, tabIndex } = useSessionRow()
    return <li tabIndex={tabIndex}>{`${title}: ${unread}`}</li>
  }
  const drawn = html(
    <SessionList client={client}>
      <SessionListScroller>
        <SessionListRows renderRow={() => <Row />} />
      </SessionListScroller>
    </SessionList>,
  )
  expect(drawn).toContain('<li tabindex="0">Chat 1: 1</li><li tabindex="-1">Chat 2: 0</li>')
})

test('an empty list says whether it loads or has no rows', async () => {
  const loading = createChatClient({ link: sse({ url: 'http://chat.test/rpc' }) })
  const notice = (client: typeof loading) =>
    html(
      <SessionList client={client}>
        <SessionListNotice className="mine" />
      </SessionList>,
    )
  expect(notice(loading)).toBe('<div><p data-kind="loading" class="mine">Loading…</p></div>')
  expect(notice(await clientOf([rowOf(1)]))).toBe('<div></div>')
})
