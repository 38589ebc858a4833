import type { AddressInfo } from 'node:net'

import { WebSocketServer } from 'ws'

import { sortMembers } from '../../protocol/sort-members.ts'
import type { SocketMessage } from './releases.ts'
import { Volatile } from './volatile.ts'

/** A server that answers on a WebSocket what was recorded, as long as it is asked for that. */
export interface SocketReplay {
  url: string
  /** What was said that was not recorded. */
  readonly strange: string[]
  close(): Promise<void>
}

export async function replaySocket(messages: readonly SocketMessage[]): Promise<SocketReplay> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/rpc/ws' })
  const strange: string[] = []
  server.on('connection', (socket) => {
    const { same } = new Volatile()
    const left = [...messages]
    socket.on('message', (data: Buffer) => {
      const said = data.toString()
      const expected = left.shift()
      const isExpected =
        expected?.from === 'client' && same(sortMembers(expected.text), sortMembers(said))
      if (!isExpected) {
        strange.push(said)
        socket.send(refusalOf(said))
        return
      }
      while (left[0]?.from === 'server') socket.send(left.shift()?.text ?? '')
    })
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strange,
    async close() {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An error that no client tries to get over, in answer to a message. */
function refusalOf(said: string): string {
  const { i } = JSON.parse(said) as { i: string }
  const error = { defined: true, code: 'BAD_INPUT', status: 400, message: `not recorded: ${said}` }
  return JSON.stringify({ i, p: { s: error.status, b: { json: { ...error, data: {} } } } })
}
