import type { Contract, OutputOfDeclared, QueuedRun, Session } from '@caughtup/schema'

/** What is known of a principal after the call: a run outlives it, so agents and hooks get only this. */
export interface PrincipalId {
  readonly id: string
}

/**
 * The caller, with the members that the host declares (`schemas.principal`). The host's `can` and `stats`
 * get what that schema makes of it; without a declaration, all that its `principal` function returns.
 */
export type Principal = OutputOfDeclared<'principal', PrincipalId>

/**
 * What a caller may want to do: a procedure of the contract by its path (`onChat`, `messages.send`,
 * `server.stats` …), or one of the requests for attachments.
 */
export type Action = ProcedurePath | 'attachments.upload' | 'attachments.read'

export type ProcedurePath = {
  [K in keyof Contract]: Contract[K] extends { '~orpc': unknown }
    ? K
    : `${K}.${keyof Contract[K] & string}`
}[keyof Contract]

/**
 * Whether `principal` may perform `action`; `session` is present if the action is about one. `about` has
 * the principals whom the call would add or remove, as the caller gave them: the `members` of
 * `sessions.create`, the `principal` of `sessions.addMember` and `sessions.removeMember`.
 */
export type Can = (
  principal: Principal,
  action: Action,
  session: Session | undefined,
  about: readonly string[],
) => boolean | Promise<boolean>

/** The principal who asked for a run, if its author is stored. */
export function authorOf({ author }: Pick<QueuedRun, 'author'>): { principal?: PrincipalId } {
  return author === undefined ? {} : { principal: { id: author } }
}

/** The request as the host's `principal` function gets it. */
export interface ChatRequest {
  readonly headers: Headers
  /** Absolute if the transport knows the host. */
  readonly url?: string
  /** The local address of the connection, if the transport knows it. */
  readonly localAddress?: string
}

/** What a transport passes to each call. */
export interface ChatContext {
  /** The HTTP request, or the handshake of the WebSocket. */
  request: ChatRequest
  /**
   * Resolves when the transport has sent the answer or lost it. Until then its bytes are held in
   * memory, and it counts as a read (`readsPerPrincipal`). @default when the answer is made
   */
  taken?: Promise<void>
}
