import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'

import { rest, setUp } from '../../tests/support/harness.ts'
import { serving, shows, status } from '../../tests/support/play.ts'
import { answered } from '../../tests/support/recording.ts'
import { aroundView } from '../around/around-view.ts'
import {
  StreamingText,
  useActivity,
  useMessage,
  useRevealedText,
  useSession,
  useView,
} from './react.ts'

test('rendered on a server, the hooks return the present snapshots and open no stream', async () => {
  const { client, server } = setUp({})
  const session = client.session('s')
  const around = aroundView(session, 'm')
  function Chat() {
    const { connection, messages } = useSession(session)
    const { rows } = useActivity(client)
    const { loading } = useView(around)
    return `${connection.status} ${messages.length} ${rows.length} ${loading}`
  }
  expect(renderToString(createElement(Chat))).toBe('idle 0 0 false')
  await rest()
  expect(server.requests).toEqual([])
})

test('rendered on a server, messages and texts are those of the present snapshot, whole', async () => {
  const { client, clock, server } = setUp({ onChat: serving(...answered().full()) })
  const session = client.session('s')
  const leave = session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  leave()
  function Chat() {
    const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
    const role = useMessage(session, 'answer')?.role
    const revealed = useRevealedText('All of it')
    const text = createElement(StreamingText, {
      session,
      messageId: 'answer',
      as: 'p',
      className: 'a',
    })
    return createElement('div', null, `${ids.join()} ${role} ${revealed}`, text)
  }
  const html = renderToString(createElement(Chat))
  expect(html).toBe('<div>question,answer assistant All of it<p class="a">Hello</p></div>')
  await rest()
  expect(server.requests).toHaveLength(1)
})
