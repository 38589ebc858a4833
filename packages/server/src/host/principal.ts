import type { Contract, QueuedRun, Session } from '@caughtup/schema'

/**
 * The caller. Other members that the host adds are passed to its `can` and `stats`. A run outlives
 * the call, so agents and `summarise` get only the `id`.
 */
export interface Principal {
  readonly id: string
}

/** A procedure of the contract by its path: `onChat`, `messages.send`, `server.stats` … */
export type Action = {
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
export function authorOf({ author }: Pick<QueuedRun, 'author'>): { principal?: Principal } {
  return author === undefined ? {} : { principal: { id: author } }
}
