import type {
  ActivitySnapshot,
  Connection,
  Remedy,
  SessionSnapshot,
  View,
} from '@caughtup/web-client'

import type { Texts } from '../texts/texts.ts'

/** A view with a connection: of a session, or of the session list. */
export type ConnectedView = View<SessionSnapshot | ActivitySnapshot>

/**
 * What is the matter with a connection.
 *
 * - `deleted`, `missing`, `forbidden`: the session is gone, was never there, or is closed to the user
 * - `signed-out`: other credentials are needed
 * - `outdated`: the page is of another version than the server
 * - `failed`: any other permanent error
 * - `replaced`: another stream took the place of this one
 * - `displaced`, `crowded`: it waits for the streams of other sessions, or of other tabs
 * - `offline`, `unreachable`: no network, or no answer
 * - `catching-up`: nothing, but what is shown may be old for a moment
 */
export type TroubleKind = keyof typeof traits

/** What a person can do: `reconnect()`, load the page again, show another session, sign in. */
export type TroubleAction = 'reconnect' | 'reload-page' | 'leave' | 'sign-in'

export interface ConnectionTrouble {
  kind: TroubleKind
  /** Whether nothing goes on without a person. */
  urgent: boolean
  action?: TroubleAction
  /** Whether an attempt is under way, so that the action would do nothing. */
  trying: boolean
  /** The server's reason, of `failed`. */
  reason?: string
  /** Whether something is shown that may be old. */
  stale: boolean
  /** How many prompts wait that outlive the page. */
  keptPrompts: number
}

interface Traits {
  urgent: boolean
  action?: TroubleAction
}

const traits = {
  deleted: { urgent: true, action: 'leave' },
  missing: { urgent: true, action: 'leave' },
  forbidden: { urgent: true, action: 'leave' },
  'signed-out': { urgent: true, action: 'sign-in' },
  outdated: { urgent: true, action: 'reload-page' },
  failed: { urgent: true, action: 'reconnect' },
  replaced: { urgent: true, action: 'reconnect' },
  displaced: { urgent: false, action: 'reconnect' },
  crowded: { urgent: false },
  offline: { urgent: false },
  unreachable: { urgent: false, action: 'reconnect' },
  'catching-up': { urgent: false },
} satisfies Record<string, Traits>

/** What is the matter with a view's connection; `undefined` while it is well, or nobody wants it. */
export function connectionTrouble(
  snapshot: SessionSnapshot | ActivitySnapshot,
): ConnectionTrouble | undefined {
  const { connection } = snapshot
  const shown = 'rows' in snapshot ? snapshot.rows : snapshot.messages
  const pending = 'pending' in snapshot ? snapshot.pending : []
  const stale = snapshot.stale && shown.length > 0
  const kind = kindOf(connection, stale)
  if (kind === undefined) return undefined
  const { urgent, action }: Traits = traits[kind]
  const waits = action !== 'leave' && kind !== 'catching-up'
  const kept = pending.filter((prompt) => prompt.kept && prompt.state !== 'failed')
  const reason = kind === 'failed' ? connection.error?.message : undefined
  return {
    kind,
    urgent,
    ...(action && { action }),
    trying: connection.status === 'connecting',
    ...(reason !== undefined && { reason }),
    stale: stale && !urgent,
    keptPrompts: waits ? kept.length : 0,
  }
}

function kindOf(connection: Connection, stale: boolean): TroubleKind | undefined {
  switch (connection.status) {
    case 'idle':
    case 'live':
      return undefined
    case 'displaced':
    case 'offline':
      return connection.status
    case 'waiting':
      if (connection.retryAt === undefined) return 'crowded'
      // A stream that broke says nothing of the server yet: the first attempt after it will.
      if (connection.attempts > 0) return 'unreachable'
      return stale ? 'catching-up' : undefined
    case 'connecting':
      if (connection.attempts > 1) return 'unreachable'
      return stale ? 'catching-up' : undefined
    case 'replaying':
      return stale ? 'catching-up' : undefined
    case 'ended':
      return endedKinds[connection.endReason ?? 'shutting-down']
    case 'failed':
      return failedKinds[connection.remedy ?? 'try-again']
  }
}

const endedKinds: Record<NonNullable<Connection['endReason']>, TroubleKind> = {
  'session-deleted': 'deleted',
  forbidden: 'forbidden',
  replaced: 'replaced',
  'shutting-down': 'failed',
}

const failedKinds: Record<Remedy, TroubleKind> = {
  leave: 'missing',
  'sign-in': 'signed-out',
  'reload-page': 'outdated',
  'try-again': 'failed',
  'change-request': 'failed',
  none: 'failed',
}

/** What is said about a trouble, in sentences. */
export function troubleText(trouble: ConnectionTrouble, texts: Texts['connection']): string {
  const { kind, reason, stale, keptPrompts } = trouble
  const sentences = [reason ?? texts[kind]]
  if (stale) sentences.push(texts.mayBeOutOfDate)
  if (keptPrompts > 0) sentences.push(texts.promptsKept(keptPrompts))
  return sentences.join(' ')
}
