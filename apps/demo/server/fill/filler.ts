import type { AgentContext, ChatRequest, ChatServer, Principal } from '@caughtup/server'
import type { Store } from '@caughtup/store'

import { createFillClient } from './fill-client.ts'
import { countPrompts, type PlannedSession } from './fill-plan.ts'
import { fill, type Filling } from './fill.ts'
import { fillPromptId } from './session-filler.ts'

/** Fills an empty database behind a server that is already answering. */
export class Filler {
  readonly #principal: Principal
  /** Its own, so that nothing from outside can pass for it. */
  readonly #request: ChatRequest = { headers: new Headers() }
  readonly #sessionIds = new Set<string>()
  readonly #stopping = new AbortController()
  #filling: Filling = 'done'
  #finished: Promise<void> = Promise.resolve()

  /** @param principal whom the sessions belong to */
  constructor(principal: Principal) {
    this.#principal = principal
  }

  get filling(): Filling {
    return this.#filling
  }

  /** Resolves when the filling is over, also when it failed. */
  get finished(): Promise<void> {
    return this.#finished
  }

  /** The principal of the filling's own requests, `undefined` for all others. */
  principalOf(request: ChatRequest): Principal | undefined {
    return request === this.#request ? this.#principal : undefined
  }

  /** Whether the filling asked, so that nobody waits to see the answer stream. */
  asked({ sessionId, prompt }: AgentContext): boolean {
    return this.owns(sessionId) && fillPromptId.test(prompt.id)
  }

  /** Whether a session is one that it is filling. */
  owns(sessionId: string): boolean {
    return this.#sessionIds.has(sessionId)
  }

  start(options: { chat: ChatServer; store: Store; plan: readonly PlannedSession[] }): void {
    const { chat, store, plan } = options
    this.#filling = { done: 0, total: countPrompts(plan.flatMap(({ steps }) => steps)) }
    this.#finished = this.#fill(chat, store, plan)
  }

  /** Returns when it has stopped. The next start goes on with what is left. */
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
      // The demo is worth using without it.
      this.#filling = 'failed'
      console.error('Filling the empty database failed:', error)
    } finally {
      this.#sessionIds.clear()
    }
  }
}
