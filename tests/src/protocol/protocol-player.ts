import type { AgentPart } from '@caughtup/schema'
import type { Summary } from '@caughtup/server'
import type { ImportedRow } from '@caughtup/store'

import { Bindings } from './bindings.ts'
import { type Connection, promised } from './connection.ts'
import type { Example, Group } from './document.ts'
import { HttpConnection } from './http-connection.ts'
import { Names } from './names.ts'
import { sortMembers } from './sort-members.ts'
import type { ExampleServer } from './example-server.ts'
import { SocketConnection } from './socket-connection.ts'

export interface Played {
  /** The document's lines, with members sorted and volatile values renamed. */
  documented: Group[]
  /** The real lines, in the same form. */
  renamed: Group[]
  /** The real lines with the document's values, for an update. */
  written: Group[]
}

/** Performs the document's examples in order against a real server. */
export class ProtocolPlayer {
  readonly #server: ExampleServer
  /** Whether to record real answers instead of expecting the documented ones. */
  readonly #update: boolean
  readonly #connections = new Map<string, Connection>()
  readonly #bindings = new Bindings()
  readonly #documented = new Names()
  readonly #real = new Names()

  constructor(server: ExampleServer, { update }: { update: boolean }) {
    this.#server = server
    this.#update = update
  }

  async play({ transport, connection: name, groups }: Example): Promise<Played> {
    const { url } = this.#server
    const connection =
      this.#connections.get(name) ??
      (transport === 'ws' ? new SocketConnection(url) : new HttpConnection(url))
    this.#connections.set(name, connection)
    const played: Played = { documented: [], renamed: [], written: [] }
    for (const { mark, lines } of groups) {
      const real = await this.#perform(connection, mark, lines)
      if (mark === '<') this.#bindings.bind(lines, real)
      const each = (map: (line: string) => string, from: string[]) => ({
        mark,
        lines: from.map(map),
      })
      played.documented.push(each((line) => this.#documented.rename(sortMembers(line)), lines))
      played.renamed.push(each((line) => this.#real.rename(sortMembers(line)), real))
      played.written.push(each((line) => this.#bindings.toDocumented(line), real))
    }
    return played
  }

  /** Rejects when any connection received more than the document has. */
  async finish(): Promise<void> {
    await this.#roundTrip()
    for (const connection of this.#connections.values()) await connection.expectNothingMore()
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.lose()
  }

  async #perform(
    connection: Connection,
    mark: Group['mark'],
    documented: string[],
  ): Promise<string[]> {
    switch (mark) {
      case '*': {
        const lines = documented.map((line) => this.#bindings.toReal(line))
        for (const line of lines) await promised(this.#happen(line, connection), line)
        return lines
      }
      case '>': {
        const lines = documented.map((line) => this.#bindings.toReal(line))
        await connection.send(lines)
        return lines
      }
      case '<':
        return connection.receive(documented, this.#update)
    }
  }

  /** Makes sure that everything that the server has sent so far has arrived. */
  async #roundTrip(): Promise<void> {
    const response = await fetch(this.#server.url)
    await response.text()
  }

  async #happen(line: string, connection: Connection): Promise<void> {
    const { clock, yieldPart, endAgent, steer, summarise, import: take, shutDown } = this.#server
    const [, ms] = /^(\d+) ms pass$/.exec(line) ?? []
    const [, part] = /^the agent yields (.+)$/.exec(line) ?? []
    const [, summary] = /^the summary is written: (.+)$/.exec(line) ?? []
    const [, imported] = /^the host imports (.+)$/.exec(line) ?? []
    if (ms !== undefined) return clock.advance(Number(ms))
    if (part !== undefined) return yieldPart(JSON.parse(part) as AgentPart)
    if (summary !== undefined) return summarise(JSON.parse(summary) as Summary)
    if (imported !== undefined) return take(JSON.parse(imported) as ImportedRow[])
    switch (line) {
      case 'the agent ends':
        return endAgent()
      case 'the agent takes the prompts that steer it':
        return steer()
      case 'the server shuts down':
        return shutDown()
      case 'the connection is lost':
        await this.#roundTrip()
        if (!this.#update) await connection.expectNothingMore()
        return connection.lose()
      case 'the response is over':
        return connection.expectOver()
      default:
        throw new Error(`The player cannot perform this line of PROTOCOL.md: ${line}`)
    }
  }
}
