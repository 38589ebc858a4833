import {
  type ActivityFrame,
  contract,
  type OnChatInput,
  type Page,
  type PageCursor,
  type SendInput,
} from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { implement, withEventMeta } from '@orpc/server'
import { RPCHandler } from '@orpc/server/fetch'
import { onTestFinished } from 'vitest'

import type { ChatClientOptions } from '../../src/chat-client-options.ts'
import type { Network } from '../../src/core/network.ts'
import { createChatClient } from '../../src/create-chat-client.ts'
import { sse, type SseOptions } from '../../src/links/sse.ts'
import type { SentFrame } from './recording.ts'

export interface Script {
  onChat?: (input: OnChatInput, signal: AbortSignal) => AsyncIterable<SentFrame>
  activity?: (
    since: string | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<{ frame: ActivityFrame; eventId?: string }>
  send?: (input: SendInput) => Promise<{ messageId: string; runId: string; queued: boolean }>
  loadMore?: (input: { cursor?: PageCursor }) => Promise<Page>
  around?: (input: { messageId: string }) => Promise<Page>
  markRead?: (input: { upTo: number }) => Promise<{ upTo: number }>
  interrupt?: (input: { runId?: string }) => Promise<{ interrupted: boolean }>
}

/** A scripted server behind the real contract, which counts its open streams. */
export class ScriptedServer {
  readonly #script: Script
  readonly requests: OnChatInput[] = []
  readonly activityRequests: (string | undefined)[] = []
  open = 0
  mostOpen = 0

  constructor(script: Script) {
    this.#script = script
  }

  router() {
    const script = this.#script
    const procedures = implement(contract)
    return {
      onChat: procedures.onChat.handler(({ input, signal }) => {
        this.requests.push(input)
        return this.#stream(given(script.onChat), input, signal)
      }),
      messages: {
        send: procedures.messages.send.handler(({ input }) => given(script.send)(input)),
      },
      runs: {
        interrupt: procedures.runs.interrupt.handler(({ input }) => given(script.interrupt)(input)),
      },
      history: {
        loadMore: procedures.history.loadMore.handler(({ input }) => given(script.loadMore)(input)),
        around: procedures.history.around.handler(({ input }) => given(script.around)(input)),
      },
      activity: {
        subscribe: procedures.activity.subscribe.handler(({ input, signal }) => {
          this.activityRequests.push(input?.since)
          return this.#stream(given(script.activity), input?.since, signal)
        }),
        markRead: procedures.activity.markRead.handler(({ input }) =>
          given(script.markRead)(input),
        ),
      },
    }
  }

  async *#stream<Input, Frame extends object>(
    play: (input: Input, signal: AbortSignal) => AsyncIterable<{ frame: Frame; eventId?: string }>,
    input: Input,
    signal = new AbortController().signal,
  ): AsyncGenerator<Frame, void, void> {
    this.open += 1
    this.mostOpen = Math.max(this.mostOpen, this.open)
    let counted = true
    const leave = () => {
      if (counted) this.open -= 1
      counted = false
    }
    signal.addEventListener('abort', leave)
    try {
      for await (const { frame, eventId } of play(input, signal)) {
        yield eventId === undefined ? frame : withEventMeta(frame, { id: eventId })
      }
    } finally {
      leave()
    }
  }
}

function given<T>(handler: T | undefined): T {
  if (handler === undefined) throw new Error('the script has no such procedure')
  return handler
}

export class FakeNetwork implements Network {
  online = true
  visible = true
  readonly #listeners = new Set<() => void>()
  isOnline = () => this.online
  isVisible = () => this.visible

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  change(state: { online?: boolean; visible?: boolean }): void {
    Object.assign(this, state)
    for (const listener of this.#listeners) listener()
  }
}

/** A client over the in-process handler, on a clock that stands still. */
export function setUp(
  script: Script,
  options: Partial<ChatClientOptions> = {},
  linkOptions: Partial<SseOptions> = {},
  /** Stands between the client and the server. */
  through: (answer: () => Promise<Response>) => Promise<Response> = (answer) => answer(),
) {
  const clock = new ManualClock()
  const network = new FakeNetwork()
  let outage = new AbortController()
  const server = new ScriptedServer(script)
  const handler = new RPCHandler(server.router())
  const client = createChatClient({
    link: sse({
      url: 'http://test/rpc',
      async fetch(input, init) {
        const breaks = input.url.endsWith('/onChat') ? [outage.signal] : []
        const signal = AbortSignal.any([input.signal, ...breaks])
        const request = new Request(input, { ...init, signal })
        return through(async () => {
          const { response } = await handler.handle(request, { prefix: '/rpc', context: {} })
          return response ?? new Response('not here', { status: 404 })
        })
      },
      ...linkOptions,
    }),
    clock,
    network,
    random: () => 0.5,
    ...options,
  })
  onTestFinished(() => client.close())
  /** Breaks the streams of sessions like a failing network, but no call. */
  const cut = () => {
    const broken = outage
    outage = new AbortController()
    broken.abort(new TypeError('the connection was cut'))
  }
  return { client, clock, network, server, cut }
}

/** Lets the event loop turn, without time passing on the clock, until the condition holds. */
export async function until(condition: () => boolean, turns = 2_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (condition()) return
    await settle()
  }
  throw new Error(`never came true: ${condition.toString()}`)
}

/** Lets everything that is under way in this process finish. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await settle()
}

/** Resolves when the signal aborts: for a server that stays silent. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}
