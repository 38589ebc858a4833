import type { Redis } from 'ioredis'

import type { Line, LineBus } from '../line-bus.ts'

/** How long an answer is waited for, in ms. */
const answerTime = 2_000
/** The longest pause before the next connection, in ms. */
const longestPause = 2_000

/** What cannot be said now is not to be said late: the bus says it again, or drops it. */
const settings = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // It would be done after `ready`, and nothing would tell when.
  autoResubscribe: false,
  commandTimeout: answerTime,
  connectTimeout: answerTime,
}

/** The options of ioredis for both connections. */
export type LineSettings = typeof settings & { retryStrategy: (attempts: number) => number }

/** Publishes in one channel of Redis on one connection, and listens to it on another. */
export class RedisLine implements Line {
  readonly mostBytes = 65_536
  readonly #channel: string
  readonly #sharded: boolean
  readonly #publisher: Redis
  readonly #subscriber: Redis
  /** Subscriptions that failed in a row. */
  #failures = 0

  /** `connect` makes a client with these options. */
  constructor(
    connect: (options: LineSettings) => Redis,
    { channel, sharded }: { channel: string; sharded: boolean },
  ) {
    this.#channel = channel
    this.#sharded = sharded
    this.#publisher = connect({ ...settings, retryStrategy: pause })
    this.#subscriber = connect({ ...settings, retryStrategy: () => pause(++this.#failures) })
  }

  /** Resolves once both connections are there, or one has failed: they are tried again for ever. */
  async start(bus: LineBus): Promise<void> {
    const [canPublish, canHear] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isFirst = true
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('error', (error) => bus.failed(error))
    }
    this.#publisher.once('ready', canPublish.resolve).once('close', canPublish.resolve)
    this.#subscriber.on('close', () => {
      isFirst = false
      canHear.resolve()
    })
    this.#subscriber.on(this.#sharded ? 'smessage' : 'message', (_, text: string) => bus.hear(text))
    this.#subscriber.on('ready', () => {
      this.#subscribe().then(
        () => {
          this.#failures = 0
          // Nothing was read before that could be outdated.
          if (!isFirst) bus.connected()
          canHear.resolve()
        },
        (error: unknown) => {
          bus.failed(error)
          this.#subscriber.disconnect(true)
        },
      )
    })
    await Promise.all([canPublish.promise, canHear.promise])
  }

  async publish(texts: readonly string[]): Promise<void> {
    await Promise.all(texts.map((text) => this.#publish(text)))
  }

  async close(): Promise<void> {
    this.#publisher.disconnect()
    this.#subscriber.disconnect()
  }

  async #publish(text: string): Promise<void> {
    if (this.#sharded) await this.#publisher.spublish(this.#channel, text)
    else await this.#publisher.publish(this.#channel, text)
  }

  async #subscribe(): Promise<void> {
    if (this.#sharded) await this.#subscriber.ssubscribe(this.#channel)
    else await this.#subscriber.subscribe(this.#channel)
  }
}

function pause(attempts: number): number {
  return Math.min(longestPause, 50 * 2 ** Math.min(attempts, 10))
}
