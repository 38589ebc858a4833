import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import pg from 'pg'

type Fate =
  /** It arrives, and the connection ends in place of the answer. */
  | 'answer-lost'
  /** It arrives, the connection ends in place of the answer, and no other one can be made. */
  | 'answer-lost-and-away'
  /** It never arrives. */
  | 'swallowed'

/** A proxy in front of a PostgreSQL, which harms its connections. */
export class PostgresProxy {
  readonly url: string
  readonly #folder: string
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #next: { is: (request: Buffer) => boolean; fate: Fate } | undefined
  #away = false

  private constructor(target: string) {
    const { host, port } = new pg.Client({ connectionString: target })
    const file = `.s.PGSQL.${port}`
    const address = host.startsWith('/') ? { path: path.join(host, file) } : { host, port }
    this.#folder = mkdtempSync(path.join(tmpdir(), 'caughtup-proxy-'))
    this.#server = createServer((client) => this.#pass(client, connect(address)))
    const url = new URL(
      target.replace(/^postgres(ql)?:\/\/([^/]*@)?[^/]*/, 'postgres://$2localhost'),
    )
    url.searchParams.set('host', this.#folder)
    this.url = url.href
    this.#server.listen(path.join(this.#folder, file))
  }

  static async open(target: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(target)
    await new Promise((resolve) => proxy.#server.once('listening', resolve))
    return proxy
  }

  /** Decides what becomes of the next request that is one of these. */
  doom(fate: Fate, is: (request: Buffer) => boolean): void {
    this.#next = { is, fate }
  }

  /** Whether the request that was doomed has come. */
  get isDone(): boolean {
    return !this.#next
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Lets new connections through again. */
  comeBack(): void {
    this.#away = false
  }

  close(): void {
    this.cut()
    this.#server.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #pass(client: Socket, upstream: Socket): void {
    let isLosing = false
    const end = () => {
      this.#open.delete(client)
      client.destroy()
      upstream.destroy()
    }
    this.#open.add(client)
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    if (this.#away) return end()
    client.on('data', (request) => {
      const fate = this.#next?.is(request) ? this.#next.fate : undefined
      if (fate) this.#next = undefined
      if (fate === 'swallowed') return
      isLosing ||= fate !== undefined
      if (fate === 'answer-lost-and-away') this.#away = true
      upstream.write(request)
    })
    upstream.on('data', (answer) => {
      if (isLosing) end()
      else client.write(answer)
    })
  }
}
