import type { IncomingMessage } from 'node:http'

import { WebSocket } from 'ws'

import { type Connection, parseRequest, promised, silence, within } from './connection.ts'

/** A WebSocket: the handshake, then one message per line. */
export class SocketConnection implements Connection {
  readonly #url: string
  #socket: WebSocket | undefined
  #handshake: Promise<string> | undefined
  #handshakeRead = false
  readonly #messages: string[] = []
  #wake = () => {}

  constructor(url: string) {
    this.#url = url
  }

  async send(lines: readonly string[]): Promise<void> {
    if (this.#socket) {
      for (const line of lines) this.#socket.send(line)
      return this.#taken(this.#socket)
    }
    const { target, headers } = parseRequest(lines)
    const { upgrade: _, ...own } = headers
    const socket = new WebSocket(this.#url.replace('http', 'ws') + target, { headers: own })
    this.#socket = socket
    this.#handshake = new Promise((resolve, reject) => {
      const onUpgrade = ({ statusCode, statusMessage }: IncomingMessage) =>
        resolve(`HTTP/1.1 ${statusCode} ${statusMessage}`)
      socket.once('upgrade', onUpgrade)
      socket.once('error', reject)
    })
    socket.on('message', (data: Buffer) => {
      this.#messages.push(data.toString())
      this.#wake()
    })
    const opened = new Promise((resolve) => socket.once('open', resolve))
    await promised(Promise.all([this.#handshake, opened]), 'a handshake')
  }

  async receive(documented: readonly string[], all: boolean): Promise<string[]> {
    const lines: string[] = []
    if (!this.#handshakeRead) {
      this.#handshakeRead = true
      lines.push((await this.#handshake) ?? '')
    }
    for (const wanted of all ? [] : documented.slice(lines.length)) {
      lines.push(await promised(this.#next(), wanted))
    }
    while (all) {
      const waited = await within(this.#arrived(), silence)
      if (waited === 'silent') break
      lines.push(...this.#messages.splice(0))
    }
    return lines
  }

  async expectNothingMore(): Promise<void> {
    const [extra] = this.#messages
    if (extra !== undefined) throw new Error(`The document lacks: ${extra}`)
  }

  lose(): void {
    this.#socket?.terminate()
    this.#messages.length = 0
  }

  async expectOver(): Promise<void> {
    const socket = this.#socket
    if (!socket || socket.readyState === socket.CLOSED) return
    await promised(new Promise((resolve) => socket.once('close', resolve)), 'the end')
    await this.expectNothingMore()
  }

  /** Waits for a pong: an abort has no answer, and a request on another connection could overtake it. */
  async #taken(socket: WebSocket): Promise<void> {
    const pong = new Promise((resolve) => socket.once('pong', resolve))
    socket.ping()
    await promised(pong, 'a pong')
  }

  async #next(): Promise<string> {
    await this.#arrived()
    return this.#messages.shift() ?? ''
  }

  async #arrived(): Promise<void> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
