import type { Clock } from '@caughtup/schema/clock'
import pg, { type Client, type ClientConfig } from 'pg'

import { Backoff } from '../../../base/backoff.ts'
import { type Line, LineBus } from '../../../bus/line-bus.ts'
import type { Bus } from '../../../port/bus.ts'

export interface ListenOptions {
  /** Of a connection of its own. */
  config: ClientConfig
  schema: string
  clock: Clock
  /** This opening among the others. */
  name: string
}

/**
 * The bus on NOTIFY, once it hears. Its connection does nothing else: in the transaction that writes, NOTIFY
 * would make all commits wait for each other.
 */
export async function listen(options: ListenOptions): Promise<Bus> {
  const line = new NotifyLine(options)
  const bus = new LineBus(line, options)
  await line.start(bus)
  return bus
}

class NotifyLine implements Line {
  /** NOTIFY takes 7,999. */
  readonly mostBytes = 7_900
  readonly #options: ListenOptions
  readonly #channel: string
  readonly #closed = new AbortController()
  #client: Client | undefined

  constructor(options: ListenOptions) {
    this.#options = options
    // A channel is the database's, not the schema's.
    this.#channel = `caughtup:${options.schema}`
  }

  async start(bus: LineBus): Promise<void> {
    const lost = await this.#connect(bus)
    void this.#stay(bus, lost)
  }

  async publish(texts: readonly string[]): Promise<void> {
    if (!this.#client) throw new Error('The connection that notifies is lost.')
    const notify = 'SELECT pg_notify($1, text) FROM unnest($2::text[]) AS texts(text)'
    await this.#client.query(notify, [this.#channel, texts])
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#client?.end()
  }

  /** Connects again whenever the connection is lost. */
  async #stay(bus: LineBus, lost: Lost): Promise<void> {
    const backoff = new Backoff({ first: 50, last: 5_000 })
    for (let current = lost; ;) {
      bus.failed(await current.reason)
      this.#client = undefined
      for (;;) {
        if (this.#closed.signal.aborted) return
        try {
          current = await this.#connect(bus)
          break
        } catch (error) {
          bus.failed(error)
          // The others write on meanwhile; what they wrote counts as unknown once this hears again.
          await backoff.wait(this.#options.clock, this.#closed.signal)
        }
      }
      backoff.reset()
      bus.connected()
    }
  }

  /** Resolves with a connection that listens. */
  async #connect(bus: LineBus): Promise<Lost> {
    const client = new pg.Client(this.#options.config)
    const lost = Promise.withResolvers<unknown>()
    client.on('error', lost.resolve)
    client.on('end', () => lost.resolve(new Error('The connection that listens ended.')))
    client.on('notification', ({ payload }) => bus.hear(payload ?? ''))
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
    return { reason: lost.promise }
  }
}

/** A connection's end; in an object, as awaiting the connection must not await its end. */
interface Lost {
  reason: Promise<unknown>
}
