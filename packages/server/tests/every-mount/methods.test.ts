import { memory } from '@caughtup/store/memory'
import { expect, test } from 'vitest'

import { testAttachments } from '../support/attachments.ts'
import { openTestServer } from '../support/open-test-server.ts'
import { transports } from '../support/requests/transports.ts'
import { everyMount, places } from './routes.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY']

/** What the chat server itself has, beside its mounts. Preflights are its own, but those of `health`. */
const own = [
  { path: '/rpc/health', methods: ['GET', 'HEAD'], allow: 'GET, HEAD' },
  { path: '/rpc/sessions/get', methods: ['POST', 'OPTIONS'], allow: 'POST, OPTIONS' },
  { path: '/rpc/attachments/:id', methods: ['POST', 'OPTIONS'], allow: 'POST, OPTIONS' },
  { path: '/rpc/attachments/:id/file', methods: ['GET', 'OPTIONS'], allow: 'GET, OPTIONS' },
]

const all = [
  ...own,
  ...places.map(({ path, methods: taken }) => ({
    path,
    methods: [...taken, 'OPTIONS'],
    allow: [...taken, 'OPTIONS'].join(', '),
  })),
]

test.each(Object.entries(transports))(
  'through %s, each path of each mount answers its own methods and names them to the others',
  async (_, transport) => {
    const { chat, client, errors } = await openTestServer({
      storage: memory(),
      mounts: everyMount(),
      attachments: testAttachments(),
    })
    const { id } = await client().sessions.create()
    const ask = await transport(chat)
    const answers: object[] = []
    const wanted: object[] = []
    for (const { path, methods: taken, allow } of all) {
      for (const method of methods) {
        const answer = await ask({
          method,
          path: path.replace(':id', id),
          headers: { 'content-type': 'application/json', 'x-principal': 'me' },
          ...(['POST', 'PUT', 'PATCH'].includes(method) && { body: '{}' }),
        })
        const refused = answer.status === 405
        expect([path, method, refused]).toEqual([path, method, !taken.includes(method)])
        const stored = answer.headers.get('cache-control') ?? ''
        const text = await answer.text()
        answers.push({
          asked: `${method} ${path}`,
          allow: answer.headers.get('allow') ?? '',
          isStored: method !== 'OPTIONS' && !/^no-|^private/.test(stored),
          isEmpty: text === '',
        })
        wanted.push({
          asked: `${method} ${path}`,
          allow: refused ? allow : '',
          isStored: false,
          isEmpty: method === 'HEAD' || text === '',
        })
      }
    }
    expect(answers).toEqual(wanted)
    expect(errors).toEqual([])
  },
)

test.each(Object.entries(transports))(
  'through %s, what is beside the paths of a mount is not there, whatever the method',
  async (_, transport) => {
    const { chat, errors } = await openTestServer({ storage: memory(), mounts: everyMount() })
    const ask = await transport(chat)
    const nearby = [
      ['', '/', '/health', '/openapi', '/sessions/get/', '/sessions%2Fget'].map(
        (end) => `/api${end}`,
      ),
      ['/', '/a/stream/', '/a/b', '/%E0', '//stream'].map((end) => `/api/chat${end}`),
      ['/', '/a/b', '/health', 'x', '/%'].map((end) => `/ag-ui${end}`),
      ['', '/', '/a/b', '/%ff'].map((end) => `/streams${end}`),
    ].flat()
    for (const path of nearby) {
      for (const method of methods) {
        // A DELETE of `/ag-ui/health` stops the run of a session with that id.
        const isThere = path === '/ag-ui/health' && ['DELETE', 'OPTIONS'].includes(method)
        if (isThere) continue
        const { status } = await ask({ method, path, headers: { 'x-principal': 'me' } })
        const isNoPath = path !== '/ag-ui/health'
        expect([path, method, status]).toEqual([path, method, isNoPath ? 404 : 405])
      }
    }
    expect(errors).toEqual([])
  },
)
