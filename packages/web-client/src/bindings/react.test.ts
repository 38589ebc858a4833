import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'

import { rest, setUp } from '../../tests/support/harness.ts'
import { useActivity, useSession } from './react.ts'

test('rendered on a server, the hooks return the present snapshots and open no stream', async () => {
  const { client, server } = setUp({})
  const session = client.session('s')
  function Chat() {
    const { connection, messages } = useSession(session)
    const { rows } = useActivity(client)
    return `${connection.status} ${messages.length} ${rows.length}`
  }
  expect(renderToString(createElement(Chat))).toBe('idle 0 0')
  await rest()
  expect(server.requests).toEqual([])
})
