// Durable Streams' Node server, for `fork`: in memory, or with `file` in the given folder. It gets its tokens
// by a call in its process, not over HTTP as other writers would send them.
import { DurableStreamTestServer } from '@durable-streams/server'

import {
  serveSide,
  type SideServer,
} from '../../../benches/src/subscribers/processes/side-process.ts'
import { writeAll } from '../../../benches/src/subscribers/processes/write-tokens.ts'

const [folder = '', where] = process.argv.slice(2)

serveSide(async (): Promise<SideServer> => {
  const options = where === 'file' ? { dataDir: folder } : {}
  const server = new DurableStreamTestServer({ port: 0, ...options })
  const port = Number(new URL(await server.start()).port)
  const encoder = new TextEncoder()
  let opened = 0
  return {
    async open() {
      const path = `/chat-${++opened}`
      await server.store.create(path, { contentType: 'application/json' })
      return {
        session: path,
        subscription: {
          port,
          path: `${path}?offset=-1&live=sse`,
          transport: 'http',
          text: { before: '"delta":"', after: '"' },
          ready: '"upToDate":true',
        },
      }
    },
    write: (path, order) =>
      writeAll(order, async (delta) => {
        const chunk = JSON.stringify({ type: 'text-delta', id: '0', delta })
        await server.store.append(path, encoder.encode(chunk))
      }),
    close: () => server.stop(),
  }
})
