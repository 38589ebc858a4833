import { type Contract, preview, type Session } from '@caughtup/schema'
import type { OnError, Store } from '@caughtup/store'
import type { ORPCError, Router, RouterClient } from '@orpc/server'

import type { ChatContext } from './principal.ts'

/** Every procedure of the contract as a function; what it refuses is an `ORPCError` with the contract's code. */
export type ProcedureClient = RouterClient<Router<Contract, ChatContext>>

/**
 * Another protocol for the same sessions, at a path of its own beside the contract's: an entry of
 * `createChatServer`'s `mounts`. `fetch`, `nodeHandler` and `serve` answer its requests, after the same
 * checks of hosts, origins, methods, types and sizes as for procedures.
 */
export interface Mount {
  /** Where it is, such as `/api/chat`: not under the chat server's own path. Of nested mounts the longer path wins. */
  readonly path: string
  /** Headers of answers that pages of allowed origins may read. @default none */
  readonly exposedHeaders?: readonly string[]
  /** Size of the largest body, in bytes. @default the limit `bodyBytes` */
  readonly bodyBytes?: number
  /** Called once, when the chat server is made. */
  routes(chat: MountedChat): readonly MountRoute[]
  /**
   * How an error is answered in this protocol.
   * @default the error as JSON: `code`, `status`, `message`, `data`
   */
  failure?(error: ORPCError<string, unknown>): MountAnswer
}

/** What a mount may use of the chat server that it belongs to. */
export interface MountedChat {
  readonly router: Router<Contract, ChatContext>
  readonly store: Store
  /** The path of the contract's procedures. */
  readonly path: string
  /** The path of attachments, such as `/rpc/attachments`; absent if the server takes none. */
  readonly attachments?: string
  readonly onError: OnError
}

export interface MountRoute {
  /** Requests with another method get a 405. `HEAD` has to be listed where it is answered. */
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'POST'
  /**
   * Under the mount's path: `''` is the path itself. A segment such as `:id` takes any text, percent-decoded;
   * a last segment `*` takes all that follows.
   */
  readonly path: string
  answer(call: MountCall): Promise<MountAnswer>
}

export interface MountCall {
  /** Calls procedures as the caller of this request: with its permissions and limits. */
  readonly client: ProcedureClient
  /**
   * The session, if the caller may follow it (`onChat`).
   *
   * @throws CaughtupError `UNAUTHORIZED`; `NOT_FOUND`, also for a session that is not the caller's
   */
  session(sessionId: string): Promise<Session>
  /**
   * The same for an answer that takes long or holds much: it counts among the caller's open streams until
   * its signal is aborted, as by disposing of it.
   *
   * @throws CaughtupError `UNAUTHORIZED`, `NOT_FOUND`; `LIMIT_EXCEEDED` (`streamsPerPrincipal`) with
   *   `retryAfter`; `UNAVAILABLE` once the server closes
   */
  stream(sessionId: string): Promise<MountStream>
  /** What the segments of the route took; that of `*` is `rest`. */
  readonly params: Readonly<Record<string, string>>
  readonly url: URL
  readonly headers: Headers
  /**
   * The body, which is JSON; undefined if it is empty.
   *
   * @throws CaughtupError `TOO_LARGE`
   * @throws SyntaxError if it is not JSON, answered as `BAD_INPUT`
   */
  body(): Promise<unknown>
  /** For handlers of oRPC: the context of procedures, with the request as `principal` gets it. */
  readonly context: ChatContext
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

/** A place among the caller's open streams. */
export interface MountStream extends Disposable {
  readonly session: Session
  /**
   * Aborted when the client disconnects, when it is disposed of, and when a stream of `onChat` would end: with
   * `NOT_FOUND` when the caller may no longer follow the session or it is deleted, with `UNAVAILABLE` when the
   * server closes.
   */
  readonly signal: AbortSignal
}

export interface MountAnswer {
  /** @default 200 */
  status?: number
  /** @default `cache-control: no-store` */
  headers?: Readonly<Record<string, string>>
  /** Sent as it is. */
  text?: string
  /** Sent as JSON. */
  json?: unknown
  /**
   * Server-sent events, each with its empty line at the end, pulled as fast as the client reads them.
   * Comments keep the connection alive between them. The answer ends with them; if they throw, the
   * connection is cut, so that no client takes what it has for the whole. When the client disconnects,
   * `return` of the iterator is called.
   */
  events?: AsyncIterable<string>
}

/**
 * Checks the mounts, and brings their paths into one form.
 *
 * @throws TypeError if two have the same path, or one is under `path`
 */
export function resolveMounts(mounts: readonly Mount[], path: string): readonly Mount[] {
  const taken = new Set<string>()
  for (const mount of mounts) {
    const own = normalisePath(mount.path)
    const inside = path === '/' ? own === path : isUnder(path, own)
    if (inside || taken.has(own)) {
      const why = inside ? `is under the chat server's \`path\` ${path}` : 'has another mount'
      throw new TypeError(
        `createChatServer: a mount must have a path of its own; ${preview(own)} ${why}.`,
      )
    }
    taken.add(own)
  }
  return mounts
}

/** @param target - a request's path, perhaps with its query */
export function isUnder(path: string, target: string): boolean {
  const [pathname = ''] = target.split('?', 1)
  return pathname === path || pathname.startsWith(path === '/' ? '/' : `${path}/`)
}

/** One slash in front, none behind. */
export function normalisePath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, '')}`
}
