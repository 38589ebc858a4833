import type { Action } from '../host/principal.ts'

/**
 * Who may perform an action: every principal, those for whom the host's `stats` returns true, the
 * members of its session, or the session's owner alone. The host's `can` narrows each of them further.
 */
type Who = 'everybody' | 'stats' | 'members' | 'owner'

/** The table of section 2.4 of PROTOCOL.md, which `who-may.test.ts` checks cell by cell. */
export const whoMay = {
  onChat: 'members',
  'sessions.list': 'everybody',
  'sessions.create': 'everybody',
  'sessions.get': 'members',
  'sessions.update': 'members',
  'sessions.delete': 'owner',
  'messages.send': 'members',
  'runs.interrupt': 'members',
  'history.loadMore': 'members',
  'history.around': 'members',
  'history.compact': 'members',
  'history.reset': 'members',
  'activity.list': 'everybody',
  'activity.subscribe': 'everybody',
  'activity.markRead': 'members',
  'usage.get': 'members',
  'server.stats': 'stats',
} as const satisfies Record<Action, Who>

/** The actions that these may perform. */
export type ActionOf<W extends Who> = {
  [A in Action]: (typeof whoMay)[A] extends W ? A : never
}[Action]
