import { expect, test } from 'vitest'

import { rest } from '../tests/support/harness.ts'
import { createChatClient } from './create-chat-client.ts'
import { auto } from './links/auto.ts'
import { sse } from './links/sse.ts'
import { webSocket } from './links/web-socket.ts'

test.each([
  ['sse', sse({ url: '/rpc' })],
  ['webSocket', webSocket({ url: '/rpc' })],
  ['auto', auto({ url: '/rpc' })],
])(
  'created outside a page, a client with %s of a relative address fails only when it is used',
  async (_, link) => {
    const client = createChatClient({ link })
    const session = client.session('s')
    expect(session.getSnapshot().connection.status).toBe('idle')
    await expect(client.rpc.sessions.list()).rejects.toMatchObject({ code: 'BAD_INPUT' })
    const refusal = { code: 'BAD_INPUT', data: { field: 'url', value: '/rpc' } }
    await expect(session.send('Hi')).rejects.toMatchObject(refusal)
    session.subscribe(() => {})
    await expect.poll(() => session.getSnapshot().connection.status).toBe('failed')
    expect(session.getSnapshot().connection.error).toMatchObject(refusal)
    client.close()
    await rest()
  },
)

test.each([
  ['nothing', undefined],
  ['no link', { url: '/rpc' }],
  ['an address as the link', { link: '/rpc' }],
])(
  'given %s, which JavaScript allows, createChatClient tells that it needs a link',
  (_, options) => {
    const missing = { code: 'BAD_INPUT', data: { field: 'link' } }
    expect(() => createChatClient(options as never)).toThrow(expect.objectContaining(missing))
    expect(() => createChatClient(options as never)).toThrow('createChatClient needs a link')
  },
)
