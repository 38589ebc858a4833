import type { Message } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

import type { TranscriptOptions, TranscriptState } from './transcript.ts'

declare const rows: readonly ImportedRow[]
declare const messages: Message[]

/** Functions may answer at once or later; a transcript may be missing. */
export const atOnce: TranscriptOptions = { probe: () => 1, read: () => rows }
export const later: TranscriptOptions = {
  probe: async ({ sessionId }) => (sessionId === '' ? undefined : { size: 1, time: undefined }),
  read: async ({ signal }) => (signal.aborted ? undefined : rows),
}

/** Messages of another session are rows as they are. */
export const ofSession: TranscriptOptions = { read: () => messages }

/** What a host's own interface or type has may name a state. */
interface Revision {
  revision: string
}
type Counted = { count: number; last?: number }
declare const revision: Pick<Revision, 'revision'>
declare const counted: Counted
export const states: TranscriptState[] = ['v1', 1, { ...revision }, counted]

// @ts-expect-error -- equal dates would look different, and different maps equal
export const date: TranscriptState = { at: new Date() }

// @ts-expect-error -- a transcript has to be read
export const withoutRead: TranscriptOptions = { probe: () => 1 }

// @ts-expect-error -- a row has parts
export const withoutParts: TranscriptOptions = { read: () => [{ role: 'user', text: 'Hi' }] }
