import { CaughtupError, id, preview, type Session } from '@caughtup/schema'
import { refusalError } from '@caughtup/store'

import { sessionNotFound } from '../errors/call-errors.ts'
import { declaredObject } from '../host/declared.ts'
import type { Settings } from '../host/server-options.ts'
import type { Action, Principal } from '../host/principal.ts'
import type { ChatRequest } from '../host/principal.ts'
import { type ActionOf, whoMay } from './who-may.ts'

/** Identifies callers and decides what they may do. A refusal looks like something that does not exist. */
export class Access {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws CaughtupError `UNAUTHORIZED` */
  async caller(request: ChatRequest): Promise<Principal> {
    const principal = await this.#settings.principal(request)
    if (!principal)
      throw new CaughtupError('UNAUTHORIZED', 'The credentials do not identify a principal.')
    const declared = await this.#declared(principal)
    if (typeof declared.id === 'string' && declared.id !== '') return declared
    throw new TypeError(
      `\`principal\` must return { id: string } or undefined, not ${preview(principal)}.`,
    )
  }

  /**
   * For actions of messages' authors, {@link authorizeMessages} has to follow. `about` is the
   * principal whom the call adds or removes, if any.
   *
   * @throws CaughtupError `NOT_FOUND` if the session does not exist or the caller may not do this
   */
  async authorizeSession(
    principal: Principal,
    action: ActionOf<'members' | 'author' | 'self' | 'owner'>,
    sessionId: string,
    about?: string,
  ): Promise<Session> {
    // A mount takes any text for an id, and databases do not.
    if (!id.safeParse(sessionId).success) throw sessionNotFound(sessionId)
    const session = await this.#settings.store.sessions.get(sessionId, principal.id)
    const isOwner = session.owner === principal.id
    const isGranted = isOwner || isGrantedTo(whoMay[action], principal, about)
    const whom = about === undefined ? [] : [about]
    if (isGranted && (await this.#can(principal, action, session, whom))) return session
    throw sessionNotFound(sessionId)
  }

  /**
   * Whether the messages of an action are the caller's: prompts that the caller sent, or any messages
   * if the caller owns the session. A message that is not shown is only the owner's.
   *
   * @throws CaughtupError `NOT_FOUND`, as for a message that does not exist
   */
  async authorizeMessages(
    principal: Principal,
    session: Session,
    messageIds: readonly string[],
  ): Promise<void> {
    if (session.owner === principal.id) return
    for (const messageId of messageIds) {
      const message = await this.#settings.store.message(session.id, messageId)
      if (message?.role === 'user' && message.metadata.author === principal.id) continue
      throw refusalError('message-missing', { sessionId: session.id, messageId })
    }
  }

  /** For actions that do not concern one session yet. @throws CaughtupError `NOT_FOUND` */
  async authorize(
    principal: Principal,
    action: ActionOf<'everybody' | 'stats'>,
    members: readonly string[] = [],
  ): Promise<void> {
    // A host without types may return anything; only `true` grants.
    const granted = whoMay[action] !== 'stats' || (await this.#settings.stats(principal)) === true
    if (granted && (await this.#can(principal, action, undefined, members))) return
    throw new CaughtupError('NOT_FOUND', `${action} is not available to this principal.`)
  }

  /** Without what concerns sessions in which the caller may not do this: for answers about many sessions. */
  async grantedOf<T extends { sessionId: string }>(
    principal: Principal,
    action: ActionOf<'members'>,
    items: readonly T[],
  ): Promise<T[]> {
    const ids = [...new Set(items.map(({ sessionId }) => sessionId))]
    const granted = await Promise.all(
      ids.map((id) => unlessNotFound(this.authorizeSession(principal, action, id))),
    )
    const known = new Set(granted.map((session) => session?.id))
    return items.filter(({ sessionId }) => known.has(sessionId))
  }

  /** Asks about an open `onChat` stream: why it must end, or whether the host still grants it. */
  async ofChat(
    principal: Principal,
    sessionId: string,
  ): Promise<'forbidden' | 'session-deleted' | (() => Promise<boolean>)> {
    const { sessions } = this.#settings.store
    const session = await unlessNotFound(sessions.get(sessionId, principal.id))
    if (session) return () => this.#can(principal, 'onChat', session)
    return (await unlessNotFound(sessions.members(sessionId))) ? 'forbidden' : 'session-deleted'
  }

  /** The same about a stream of `activity.subscribe`. */
  async ofActivity(principal: Principal): Promise<() => Promise<boolean>> {
    return () => this.#can(principal, 'activity.subscribe', undefined)
  }

  /** The host's own function returned it, so a refusal is the server's error and not the caller's. */
  async #declared(principal: Principal): Promise<Principal> {
    try {
      return await declaredObject(this.#settings.schemas.principal, principal, 'principal')
    } catch (cause) {
      throw new TypeError('`principal` returned what `schemas.principal` refuses.', { cause })
    }
  }

  async #can(
    principal: Principal,
    action: Action,
    session: Session | undefined,
    about: readonly string[] = [],
  ): Promise<boolean> {
    const { can } = this.#settings
    return can === undefined || (await can(principal, action, session, about)) === true
  }
}

async function unlessNotFound<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Whether a member who is not the owner may perform such an action. */
function isGrantedTo(
  who: 'members' | 'author' | 'self' | 'owner',
  { id }: Principal,
  about: string | undefined,
): boolean {
  switch (who) {
    case 'members':
    case 'author':
      return true
    case 'self':
      return about === id
    case 'owner':
      return false
  }
}
