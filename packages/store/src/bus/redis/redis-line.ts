import type { Clock } from '@caughtup/schema/clock'
import type { Redis } from 'ioredis'

import { Backoff } from '../../base/backoff.ts'
import type { Line, LineBus } from '../line-bus.ts'
import { RedisNodes } from './redis-nodes.ts'

/** How long an answer is waited for, in ms. */
const answerTime = 2_000
/** Pauses before the next connection, in ms. */
const pauses = { first: 100, last: 2_000 }

/** Nodes that name another one in a row, before there is a pause. */
const mostRedirects = 5

/** What cannot be said now is not to be said late: the bus says it again, or drops it. */
const settings = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: answerTime,
  connectTimeout: answerTime,
  // A lost connection is followed by another client, perhaps of another node.
  retryStrategy: () => null,
}

type LineSettings = typeof settings

export interface RedisLineOptions {
  /** Nodes of a cluster, or one server. */
  urls: readonly string[]
  channel: string
  sharded: boolean
  clock: Clock
  /** Makes a client. */
  connect: (url: string, options: LineSettings) => Redis
}

/**
 * Publishes in one channel of Redis on one connection, and listens to it on another. In a cluster a sharded channel
 * is at one node, which the others name; `Cluster` of ioredis finds it too, but does not tell when it was not heard.
 */
export class RedisLine implements Line {
  readonly mostBytes = 65_536
  readonly #options: RedisLineOptions
  readonly #nodes: RedisNodes
  readonly #closed = new AbortController()
  readonly #clients = new Set<Redis>()
  #publisher: Redis | undefined

  constructor(options: RedisLineOptions) {
    this.#options = options
    this.#nodes = new RedisNodes(options.urls)
  }

  /** Resolves once both connections are there, or one has failed: they are tried again for ever. */
  async start(bus: LineBus): Promise<void> {
    // One after the other: the first finds the node of the channel, and what finds out by publishing is lost.
    await this.#stay(bus, (client, isLate) => this.#listen(bus, client, isLate))
    await this.#stay(bus, async (client) => void (this.#publisher = client))
  }

  async publish(texts: readonly string[]): Promise<void> {
    const client = this.#publisher
    if (!client) throw new Error('The connection to Redis is lost.')
    try {
      await Promise.all(texts.map((text) => this.#publish(client, text)))
    } catch (error) {
      if (this.#nodes.follow(error)) client.disconnect()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    for (const client of this.#clients) client.disconnect()
  }

  /** Resolves once a connection is used or has failed, and goes on with others from then on. */
  #stay(bus: LineBus, begin: (client: Redis, isLate: boolean) => Promise<void>): Promise<void> {
    const tried = Promise.withResolvers<void>()
    const stay = async () => {
      const backoff = new Backoff(pauses)
      // Whether there was a time at which it was not used.
      let isLate = false
      for (let redirects = 0; !this.#closed.signal.aborted;) {
        const end = await this.#connection(bus, async (client) => {
          await begin(client, isLate)
          backoff.reset()
          redirects = 0
          tried.resolve()
        })
        if (end === 'redirected' && ++redirects < mostRedirects) continue
        isLate = true
        tried.resolve()
        await backoff.wait(this.#options.clock, this.#closed.signal)
      }
      tried.resolve()
    }
    void stay()
    return tried.promise
  }

  /** Resolves when the connection is over. */
  async #connection(
    bus: LineBus,
    begin: (client: Redis) => Promise<void>,
  ): Promise<'redirected' | 'lost'> {
    const url = this.#nodes.current
    const client = this.#options.connect(url, settings)
    this.#clients.add(client)
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    let reason: unknown
    client.on('error', (error) => (reason = error))
    // Its channel has gone to another node.
    client.on('moved', () => client.disconnect())
    try {
      await client.connect()
      await begin(client)
      await ended
    } catch (error) {
      // That of the connection says more than that of the call.
      reason ??= error
    }
    client.disconnect()
    this.#clients.delete(client)
    if (this.#publisher === client) this.#publisher = undefined
    if (this.#nodes.follow(reason)) return 'redirected'
    this.#nodes.lost(url)
    bus.failed(reason ?? new Error('A connection to Redis ended.'))
    return 'lost'
  }

  async #listen(bus: LineBus, client: Redis, isLate: boolean): Promise<void> {
    const { sharded, channel } = this.#options
    client.on(sharded ? 'smessage' : 'message', (_, text: string) => bus.hear(text))
    if (sharded) await client.ssubscribe(channel)
    else await client.subscribe(channel)
    // Nothing was read before that could be outdated.
    if (isLate) bus.connected()
  }

  async #publish(client: Redis, text: string): Promise<void> {
    const { sharded, channel } = this.#options
    if (sharded) await client.spublish(channel, text)
    else await client.publish(channel, text)
  }
}
