export {
  type AttachmentStorageCase,
  attachmentStorageCases,
} from './attachments/attachment-storage-cases.ts'

import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { RouterClient } from '@orpc/server'

import type { ChatServer } from './create-chat-server.ts'
import type { ChatRouter } from './procedures/router.ts'

/** Every procedure of the contract as a typed function; streams are async iterators. */
export type TestClient = RouterClient<ChatRouter>

export interface TestClientOptions {
  /** Headers of the handshake and the calls, for the host's `principal`. @default {} */
  headers?: Record<string, string>
}

/**
 * A client in the server's own process, for tests of an application that hosts it. Calls go through
 * `chat.fetch` like real ones (guard, `principal`, `can`, limits, encoding) but need no port; errors
 * have the `code` and `data` that clients see.
 *
 * Leaving a `for await` loop closes its stream, and so does `return()`.
 */
export function createTestClient(chat: ChatServer, options: TestClientOptions = {}): TestClient {
  const { headers = {} } = options
  const url = new URL(chat.settings.path, 'http://localhost')
  return createORPCClient(new RPCLink({ url, headers, fetch: (request) => chat.fetch(request) }))
}
