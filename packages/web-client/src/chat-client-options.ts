import { type Clock, systemClock } from '@caughtup/schema/clock'
import { CaughtupError } from '@caughtup/schema/error'

import type { Cache } from './cache/cache.ts'
import { browserNetwork, type Network } from './core/network.ts'
import { frameSchedule, type Schedule } from './core/notifier.ts'
import type { Link } from './links/link.ts'
import { memoryOutbox } from './outbox/memory-outbox.ts'
import type { Outbox } from './outbox/outbox.ts'

/** Options of `createChatClient`. */
export interface ChatClientOptions {
  /**
   * How calls and streams travel: `auto({ url: '/rpc' })`, `webSocket(…)` or `sse(…)`. A bundle
   * contains only the links that it imports.
   */
  link: Link
  /**
   * Where prompts are kept until the server has answered: `indexedDbOutbox({ user })`, or a store of yours with
   * `storedOutbox`. @default in memory, as long as the page lives
   */
  outbox?: Outbox
  /**
   * Where sessions are kept for the next page, which shows them before the network answers:
   * `indexedDbCache({ user })`. @default none
   */
  cache?: Cache
  /** @default systemClock */
  clock?: Clock
  /** Returns numbers in [0, 1), for the jitter of delays. @default Math.random */
  random?: () => number
  /** @default the browser's online, offline and visibilitychange events; else always online */
  network?: Network
  /** When the next frame is, in which listeners are notified. @default the next animation frame; a timer where there is none */
  schedule?: Schedule
  /**
   * The least time between two notifications, in ms. What a stream brings meanwhile is shown with the
   * next one, in the frame after that time; what the page itself changes is always shown in the next
   * frame. 0: each frame may have one. @default 0
   */
  notifyEvery?: number
  /** How a view spaces its attempts to connect. */
  reconnect?: ReconnectOptions
  /**
   * After how long without any sign a stream counts as dead, in ms: no byte over SSE, no frame over
   * a WebSocket. The server sends something every 5 s. @default 15_000
   */
  silence?: number
  /** How long a view's call (send, loadOlder …) may take, in ms. @default 30_000 */
  requestTimeout?: number
  /**
   * How many views without subscribers keep their messages and their place, so that a subscriber
   * who returns resumes. Views that lost their subscribers longest ago forget theirs. @default 10
   */
  idleViews?: number
  /**
   * How many sessions are followed at once, each over a stream of its own. Beyond that, the views that got
   * their subscribers first give way: their `connection.status` is `displaced`. @default 4
   */
  fullStreams?: number
}

/** How a view spaces its attempts to connect. */
export interface ReconnectOptions {
  /** Upper bound of the first delay, in ms; it doubles with each further failure. @default 250 */
  minDelay?: number
  /** Upper bound of every delay, in ms. @default 10_000 */
  maxDelay?: number
  /** How long a stream must have been live before the delays start over, in ms. @default 1_000 */
  stableAfter?: number
  /** After how many unknown errors (500s) in a row a view gives up. @default 10 */
  unknownErrors?: number
}

export const chatClientDefaults = {
  notifyEvery: 0,
  silence: 15_000,
  requestTimeout: 30_000,
  idleViews: 10,
  fullStreams: 4,
  reconnect: { minDelay: 250, maxDelay: 10_000, stableAfter: 1_000, unknownErrors: 10 },
}

/**
 * The options with their defaults.
 *
 * @throws {CaughtupError} `BAD_INPUT` without a link, which JavaScript does not check
 */
export function resolveOptions({
  link,
  outbox = memoryOutbox,
  cache,
  clock = systemClock,
  random = Math.random,
  network = browserNetwork(),
  schedule = frameSchedule(clock),
  notifyEvery = chatClientDefaults.notifyEvery,
  reconnect,
  silence = chatClientDefaults.silence,
  requestTimeout = chatClientDefaults.requestTimeout,
  idleViews = chatClientDefaults.idleViews,
  fullStreams = chatClientDefaults.fullStreams,
}: Partial<ChatClientOptions> = {}) {
  if (typeof link !== 'function') {
    const message =
      "createChatClient needs a link, for instance createChatClient({ link: auto({ url: '/rpc' }) })."
    throw new CaughtupError('BAD_INPUT', message, { field: 'link' })
  }
  return {
    link,
    outbox,
    cache,
    clock,
    random,
    network,
    schedule,
    notifyEvery,
    reconnect: { ...chatClientDefaults.reconnect, ...reconnect },
    silence,
    requestTimeout,
    idleViews,
    fullStreams,
  }
}
