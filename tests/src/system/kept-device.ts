import {
  type CacheStore,
  type ChatClient,
  type KeptPrompt,
  type OutboxStore,
  type SessionView,
  storedCache,
  storedOutbox,
} from '@caughtup/web-client'

type Open = (kept: {
  outbox: ReturnType<typeof storedOutbox>
  cache: ReturnType<typeof storedCache>
}) => ChatClient

/** A page that keeps its prompts and its messages, and that is reloaded: each time another client, over the same stores. */
export class KeptDevice {
  readonly #open: Open
  readonly #sessionId: string
  readonly #prompts = new Map<string, KeptPrompt>()
  readonly #sessions = new Map<string, unknown>()
  #page: { client: ChatClient; view: SessionView; closed: Promise<unknown>; isGone: boolean }
  /** How often the page has begun with messages of its cache. */
  restored = 0

  constructor(sessionId: string, open: Open) {
    this.#sessionId = sessionId
    this.#open = open
    this.#page = this.#load()
  }

  get view(): SessionView {
    return this.#page.view
  }

  /** Resolves when the prompt is answered, or the page is gone: the next one sends what was kept then. */
  async send(text: string): Promise<void> {
    const page = this.#page
    try {
      await page.view.send({ text, messageId: text })
    } catch (error) {
      if (!page.isGone) throw error
    }
  }

  async reload(): Promise<void> {
    const page = this.#page
    page.isGone = true
    page.client.close()
    // A page that is gone writes no more.
    await page.closed
    this.#page = this.#load()
  }

  #load() {
    const [outbox, cache] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const client = this.#open({
      outbox: storedOutbox(this.#outboxStore(outbox.resolve)),
      cache: storedCache(this.#cacheStore(cache.resolve)),
    })
    const view = client.session(this.#sessionId)
    view.subscribe(() => {})
    const closed = Promise.all([outbox.promise, cache.promise])
    return { client, view, closed, isGone: false }
  }

  /** A map keeps the place of an entry that is set again. */
  #outboxStore(close: () => void): OutboxStore {
    return {
      list: async () => [...this.#prompts.values()],
      change: async (messageId, decide) => {
        const kept = decide(this.#prompts.get(messageId))
        if (kept) this.#prompts.set(messageId, kept)
        else this.#prompts.delete(messageId)
      },
      close,
    }
  }

  #cacheStore(close: () => void): CacheStore {
    return {
      read: async (sessionId) => {
        const session = this.#sessions.get(sessionId)
        if (session !== undefined) this.restored++
        return structuredClone(session)
      },
      write: async (sessionId, session) => {
        this.#sessions.set(sessionId, structuredClone(session))
      },
      remove: async (sessionId) => void this.#sessions.delete(sessionId),
      close,
    }
  }
}
