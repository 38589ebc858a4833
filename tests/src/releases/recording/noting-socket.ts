import type { WebSocketConstructor } from '@caughtup/web-client'
import { WebSocket } from 'ws'

import type { SocketMessage } from '../recorded/releases.ts'

/** The class of a client's sockets, whose messages are noted in the order in which they came and went. */
export function notingSocket(messages: SocketMessage[]): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: URL) {
      super(url, { headers: { authorization: 'Bearer ann' } })
      this.on('message', (data: Buffer) => messages.push({ from: 'server', text: data.toString() }))
    }

    override send(text: string): void {
      messages.push({ from: 'client', text })
      super.send(text)
    }
  }
}
