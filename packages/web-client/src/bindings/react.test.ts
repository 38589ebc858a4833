import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'

import { rest, setUp } from '../../tests/support/harness.ts'
import { aroundView } from '../around/around-view.ts'
import { useActivity, useSession, useView } from './react.ts'

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
