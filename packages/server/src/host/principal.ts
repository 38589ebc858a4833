import type { Contract, QueuedRun, Session } from '@caughtup/schema'

/**
 * Who calls. What else the host puts into it comes back to its `can` and `stats`; a run outlives the
 * call, so agents and `summarise` get the `id` alone.
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

/** Whether `principal` may do it; `session` is there where the action is about one. */
export type Can = (
  principal: Principal,
  action: Action,
  session: Session | undefined,
) => boolean | Promise<boolean>

/** Who asked for a run, as far as that is kept with it. */
export function authorOf({ author }: QueuedRun): { principal?: Principal } {
  return author === undefined ? {} : { principal: { id: author } }
}
