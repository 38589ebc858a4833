// A page without a framework, which tests drive: one client with an outbox in IndexedDB, and one session.
import {
  type ChatClient,
  createChatClient,
  type PendingPrompt,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { indexedDbOutbox, indexedDbOutboxStore } from '@caughtup/web-client/indexed-db'
import { outboxStoreCases } from '@caughtup/web-client/testing'

/** What a test finds in the page. */
export interface OfflinePage {
  client: ChatClient
  session: SessionView
  pending(): readonly PendingPrompt[]
  /** The texts of the user's messages. */
  prompts(): string[]
  /** Names of the cases that fail, with their errors. */
  failingCases(): Promise<string[]>
}

const parameters = new URLSearchParams(location.search)
const given = (name: string) => parameters.get(name) ?? ''
const url = `${given('server')}/rpc?as=${given('user')}`
const client = createChatClient({
  link: given('link') === 'sse' ? sse({ url }) : webSocket({ url }),
  outbox: indexedDbOutbox({ user: given('user') }),
  reconnect: { maxDelay: 500 },
})
const session = client.session(given('session'))
session.subscribe(() => {})

window.offlinePage = {
  client,
  session,
  pending: () => session.getSnapshot().pending,
  prompts: () =>
    session
      .getSnapshot()
      .messages.filter(({ role }) => role === 'user')
      .map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')),
  async failingCases() {
    const failing: string[] = []
    for (const { name, run } of outboxStoreCases) {
      const user = crypto.randomUUID()
      await run(() => indexedDbOutboxStore({ user })).catch((error: unknown) => {
        failing.push(`${name}: ${String(error)}`)
      })
    }
    return failing
  },
}
