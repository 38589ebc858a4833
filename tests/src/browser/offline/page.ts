// A page without a framework, which tests drive: one client with an outbox in IndexedDB, and one session.
import {
  type ChatClient,
  createChatClient,
  type PendingPrompt,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import {
  forgetUser,
  indexedDbCache,
  indexedDbOutbox,
  indexedDbOutboxStore,
} from '@caughtup/web-client/indexed-db'
import type { View } from '@caughtup/schema/fold'
import { outboxStoreCases } from '@caughtup/web-client/testing'

/** What a test finds in the page. */
export interface OfflinePage {
  client: ChatClient
  session: SessionView
  pending(): readonly PendingPrompt[]
  /** The texts of the user's messages. */
  prompts(): string[]
  /** The ids of the sessions that are cached, each with the count of its messages. */
  cached(): Promise<string[]>
  /** Ends the subscription of the page. */
  leave(): void
  /** Signs the user out. */
  forget(): Promise<void>
  /** Names of the cases that fail, with their errors. */
  failingCases(): Promise<string[]>
}

const parameters = new URLSearchParams(location.search)
const given = (name: string) => parameters.get(name) ?? ''
const url = `${given('server')}/rpc?as=${given('user')}`
const client = createChatClient({
  link: given('link') === 'sse' ? sse({ url }) : webSocket({ url }),
  outbox: indexedDbOutbox({ user: given('user') }),
  cache: indexedDbCache({ user: given('user'), sessions: 2 }),
  reconnect: { maxDelay: 500 },
})
const session = client.session(given('session'))
const leave = session.subscribe(() => {})

window.offlinePage = {
  client,
  session,
  pending: () => session.getSnapshot().pending,
  prompts: () =>
    session
      .getSnapshot()
      .messages.filter(({ role }) => role === 'user')
      .map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')),
  async cached() {
    const name = `caughtup-cache:${given('user')}`
    const entries = await new Promise<unknown>((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.addEventListener('error', reject)
      opening.addEventListener('success', () => {
        const database = opening.result
        const entries = database.transaction('sessions').objectStore('sessions').getAll()
        entries.addEventListener('success', () => {
          database.close()
          resolve(entries.result)
        })
      })
    })
    return (entries as { sessionId: string; session: { view: View } }[]).map(
      ({ sessionId, session: { view } }) => `${sessionId} ${view.messages.length}`,
    )
  },
  leave,
  forget() {
    client.close()
    return forgetUser({ user: given('user') })
  },
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
