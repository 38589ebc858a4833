import { Access } from './access/access.ts'
import { CallLimit } from './access/call-limit.ts'
import { RateLimit } from './access/rate-limit.ts'
import { ReadSlots } from './access/read-slots.ts'
import { RequestGuard } from './access/request-guard.ts'
import { AgentKind } from './agent/agent-kind.ts'
import { AttachmentRoute } from './attachments/attachment-route.ts'
import { closeChat } from './close-chat.ts'
import { CompactionKind } from './epochs/compaction-kind.ts'
import { IdleCompactions } from './epochs/idle-compactions.ts'
import { RequestEpoch, type RequestedEpoch } from './epochs/request-epoch.ts'
import { ResetKind } from './epochs/reset-kind.ts'
import { ChangeHistory } from './history/change-history.ts'
import { HookCalls } from './hooks/hook-calls.ts'
import {
  type ChatServerOptions,
  type DeclaredOptions,
  resolveOptions,
  type Settings,
} from './host/server-options.ts'
import { Mounts } from './mounts/mounts.ts'
import { type ChatRouter, createRouter } from './procedures/router.ts'
import { AnswerAgain } from './prompts/answer-again.ts'
import { SendMessage } from './prompts/send-message.ts'
import { UpdateQueued } from './prompts/update-queued.ts'
import { Respond } from './runs/respond.ts'
import { SessionTitle } from './prompts/session-title.ts'
import { RunWatch } from './runs/run-watch.ts'
import { Runs } from './runs/runs.ts'
import { Signals } from './streams/signals.ts'
import { StreamRegistry } from './streams/stream-registry.ts'
import { TranscriptMerges } from './transcripts/transcript-merges.ts'
import { createFetch } from './transports/http/fetch.ts'
import { createHttpAnswer } from './transports/http/http-answer.ts'
import { createNodeHandler, type NodeHandler } from './transports/http/node-handler.ts'

export interface ChatServer {
  /**
   * For your own oRPC handler, with the context `{ request: { headers, url } }`. The router identifies
   * and authorizes the caller and maps errors, nothing else: without `guard`, the handler accepts any
   * method that oRPC accepts, any page, any host, and bodies of any type and size.
   */
  readonly router: ChatRouter
  /** A plugin that makes your own handler as strict as `fetch` and `nodeHandler`. */
  readonly guard: RequestGuard
  /** The options with every default filled in, for transports. */
  readonly settings: Readonly<Settings>
  /** Answers requests under `settings.path`, and those of mounts, over HTTP and SSE: for Hono, Next, Bun, Deno … */
  readonly fetch: (request: Request) => Promise<Response>
  /**
   * The same as middleware for `node:http` and frameworks on it, such as Express and Fastify: requests
   * to other paths go to `next`, or get a 404. For the WebSocket use `attachWebSocket` of
   * `@caughtup/server/node`.
   */
  readonly nodeHandler: NodeHandler
  /**
   * Starts the background work: ending the runs of dead processes as `lost`, running the prompts that an
   * earlier process left in queues, and making the calls of hooks that it left. The first call starts it as well, and so do
   * `attachWebSocket` and `serve`; call this if you mount `fetch` or `nodeHandler` and do not want to
   * wait for a first call.
   */
  start(): void
  /**
   * Compacts a session for the host's own code, as `history.compact` does for a member: starts the run,
   * or queues it behind those that wait. It has the trigger `auto` and no author.
   *
   * @throws CaughtupError `BAD_INPUT` (`no-summarise`) without `summarise`, `NOT_FOUND`,
   *   `LIMIT_EXCEEDED` when the queue is full, `UNAVAILABLE`, also once the server closes
   */
  compact(sessionId: string): Promise<RequestedEpoch>
  /**
   * Accepts no more calls, lets runs continue for up to `settings.drain` ms, interrupts the rest,
   * commits everything, and ends every stream with `shutting-down`. The next process runs the prompts
   * that are still queued. The store stays open.
   *
   * It never rejects, and finishes at most 3 s after the drain, whatever agents, readers and the
   * database do: `onError` gets an error about runs whose end is not written by then, and the store
   * keeps trying until it closes. `signal` ends the drain and leaves one more second. A second call
   * waits for the first one, and its `signal` works as well.
   */
  close(options?: { signal?: AbortSignal | undefined }): Promise<void>
}

/**
 * Implements the contract on a store: sessions, prompts, runs of the agent, streams.
 *
 * Nothing runs before `start` or the first call, and nothing keeps the process alive by itself, so a
 * build step may evaluate the module that calls this.
 */
export function createChatServer(options: ChatServerOptions & DeclaredOptions): ChatServer {
  const settings = resolveOptions(options)
  const { store, limits } = settings
  const access = new Access(settings)
  const streams = new StreamRegistry(settings)
  const signals = new Signals(settings, streams)
  const kinds = {
    agent: new AgentKind(settings, signals),
    compaction: new CompactionKind(settings),
    reset: new ResetKind(settings),
  }
  const closing = new AbortController()
  const transcripts = new TranscriptMerges(settings, closing.signal)
  const runs = new Runs(settings, kinds, transcripts)
  const watch = new RunWatch(settings, runs)
  const { runEnded, runWaiting } = settings.hooks
  const hooks = (runEnded ?? runWaiting) && new HookCalls(settings, streams.watchers)
  const idleCompactions = new IdleCompactions(settings, runs, closing.signal)
  const start = () => {
    hooks?.start()
    watch.start()
    idleCompactions.start()
  }
  const rates = {
    creates: new CallLimit('createsPerMinute', settings),
    sends: new CallLimit('sendsPerMinute', settings),
    interrupts: new RateLimit('interruptsPerMinute', { limits, clock: store.clock }),
    changes: new CallLimit('changesPerMinute', settings),
    uploads: new CallLimit('uploadsPerMinute', settings),
  }
  const requestEpoch = new RequestEpoch(settings, runs, rates.sends)
  const router = createRouter({
    settings,
    access,
    runs,
    transcripts,
    streams,
    signals,
    rates,
    reads: new ReadSlots(limits),
    requestEpoch,
    changeHistory: new ChangeHistory(settings, { access, runs, rate: rates.changes }),
    agents: kinds.agent,
    sendMessage: new SendMessage(settings, {
      runs,
      rate: rates.sends,
      titles: new SessionTitle(settings, closing.signal),
    }),
    respondTo: new Respond(settings, runs, rates.sends),
    updateQueuedPrompt: new UpdateQueued(settings, rates.changes),
    answerAgain: new AnswerAgain(settings, { access, runs, rate: rates.sends }),
    start,
    closing: closing.signal,
    startedAt: store.clock.monotonic(),
  })
  const guard = new RequestGuard(settings)
  const around = { start, closing: closing.signal, guard }
  const answer = createHttpAnswer(router, {
    ...around,
    settings,
    mounts: new Mounts(settings, { ...around, router, access, streams }),
    attachments:
      settings.attachments &&
      new AttachmentRoute(settings, settings.attachments, {
        ...around,
        access,
        rate: rates.uploads,
      }),
  })

  const hurry = new AbortController()
  let closed: Promise<void> | undefined
  const close = ({ signal }: { signal?: AbortSignal | undefined } = {}) => {
    closing.abort()
    if (signal?.aborted) hurry.abort()
    else signal?.addEventListener('abort', () => hurry.abort(), { once: true })
    return (closed ??= closeChat({ settings, runs, watch, streams, hooks }, hurry.signal))
  }
  return {
    router,
    guard,
    settings,
    fetch: createFetch(answer, settings),
    nodeHandler: createNodeHandler(answer, settings),
    start,
    async compact(sessionId) {
      start()
      return requestEpoch.request('compaction', sessionId)
    },
    close,
  }
}
