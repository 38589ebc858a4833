import { Random } from '../../packages/schema/src/testing/random.ts'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'

import { openFaultProxy } from '../../tests/src/support/fault-proxy.ts'
import { SteppedAgent } from '../../tests/src/system/stepped-agent.ts'

/** A real server whose agent says what a test lets it say, and whose callers have a token that may expire. */
export interface TestChatServer {
  readonly url: string
  readonly store: Store
  readonly agent: SteppedAgent
  readonly sessionId: string
  /** The only token that is valid, as `authorization`. */
  token: string
  /** Harms no more connections from now on. */
  calm(): void
  [Symbol.asyncDispose](): Promise<void>
}

export interface TestChatServerOptions {
  /** Of a proxy that harms connections. @default there is none */
  seed?: number
  /** Answers what is not for the chat server. @default a 404 */
  page?: (path: string) => string | undefined
  /** How many messages a window has. @default the store's */
  windowMessages?: number
}

export async function openChatServer({
  seed,
  page,
  windowMessages,
}: TestChatServerOptions = {}): Promise<TestChatServer> {
  const store = await createStore({
    storage: memory(),
    ...(windowMessages !== undefined && { limits: { windowMessages } }),
  })
  const agent = new SteppedAgent()
  const server: { token: string } = { token: 'first' }
  const chat = createChatServer({
    store,
    agent: agent.agent,
    principal: ({ headers }) =>
      headers.get('authorization') === server.token ? { id: 'me' } : undefined,
    drain: 0,
    // Tests make agents fail on purpose.
    onError: () => {},
  })
  const serving = await serve(chat, {
    ...(page && {
      fallback(request, response) {
        const body = page(request.url ?? '')
        const isScript = request.url?.endsWith('.js')
        response.statusCode = body === undefined ? 404 : 200
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
        response.end(body)
      },
    }),
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const proxy =
    seed === undefined ? undefined : await openFaultProxy(() => serving.port, new Random(seed))
  return Object.assign(server, {
    url: `http://127.0.0.1:${proxy?.port ?? serving.port}`,
    store,
    agent,
    sessionId,
    calm: () => proxy?.calm(),
    async [Symbol.asyncDispose]() {
      await proxy?.close()
      await serving.close()
      await store.close()
    },
  })
}
