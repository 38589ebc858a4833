import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { RouterClient } from '@orpc/server'

import type { ChatServer } from './create-chat-server.ts'
import type { ChatRouter } from './procedures/router.ts'

/** Every procedure of the contract as a typed function; streams are async iterators. */
export type TestClient = RouterClient<ChatRouter>

export interface TestClientOptions {
  /** What `principal` decides by. @default {} */
  headers?: Record<string, string>
}

/**
 * A client in the server's own process, for tests of an application that hosts it. Calls take the
 * way of real ones through `chat.fetch` (the guard, `principal`, `can`, limits, the encoding of the
 * wire) without a port; errors have the `code` and the `data` that clients see.
 *
 * A stream is closed by leaving its `for await`, or by `return()`.
 */
export function createTestClient(chat: ChatServer, options: TestClientOptions = {}): TestClient {
  const { headers = {} } = options
  const url = new URL(chat.settings.path, 'http://localhost')
  return createORPCClient(new RPCLink({ url, headers, fetch: (request) => chat.fetch(request) }))
}
