import type { ActivityRow } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import type { ClientLink } from '@orpc/client'

import type { ReconnectOptions } from './backoff.ts'
import type { Network } from './network.ts'
import type { Schedule } from './notifier.ts'
import type { WebSocketConstructor } from './rpc-socket.ts'
import type { HeadersSource } from './sse-link.ts'
import type { CallContext } from './view-context.ts'

/** Where the server is: an address, or a link of the caller's own. */
export type Endpoint =
  | {
      /** The RPC endpoint, absolute or relative to the page: `https://chat.example/rpc`. */
      url: string | URL
      link?: never
    }
  | {
      /** Any oRPC link; the options of the transport are then its maker's. */
      link: ClientLink<CallContext>
      url?: never
    }

/** Options of `createChatClient`. */
export type ChatClientOptions = Endpoint & ClientSettings

/** Everything that has a default. */
export interface ClientSettings {
  /**
   * How streams travel. Server-sent events work everywhere, but over HTTP/1.1 a browser has six
   * connections per origin; a WebSocket is one for all. @default 'sse'
   */
  transport?: 'sse' | 'websocket'
  /** @default `url` with ws: or wss:, and `/ws` at its end */
  webSocketUrl?: string | URL
  /** Sent with every call; a function is asked before each. @default none */
  headers?: HeadersSource
  /** @default the platform's */
  fetch?: typeof globalThis.fetch
  /** @default the platform's */
  WebSocket?: WebSocketConstructor
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
  /** How long a WebSocket may take to open, in ms. @default 10_000 */
  openTimeout?: number
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
