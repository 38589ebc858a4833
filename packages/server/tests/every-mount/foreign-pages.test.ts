import { memory } from '@caughtup/store/memory'
import { describe, expect, test } from 'vitest'

import { openTestServer } from '../support/open-test-server.ts'
import { openSharedSession, stateOf } from '../support/tables/shared-session.ts'
import { transports } from '../support/requests/transports.ts'
import { everyMount, places, routes } from './routes.ts'

const host = 'chat.example:4000'
const friend = 'https://friend.example'

/** What a browser says of a page that is not the server's own, and why that is refused. */
const pages: Record<string, [headers: Record<string, string>, reason: string]> = {
  'of another site': [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'origin-not-allowed',
  ],
  'of another site, in a browser that says only the origin': [
    { origin: 'https://evil.example' },
    'origin-not-allowed',
  ],
  'of another site, by a link or an image': [
    { 'sec-fetch-site': 'cross-site' },
    'origin-not-allowed',
  ],
  'in a sandbox, or of a file': [
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    'origin-not-allowed',
  ],
  'of no origin, in a browser that says only that': [{ origin: 'null' }, 'origin-not-allowed'],
  'of an origin that is empty': [{ origin: '' }, 'origin-not-allowed'],
  'of another port': [
    { origin: 'http://chat.example:5173', 'sec-fetch-site': 'same-site' },
    'origin-not-allowed',
  ],
  'of a sub-domain': [
    { origin: 'http://user.chat.example:4000', 'sec-fetch-site': 'same-site' },
    'origin-not-allowed',
  ],
  'of a host whose name begins alike': [
    { origin: 'http://chat.example:4000.evil.example' },
    'origin-not-allowed',
  ],
  'of a host whose name ends alike': [
    { origin: 'https://evil-friend.example' },
    'origin-not-allowed',
  ],
  'of an allowed origin’s other port': [{ origin: `${friend}:8443` }, 'origin-not-allowed'],
  'of a host that was made to lead here': [
    { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
    'host-not-allowed',
  ],
  'of such a host, on this port': [
    { host: 'evil.example:4000', origin: 'http://evil.example:4000' },
    'host-not-allowed',
  ],
  'that names a host after the server’s': [
    { host: 'chat.example.evil.example' },
    'host-not-allowed',
  ],
}

/** What a page may send without being asked, and what it may send after a preflight. */
const bodies: [type: string, body: string][] = [
  ['text/plain', '{}'],
  ['text/plain;charset=UTF-8; x=application/json', '{}'],
  ['application/x-www-form-urlencoded', 'id=a'],
  ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data\r\n\r\na\r\n--x--'],
  ['application/json', '{}'],
]

describe.each(Object.entries(transports))('through %s', (_, transport) => {
  async function open() {
    let identified = 0
    const server = await openTestServer({
      storage: memory(),
      mounts: everyMount(),
      hosts: [host],
      origins: [friend],
      principal: () => {
        identified++
        return { id: 'owner' }
      },
    })
    const ask = await transport(server.chat)
    const sessionId = await openSharedSession(server.store)
    return { ...server, ask, sessionId, identified: () => identified }
  }

  test.each(Object.entries(pages))(
    'a page %s reaches no route of a mount, whatever it sends',
    async (__, [headers, reason]) => {
      const { ask, store, sessionId, identified, errors } = await open()
      const before = await stateOf(store, sessionId)
      for (const { path, methods } of places) {
        for (const method of methods) {
          for (const [type, body] of method === 'POST' ? bodies : [['', ''] as const]) {
            const answer = await ask({
              method,
              path: path.replace(':id', sessionId),
              headers: { host, ...(type && { 'content-type': type }), ...headers },
              ...(body && { body }),
            })
            expect([path, method, type, answer.status]).toEqual([path, method, type, 401])
            expect(answer.headers.get('access-control-allow-origin')).toBeNull()
            if (method === 'HEAD') continue
            // Clients of the AI SDK show the text of an error: it is nothing else.
            const isText = path.startsWith('/api/chat')
            const words = reason === 'host-not-allowed' ? 'is not allowed' : 'may not call'
            expect(await answer.text()).toContain(isText ? words : `"reason":"${reason}"`)
          }
        }
      }
      expect(identified()).toBe(0)
      expect(await stateOf(store, sessionId)).toEqual(before)
      expect((await store.sessions.list('owner')).sessions).toHaveLength(1)
      expect(errors).toEqual([])
    },
  )

  test('a form or a text of no page is refused by every route with a body, before the caller is identified', async () => {
    const { ask, sessionId, identified } = await open()
    const posts = Object.entries(routes).filter(([, { method }]) => method === 'POST')
    for (const [name, route] of posts) {
      for (const [type] of bodies.filter(([known]) => known !== 'application/json')) {
        const body = 'body' in route ? JSON.stringify(route.body(sessionId)) : ''
        const answer = await ask({
          method: 'POST',
          path: route.path,
          headers: { host, 'content-type': type },
          body,
        })
        expect([name, type, answer.status]).toEqual([name, type, 400])
        expect(await answer.text()).toContain('must be JSON (application/json)')
      }
    }
    expect(identified()).toBe(0)
  })

  test('only the page of an allowed origin is told by a preflight that it may call, and what each path takes', async () => {
    const { ask, sessionId, identified } = await open()
    for (const { path, methods } of places) {
      const preflight = async (origin: string) => {
        const answer = await ask({
          method: 'OPTIONS',
          path: path.replace(':id', sessionId),
          headers: {
            host,
            origin,
            'access-control-request-method': methods[0] ?? '',
            'access-control-request-headers': 'content-type',
          },
        })
        const { headers, status } = answer
        const allowed = headers.get('access-control-allow-origin')
        const credentials = headers.get('access-control-allow-credentials')
        return [path, status, allowed, credentials, headers.get('access-control-allow-methods')]
      }
      const named = [...methods, 'OPTIONS'].join(', ')
      expect(await preflight(friend)).toEqual([path, 204, friend, 'true', named])
      for (const origin of ['https://evil.example', 'null', `${friend}:8443`, '']) {
        expect(await preflight(origin)).toEqual([path, 204, null, null, named])
      }
    }
    expect(identified()).toBe(0)
  })

  test('pages of the server itself and of an allowed origin, and what is no page, reach every route', async () => {
    const own = {
      'the server’s own page': { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      'an address that was typed': { 'sec-fetch-site': 'none' },
      'a friend’s page': { origin: friend, 'sec-fetch-site': 'cross-site' },
      'no page': {},
    }
    for (const headers of Object.values(own)) {
      const { ask, sessionId } = await open()
      for (const { path, methods } of places.filter((place) => !place.path.includes('/onChat'))) {
        for (const method of methods) {
          const { status } = await ask({
            method,
            path: path.replace(':id', sessionId),
            headers: { host, 'content-type': 'application/json', ...headers },
            ...(method === 'POST' && { body: '{}' }),
          })
          // `{}` is nothing that a route could answer, but it has read it.
          expect([path, method, status < 300 || status === 400]).toEqual([path, method, true])
        }
      }
    }
  })
})
