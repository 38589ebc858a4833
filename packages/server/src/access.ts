import { CaughtupError, type Contract, excerpt, type Session } from '@caughtup/schema'

import type { Settings } from './options.ts'

/** Who calls. What else the host puts into it comes back to its own functions. */
export interface Principal {
  readonly id: string
}

/** What `principal` decides by. */
export interface ChatRequest {
  readonly headers: Headers
  /** Absolute where the transport knows it. */
  readonly url?: string
}

/** A procedure of the contract by its path: `onChat`, `messages.send`, `server.stats` … */
export type Action = {
  [K in keyof Contract]: Contract[K] extends { '~orpc': unknown }
    ? K
    : `${K}.${keyof Contract[K] & string}`
}[keyof Contract]

/** Whether `principal` may do it; `session` is there where the action is about one. */
export type Can = (
  principal: Principal,
  action: Action,
  session: Session | undefined,
) => boolean | Promise<boolean>

/** Decides who calls and what is theirs. What is not is not found. */
export class Access {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws CaughtupError `UNAUTHORIZED` */
  async caller(request: ChatRequest): Promise<Principal> {
    const principal = await this.#settings.principal(request)
    if (!principal) throw new CaughtupError('UNAUTHORIZED', 'The credentials name no principal.')
    return principal
  }

  /** @throws CaughtupError `NOT_FOUND`, for what does not exist and for what is not the caller's */
  async session(principal: Principal, action: Action, sessionId: string): Promise<Session> {
    const session = await this.#settings.store.sessions.get(sessionId, principal.id)
    if (await this.#can(principal, action, session)) return session
    throw new CaughtupError('NOT_FOUND', `There is no session ${excerpt(sessionId)}.`, {
      field: 'sessionId',
      value: excerpt(sessionId),
    })
  }

  /** For actions that are about no session in particular. @throws CaughtupError `NOT_FOUND` */
  async general(principal: Principal, action: Action): Promise<void> {
    const granted = action !== 'server.stats' || (await this.#settings.stats(principal))
    if (granted && (await this.#can(principal, action, undefined))) return
    throw new CaughtupError('NOT_FOUND', `There is no ${action} for this principal.`)
  }

  async #can(principal: Principal, action: Action, session: Session | undefined): Promise<boolean> {
    return (await this.#settings.can?.(principal, action, session)) ?? true
  }
}
