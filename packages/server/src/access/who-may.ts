import type { Action } from '../host/principal.ts'

/**
 * Who may perform an action: every principal, those for whom the host's `stats` returns true, the
 * members of its session, the author of its prompts if a member and the session's owner, the member
 * whom it is about (`self`) and the owner, or the owner alone. The host's `can` narrows each of them
 * further.
 */
type Who = 'everybody' | 'stats' | 'members' | 'author' | 'self' | 'owner'

/** The table of section 2.4 of PROTOCOL.md, which `who-may.test.ts` checks cell by cell. */
export const whoMay = {
  onChat: 'members',
  'sessions.list': 'everybody',
  'sessions.search': 'everybody',
  'sessions.prompts': 'everybody',
  'sessions.create': 'everybody',
  'sessions.get': 'members',
  'sessions.update': 'members',
  'sessions.fork': 'members',
  'sessions.members': 'members',
  'sessions.addMember': 'owner',
  'sessions.removeMember': 'self',
  'sessions.signal': 'members',
  'sessions.delete': 'owner',
  'messages.send': 'members',
  'messages.edit': 'author',
  'messages.delete': 'author',
  'messages.retry': 'members',
  'messages.resend': 'author',
  'messages.prompts': 'members',
  'messages.versions': 'members',
  'messages.choose': 'members',
  'runs.interrupt': 'members',
  'runs.respond': 'members',
  'runs.updateQueued': 'author',
  'history.loadMore': 'members',
  'history.around': 'members',
  'history.search': 'members',
  'history.compact': 'members',
  'history.reset': 'members',
  'history.undo': 'members',
  'history.redo': 'members',
  'history.truncate': 'owner',
  'history.erase': 'author',
  'events.list': 'members',
  'events.summary': 'members',
  'events.get': 'members',
  'events.delete': 'owner',
  'activity.list': 'everybody',
  'activity.subscribe': 'everybody',
  'activity.markRead': 'members',
  'usage.get': 'members',
  'usage.epochs': 'members',
  'server.stats': 'stats',
  'attachments.upload': 'members',
  'attachments.read': 'members',
} as const satisfies Record<Action, Who>

/** The actions that these may perform. */
export type ActionOf<W extends Who> = {
  [A in Action]: (typeof whoMay)[A] extends W ? A : never
}[Action]
