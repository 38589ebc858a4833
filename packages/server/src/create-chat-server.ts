import { AgentKind } from './agent/agent-kind.ts'
import { CompactionKind } from './epochs/compaction-kind.ts'
import { RequestEpoch } from './epochs/request-epoch.ts'
import { ResetKind } from './epochs/reset-kind.ts'
import { Access } from './access/access.ts'
import { closeChat } from './close-chat.ts'
import { createFetch } from './transports/fetch.ts'
import { RequestGuard } from './access/request-guard.ts'
import { createHttpAnswer } from './transports/http-answer.ts'
import { RunWatch } from './runs/run-watch.ts'
import { createNodeHandler, type NodeHandler } from './transports/node-handler.ts'
import { type ChatServerOptions, resolveOptions, type Settings } from './host/options.ts'
import { RateLimit } from './access/rate-limit.ts'
import { ReadSlots } from './access/read-slots.ts'
import { type ChatRouter, createRouter } from './procedures/router.ts'
import { Runs } from './runs/runs.ts'
import { SendMessage } from './prompts/send-message.ts'
import { StreamRegistry } from './streams/stream-registry.ts'

export interface ChatServer {
  /**
   * For an oRPC handler of one's own, with the context `{ request: { headers, url } }`. By itself it
   * decides who calls and maps its errors, and nothing else: without `guard` the handler takes any
   * method that oRPC takes, from any page and for any host, and bodies of any type and size.
   */
  readonly router: ChatRouter
  /** The plugin that makes a handler of one's own as strict as `fetch` and `nodeHandler` are. */
  readonly guard: RequestGuard
  /** The options with every default in place, for transports. */
  readonly settings: Readonly<Settings>
  /** Answers under `settings.path` over HTTP and SSE: for Hono, Next, Bun, Deno … */
  readonly fetch: (request: Request) => Promise<Response>
  /**
   * The same for `node:http` and what is built on it, such as Express and Fastify, as a middleware:
   * what is not under `settings.path` goes to `next`, or is not found. The WebSocket comes with
   * `attachWebSocket` of `@caughtup/server/node`.
   */
  readonly nodeHandler: NodeHandler
  /**
   * Begins what the server does by itself: it ends the runs of dead processes as `lost`, and runs
   * the prompts that still wait in queues. The first call does so too, and `attachWebSocket` and
   * `serve`; a process that mounts `fetch` or `nodeHandler` need not wait for that call.
   */
  start(): void
  /**
   * Takes no more calls, lets runs go on for up to `settings.drain` ms, interrupts what is left,
   * commits everything, and ends every stream with `shutting-down`. What waits in queues goes on
   * with the next process. The store stays open.
   *
   * It never rejects, and is over 3 s after the drain, whatever agents, readers and the database do:
   * `onError` is told of runs whose end could not be written by then; the store goes on to try until
   * it closes. `signal` ends the drain, and leaves it one more second. Calling it again waits for the
   * same end, and may hurry it.
   */
  close(options?: { signal?: AbortSignal | undefined }): Promise<void>
}

/**
 * Implements the contract on a store: sessions, prompts, runs of the agent, streams.
 *
 * Nothing runs before `start` or the first call, and nothing keeps the process alive by itself, so
 * a build may evaluate the module that calls this.
 */
export function createChatServer(options: ChatServerOptions): ChatServer {
  const settings = resolveOptions(options)
  const { store, limits } = settings
  const access = new Access(settings)
  const kinds = {
    agent: new AgentKind(settings),
    compaction: new CompactionKind(settings),
    reset: new ResetKind(settings),
  }
  const runs = new Runs(settings, kinds)
  const streams = new StreamRegistry(settings)
  const watch = new RunWatch(settings, runs)
  const rates = {
    creates: new RateLimit('createsPerMinute', { limits, clock: store.clock }),
    sends: new RateLimit('sendsPerMinute', { limits, clock: store.clock }),
    interrupts: new RateLimit('interruptsPerMinute', { limits, clock: store.clock }),
  }
  const closing = new AbortController()
  const router = createRouter({
    settings,
    access,
    runs,
    streams,
    rates,
    reads: new ReadSlots(limits),
    requestEpoch: new RequestEpoch(settings, runs, rates.sends),
    agents: kinds.agent,
    sendMessage: new SendMessage(settings, runs, rates.sends),
    start: () => watch.start(),
    closing: closing.signal,
    startedAt: store.clock.monotonic(),
  })
  const guard = new RequestGuard(settings)
  const answer = createHttpAnswer(router, {
    settings,
    guard,
    start: () => watch.start(),
    closing: closing.signal,
  })

  const hurry = new AbortController()
  let closed: Promise<void> | undefined
  const close = ({ signal }: { signal?: AbortSignal | undefined } = {}) => {
    closing.abort()
    if (signal?.aborted) hurry.abort()
    else signal?.addEventListener('abort', () => hurry.abort(), { once: true })
    return (closed ??= closeChat({ settings, runs, watch, streams }, hurry.signal))
  }
  return {
    router,
    guard,
    settings,
    fetch: createFetch(answer, settings),
    nodeHandler: createNodeHandler(answer, settings),
    start: () => watch.start(),
    close,
  }
}
