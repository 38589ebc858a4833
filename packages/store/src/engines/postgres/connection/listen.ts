import type { Clock } from '@caughtup/schema/clock'
import pg, { type Client, type ClientConfig } from 'pg'

import { Backoff } from '../../../base/backoff.ts'
import type { RowChangeFeed } from '../../rows/changes/change-feed.ts'
import { CollectedChanges } from '../../rows/changes/collected-changes.ts'

/** Bytes of a payload: NOTIFY takes 7,999. */
const mostBytes = 7_900
/** Sessions that are named to the others; where more are waiting to be told, all are said to have changed. */
const mostNamed = 5_000

interface Told {
  /** Whose it is: a listener hears itself too. */
  from: string
  sessions: readonly string[] | 'all'
  members: readonly string[]
}

export interface ListenerOptions {
  /** Of a connection of its own. */
  config: ClientConfig
  schema: string
  clock: Clock
  /** This opening among the others. */
  name: string
}

/**
 * Tells other processes by NOTIFY what was written, and hears them. Its connection does nothing else: in the
 * transaction that writes, NOTIFY would make all commits wait for each other. What is announced while one
 * statement is under way goes with the next. After a lost connection everything counts as changed.
 */
export class Listener implements RowChangeFeed {
  readonly #options: ListenerOptions
  readonly #channel: string
  readonly #collected = new CollectedChanges()
  readonly #closed = new AbortController()
  readonly #sessions = new Set<string>()
  readonly #members = new Set<string>()
  #client: Client | undefined
  #sending = false

  constructor(options: ListenerOptions) {
    this.#options = options
    // A channel is the database's, not the schema's.
    this.#channel = `caughtup:${options.schema}`
  }

  /** Resolves when it hears. */
  async start(): Promise<void> {
    const { lost } = await this.#connect()
    void this.#stay(lost)
  }

  announce(sessionIds: readonly string[], { members }: { members: boolean }): void {
    for (const id of sessionIds) {
      this.#sessions.add(id)
      if (members) this.#members.add(id)
    }
    void this.#send()
  }

  next(signal: AbortSignal) {
    return this.#collected.next(signal)
  }

  close(): void {
    this.#closed.abort()
    this.#collected.close()
    void this.#client?.end()
  }

  /** Connects again whenever the connection is lost. */
  async #stay(lost: Promise<void>): Promise<void> {
    const backoff = new Backoff({ first: 50, last: 5_000 })
    for (let ended = lost; ;) {
      await ended
      this.#client = undefined
      for (;;) {
        if (this.#closed.signal.aborted) return
        try {
          ended = (await this.#connect()).lost
          break
        } catch {
          // The others write on meanwhile; what they wrote counts as unknown once this hears again.
          await backoff.wait(this.#options.clock, this.#closed.signal)
        }
      }
      backoff.reset()
      this.#collected.noticeAll()
      void this.#send()
    }
  }

  /** A connection that listens, and the promise of its end. */
  async #connect(): Promise<{ lost: Promise<void> }> {
    const client = new pg.Client(this.#options.config)
    const lost = Promise.withResolvers<void>()
    client.on('error', () => lost.resolve())
    client.on('end', () => lost.resolve())
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''))
    try {
      await client.connect()
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#channel)}`)
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    // Closed while it connected: nobody else would end it.
    if (this.#closed.signal.aborted) await client.end()
    else this.#client = client
    return { lost: lost.promise }
  }

  async #send(): Promise<void> {
    const client = this.#client
    if (this.#sending || !client || this.#sessions.size === 0) return
    this.#sending = true
    const sessions = [...this.#sessions]
    const members = [...this.#members]
    this.#sessions.clear()
    this.#members.clear()
    try {
      for (const told of payloads(this.#options.name, sessions, new Set(members))) {
        await client.query('SELECT pg_notify($1, $2)', [this.#channel, told])
      }
    } catch {
      // The connection is lost, and with the next one it is said again.
      for (const id of sessions) this.#sessions.add(id)
      for (const id of members) this.#members.add(id)
      return
    } finally {
      this.#sending = false
    }
    void this.#send()
  }

  #hear(payload: string): void {
    const { from, sessions, members }: Told = JSON.parse(payload)
    if (from === this.#options.name) return
    if (sessions === 'all') this.#collected.noticeAll()
    else this.#collected.notice(sessions, members)
  }
}

function payloads(
  from: string,
  sessions: readonly string[],
  members: ReadonlySet<string>,
): string[] {
  if (sessions.length > mostNamed) return [JSON.stringify({ from, sessions: 'all', members: [] })]
  const made: string[] = []
  let named: string[] = []
  const end = () => {
    const told: Told = { from, sessions: named, members: named.filter((id) => members.has(id)) }
    made.push(JSON.stringify(told))
    named = []
  }
  let bytes = 0
  for (const id of sessions) {
    // Twice, as its members may have changed too.
    const size = 2 * (Buffer.byteLength(JSON.stringify(id)) + 1)
    if (named.length > 0 && bytes + size > mostBytes - 200) {
      end()
      bytes = 0
    }
    named.push(id)
    bytes += size
  }
  if (named.length > 0) end()
  return made
}
