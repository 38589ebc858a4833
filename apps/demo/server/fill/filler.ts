import type { AgentContext, ChatRequest, ChatServer, Principal } from '@caughtup/server'
import type { Store } from '@caughtup/store'

import { createFillClient } from './fill-client.ts'
import { countPrompts, type PlannedSession } from './fill-plan.ts'
import { fill, type Filling } from './fill.ts'
import { fillPromptId } from './session-filler.ts'

/** Fills an empty database while the server already serves requests. */
export class Filler {
  readonly #principal: Principal
  /** Compared by identity, so that no outside request can act as the filling. */
  readonly #request: ChatRequest = { headers: new Headers() }
  readonly #sessionIds = new Set<string>()
  readonly #stopping = new AbortController()
  #filling: Filling = 'done'
  #finished: Promise<void> = Promise.resolve()

  /** @param principal the owner of the sessions */
  constructor(principal: Principal) {
    this.#principal = principal
  }

  get filling(): Filling {
    return this.#filling
  }

  /** Resolves when the filling has ended, also after a failure. */
  get finished(): Promise<void> {
    return this.#finished
  }

  /** The principal of the filling's own requests, `undefined` for all others. */
  principalOf(request: ChatRequest): Principal | undefined {
    return request === this.#request ? this.#principal : undefined
  }

  /** Whether the filling sent this prompt, so that nobody watches the answer stream. */
  asked({ sessionId, prompt }: AgentContext): boolean {
    return this.owns(sessionId) && fillPromptId.test(prompt.id)
  }

  /** Whether the filling is at work in this session. */
  owns(sessionId: string): boolean {
    return this.#sessionIds.has(sessionId)
  }

  start(options: { chat: ChatServer; store: Store; plan: readonly PlannedSession[] }): void {
    const { chat, store, plan } = options
    this.#filling = { done: 0, total: countPrompts(plan.flatMap(({ steps }) => steps)) }
    this.#finished = this.#fill(chat, store, plan)
  }

  /** Resolves when the filling has stopped. The next start resumes it. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#finished
  }

  async #fill(chat: ChatServer, store: Store, plan: readonly PlannedSession[]): Promise<void> {
    const { signal } = this.#stopping
    try {
      await fill({
        store,
        client: createFillClient(chat, this.#request),
        plan,
        signal,
        onSession: (sessionId) => this.#sessionIds.add(sessionId),
        onProgress: (filling) => (this.#filling = filling),
      })
    } catch (error) {
      if (signal.aborted) return
      // The demo is useful without it.
      this.#filling = 'failed'
      console.error('Filling the empty database failed:', error)
    } finally {
      this.#sessionIds.clear()
    }
  }
}
