import { decodeCursor } from '@caughtup/schema/cursor'
import type { View } from '@caughtup/schema/fold'
import { protocolVersion } from '@caughtup/schema/protocol'

import type { SessionState } from '../session/session-state.ts'
import type { SessionView } from '../session/session-view.ts'

/** How many messages are cached of a session, as many as a window has. */
const mostMessages = 100

/** The newest stretch of a session, as a client left it. Plain data. */
export interface CachedSession {
  /** What the shapes are those of. */
  readonly protocol: number
  /** Of the moment of the view, which names its journal, too. */
  readonly cursor: string
  readonly view: View
}

/** What to keep of a state; nothing unless it is whole. */
export function toCache({ view, cursor, caughtUp }: SessionState): CachedSession | undefined {
  if (!caughtUp || cursor === undefined) return undefined
  const messages = view.messages.slice(-mostMessages)
  const hasOlder = view.hasOlder || messages.length < view.messages.length
  return { protocol: protocolVersion, cursor, view: { ...view, messages, hasOlder } }
}

/** The value if it is a cached session of this version of the protocol; a database may hold anything. */
export function fromCache(value: unknown): CachedSession | undefined {
  if (!isRecord(value) || value['protocol'] !== protocolVersion) return undefined
  const { cursor, view } = value
  if (typeof cursor !== 'string' || !isRecord(view) || !Array.isArray(view['queue']))
    return undefined
  const { messages, seq } = view
  const isWhole =
    decodeCursor(cursor)?.seq === seq &&
    Array.isArray(messages) &&
    messages.every(isMessage) &&
    messages.every(({ order }, index) => index === 0 || order > messages[index - 1].order)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as far as it is shown, it was checked; the rest is written by `toCache`
  return isWhole ? (value as unknown as CachedSession) : undefined
}

/** Whether a view knows nothing yet, so that what was kept may be shown. */
export function isEmpty({ state }: SessionView): boolean {
  return state.cursor === undefined && state.view.messages.length === 0 && !state.lastReplay
}

function isMessage(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { id, order, revision, role, parts, metadata, status } = value
  return (
    typeof id === 'string' &&
    typeof order === 'number' &&
    typeof revision === 'number' &&
    typeof role === 'string' &&
    (status === 'open' || status === 'done') &&
    isRecord(metadata) &&
    Array.isArray(parts) &&
    parts.every((part) => isRecord(part) && typeof part['type'] === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
