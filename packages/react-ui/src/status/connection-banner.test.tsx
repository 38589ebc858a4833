import { type Connection, createChatClient, sse } from '@caughtup/web-client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'

import { Announcer } from '../ui/announcer.tsx'
import { UiProvider } from '../ui/ui-provider.tsx'
import { ConnectionAction, ConnectionBanner, ConnectionText } from './connection-banner.tsx'

const session = createChatClient({ link: sse({ url: 'http://chat.test' }) }).session('s')
const viewOf = (connection: Partial<Connection>) => ({
  subscribe: () => () => {},
  getSnapshot: () => ({
    ...session.getSnapshot(),
    connection: { status: 'live', attempts: 0, ...connection } as const,
  }),
  reconnect: () => {},
})

test('a banner is there only while something is the matter', () => {
  expect(renderToStaticMarkup(<ConnectionBanner view={session} />)).toBe('')
  const html = renderToStaticMarkup(
    <ConnectionBanner
      view={viewOf({ status: 'waiting', attempts: 1, retryAt: 1 })}
      className="mine"
    />,
  )
  expect(html).toBe(
    '<div role="status" data-kind="unreachable" class="mine"><span>The server cannot be reached.</span>' +
      '<button type="button" data-action="reconnect">Try now</button></div>',
  )
})

test('what needs a person is an alert, and offers only what the host can do', () => {
  const view = viewOf({ status: 'failed', remedy: 'leave' })
  const html = renderToStaticMarkup(<ConnectionBanner view={view} />)
  expect(html).toContain('role="alert" data-kind="missing" data-urgent="true"')
  expect(html).not.toContain('<button')
  const words = { connection: { leave: 'Start a new chat' } }
  const leaving = renderToStaticMarkup(
    <UiProvider texts={words}>
      <ConnectionBanner view={view} onLeave={() => {}}>
        <ConnectionAction className="mine" />
        <ConnectionText className="text" />
      </ConnectionBanner>
    </UiProvider>,
  )
  expect(leaving).toContain(
    '<button type="button" data-action="leave" class="mine">Start a new chat</button><span class="text">',
  )
})

test('below an announcer a banner leaves it to that, except an alert', () => {
  const html = (connection: Partial<Connection>) =>
    renderToStaticMarkup(
      <Announcer>
        <ConnectionBanner view={viewOf(connection)} />
      </Announcer>,
    )
  expect(html({ status: 'offline' })).toContain('role="status" aria-live="off"')
  expect(html({ status: 'failed' })).toContain('role="alert" data-kind="failed"')
})
