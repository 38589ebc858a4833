import { type Limits, preview } from '@caughtup/schema'
import { defaultAssistantName } from '@caughtup/schema/notice'
import { type OnError, resolveOnError, type Store } from '@caughtup/store'

import type { Can, Principal } from './principal.ts'
import type { ChatRequest } from './request.ts'
import type { Agent } from './agent.ts'
import { carefulDescribe, type DescribeError } from './describe-error.ts'
import type { Summarise } from './summarise.ts'

export interface ChatServerOptions {
  /**
   * Where everything is kept, and whose limits hold. The server does not close it. One chat server
   * at a time: a second one on the same store takes the first one's runs for lost.
   */
  store: Store
  agent: Agent
  /** Without it, `history.compact` answers `BAD_INPUT`. */
  summarise?: Summarise
  /**
   * Who calls, from the request's headers or URL; `undefined` is answered with `UNAUTHORIZED`. On a
   * WebSocket it gets the handshake, once per call, so that credentials can expire.
   */
  principal: (request: ChatRequest) => Principal | undefined | Promise<Principal | undefined>
  /**
   * Narrows what members may do: a refusal is answered as if it did not exist. Only `true` grants.
   * What it throws is answered with `INTERNAL_SERVER_ERROR` and goes to `onError`.
   * @default everything
   */
  can?: Can
  /** Who may read `server.stats`; only `true` grants. @default nobody */
  stats?: (principal: Principal) => boolean | Promise<boolean>
  /** The name in notices; blank means the default. @default 'Assistant' */
  assistantName?: string
  /** The model of prompts that name none; the agent gets it too. Lists show it. */
  model?: string
  /** Size of the model's context window in tokens, where the agent's `finish` does not name it. */
  contextLimit?: number
  /** How long a silent process is taken for alive, in ms. A run it held ends within two of these. @default 5000 */
  lease?: number
  /** Most time between two heartbeats of a stream, in ms. @default 5000 */
  heartbeat?: number
  /** How long a stream may leave a frame unread before it is closed, in ms. @default 60000 */
  stuckAfter?: number
  /**
   * How long `close` lets runs go on before it interrupts them, in ms. It is over 3 s after that, and
   * `close` of `serve` 5 s after that.
   * @default 5000
   */
  drain?: number
  /** Where the server answers; the WebSocket is at `<path>/ws`. @default '/rpc' */
  path?: string
  /**
   * Origins of pages on other hosts that may call, as browsers send them (`https://example.org`).
   * Pages of the request's own host always may, and so may programs that are not browsers: they
   * send neither `Origin` nor `Sec-Fetch-Site`.
   * @default []
   */
  origins?: readonly string[]
  /**
   * Hosts that requests may be addressed to, as their `Host` header names them: with a port, or
   * without one for any port. `'any'` allows all. Loopback names (`localhost`, `127.0.0.1`, `[::1]`)
   * are always allowed.
   *
   * The default keeps pages from reaching a server on this machine under a name of their own (DNS
   * rebinding): connections that come in on a loopback address may use loopback names only. Behind
   * a proxy on the same machine that passes the `Host` on, name the public hosts here.
   * Connections from outside may use any name, and so may requests to `fetch`, which does not see
   * the connection.
   */
  hosts?: readonly string[] | 'any'
  /** Gets every failure whole, also those of agents and tools. @default `console.error` */
  onError?: OnError
  /**
   * Words for clients about what an agent, a tool or `summarise` failed of, which may be anybody's
   * error. They stand in the message, and a model reads those of a tool. For `undefined` they are
   * those of a `CaughtupError`, else neutral.
   */
  describeError?: DescribeError
}

type Optional = 'summarise' | 'can' | 'model' | 'contextLimit' | 'hosts'

/** The options with every default in place. */
export interface Settings
  extends Required<Omit<ChatServerOptions, Optional>>, Pick<ChatServerOptions, Optional> {
  limits: Readonly<Limits>
}

/** @throws TypeError for an option that is missing or of another type */
export function resolveOptions(options: ChatServerOptions): Settings {
  assertType('store', options.store, 'object')
  assertType('agent', options.agent, 'function')
  assertType('principal', options.principal, 'function')
  for (const name of ['can', 'stats', 'summarise', 'onError', 'describeError'] as const) {
    if (options[name] !== undefined) assertType(name, options[name], 'function')
  }
  const onError = resolveOnError(options.onError)
  return {
    ...options,
    stats: options.stats ?? (() => false),
    assistantName: options.assistantName?.trim() || defaultAssistantName,
    lease: options.lease ?? 5_000,
    heartbeat: options.heartbeat ?? 5_000,
    stuckAfter: options.stuckAfter ?? 60_000,
    drain: options.drain ?? 5_000,
    limits: options.store.limits,
    path: normalisePath(options.path ?? '/rpc'),
    origins: options.origins ?? [],
    onError,
    describeError: carefulDescribe(options.describeError, onError),
  }
}

function assertType(name: string, value: unknown, type: 'object' | 'function'): void {
  if (typeof value === type && value !== null) return
  throw new TypeError(
    `createChatServer needs \`${name}\`, which is a ${type === 'object' ? 'store' : 'function'}; it got ${preview(value)}`,
  )
}

/** With one slash in front and none behind. */
function normalisePath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, '')}`
}
