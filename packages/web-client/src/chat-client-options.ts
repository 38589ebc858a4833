import type { ActivityRow } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { ReconnectOptions } from './core/backoff.ts'
import type { Link } from './links/link.ts'
import type { Network } from './core/network.ts'
import type { Schedule } from './core/notifier.ts'

/** Options of `createChatClient`. */
export interface ChatClientOptions {
  /**
   * How calls and streams travel: `auto({ url: '/rpc' })`, `webSocket(…)` or `sse(…)`. A bundle
   * holds only the ones that it imports.
   */
  link: Link
  /** @default systemClock */
  clock?: Clock
  /** In [0, 1), for the jitter of delays. @default Math.random */
  random?: () => number
  /** @default the browser's online, offline and visibilitychange; else always online */
  network?: Network
  /** When listeners are told. @default the next animation frame; a timer where there is none */
  schedule?: Schedule
  reconnect?: ReconnectOptions
  /**
   * How long a stream may say nothing before it counts as dead, in ms: no byte over SSE, no frame
   * over a WebSocket. The server sends something every 5 s. @default 15_000
   */
  silence?: number
  /** How long a view's call (send, loadOlder …) may take, in ms. @default 30_000 */
  requestTimeout?: number
  /**
   * How many views without subscribers keep their messages and their place, so that coming back
   * resumes. The ones left longest ago forget theirs. @default 10
   */
  idleViews?: number
  /**
   * Called when an answer came to its normal end in a session that no view follows. Needs a
   * subscriber of `client.activity`. Told once, also of what ended while the feed was reconnecting
   * (but not after a restart of the server, when the feed begins anew); not of aborts.
   */
  onCompletedInBackground?: (row: ActivityRow) => void
}
